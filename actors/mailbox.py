"""Where an actor's messages wait."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import pykka
from pykka import messages as pykka_messages
from pykka._envelope import Envelope

from ..logs import get_logger
from .messages import Request

log = get_logger(__name__)

Letter = Envelope[Any]

BLANK: Letter = Envelope(None)
"""The letter with nothing in it, for a reader who should look round and not read."""


class Mailbox:
    """A queue that can be closed for good without stranding a letter.

    Any thread may put; one reader at a time gets.
    """

    def __init__(self) -> None:
        self._letters: SimpleQueue[Letter] = SimpleQueue()
        self._closed = False
        self.notify: Callable[[], None] | None = None
        """Told of each letter, by dispatchers whose readers do not wait in ``get``."""

    def put(self, letter: Letter, /) -> None:
        """Add a letter; never blocks. A closed mailbox answers it with ActorDeadError."""
        self._letters.put(letter)
        # First append, then look: with close() doing it the other way round, one of the
        # two sees every letter.
        if self._closed:
            self._refuse_all()
        elif self.notify is not None:
            self.notify()

    def get(self, timeout: float | None = None) -> Letter:
        """Take the next letter; BLANK when the time is up or somebody called ``wake``.

        Args:
            timeout: seconds; None waits for ever, 0 does not wait.
        """
        try:
            if timeout is None:
                return self._letters.get()
            if timeout > 0:
                return self._letters.get(timeout=timeout)
            return self._letters.get_nowait()
        except Empty:
            return BLANK

    def empty(self) -> bool:
        return self._letters.empty()

    def wake(self) -> None:
        """Make a waiting reader return from ``get``."""
        self._letters.put(BLANK)

    def close(self) -> None:
        """Refuse what waits and all that will come."""
        self._closed = True
        self._refuse_all()

    def _refuse_all(self) -> None:
        reader_called = False
        while True:
            try:
                letter = self._letters.get_nowait()
            except Empty:
                break
            reader_called |= letter is BLANK
            _return(letter)
        if reader_called:
            self._letters.put(BLANK)


def refuse(letter: Letter, error: BaseException) -> None:
    """Tell whoever waits for an answer to this letter that its handling raised."""
    _answer(letter, error)
    if isinstance(letter.message, Request):
        letter.message.fail(error)


def _return(letter: Letter) -> None:
    """Tell whoever waits for an answer to this letter that nobody will read it."""
    error = pykka.ActorDeadError("the actor stopped before handling the message")
    _answer(letter, error)
    if isinstance(letter.message, Request):
        letter.message.lose(error)
    elif letter.reply_to is None and letter is not BLANK:
        log.info("message.undelivered", message=type(letter.message).__name__)


def _answer(letter: Letter, error: BaseException) -> None:
    if letter.reply_to is None:
        return
    if isinstance(letter.message, pykka_messages._ActorStop):
        letter.reply_to.set(None)
    else:
        letter.reply_to.set_exception((type(error), error, error.__traceback__))
