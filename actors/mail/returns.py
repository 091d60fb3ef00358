"""How those who wait for an answer to a letter hear that none will come."""

from __future__ import annotations

import pykka
from pykka.messages import _ActorStop

from ...errors import MailboxFullError, OutdatedError
from ...logs import get_logger
from ..failures import describe, is_ctrl_c
from ..messages import Request
from .dead_letters import Reason
from .letters import Letter

log = get_logger(__name__)


def is_waited_for(letter: Letter) -> bool:
    """Whether somebody has to be told that a letter will not be handled."""
    return letter.reply_to is not None or isinstance(letter.message, Request)


def refuse(letter: Letter, error: BaseException) -> None:
    """Tell whoever waits for an answer to this letter that its handling raised."""
    _answer(letter, error)
    if isinstance(letter.message, Request):
        letter.message.fail(error)


def give_back(letter: Letter, error: BaseException) -> None:
    """Tell whoever waits for an answer to this letter that nobody will read it."""
    try:
        _answer(letter, error)
        if isinstance(letter.message, Request):
            letter.message.lose(error)
    except BaseException as failure:
        # Whatever they make of it: others wait to be told, and who wrote has done no wrong.
        if is_ctrl_c(failure):
            raise
        kind = type(letter.message).__name__
        log.warning("message.not_returned", message=kind, error=describe(failure))


def error_of(reason: Reason, name: str, capacity: int | None) -> BaseException:
    """Give what those hear who wait for an answer to a letter that was handed back.

    Args:
        name: whose mailbox it was in,
        capacity: and how many that holds.
    """
    if reason is Reason.CLOSED:
        return pykka.ActorDeadError("the actor stopped before handling the message")
    if reason is Reason.CONFLATED:
        return OutdatedError(name)
    return MailboxFullError(name, capacity)


def _answer(letter: Letter, error: BaseException) -> None:
    if letter.reply_to is None:
        return
    if isinstance(letter.message, _ActorStop):
        letter.reply_to.set(None)
    else:
        letter.reply_to.set_exception((type(error), error, error.__traceback__))
