"""What a way of running actors must offer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ..errors import AntiphonError, StartError
from .actor import Actor
from .agent_actor import AgentActor
from .failures import describe
from .mailbox import Mailbox
from .turn import take
from .workers.sweep import SweptCall

Visits = Callable[[SweptCall, Sequence[AgentActor], Sequence[int]], None]
"""Takes a call, the hosts to visit, and their indices in it."""


class Dispatcher(Protocol):
    """Runs actors: one at a time each, in the order of its mailbox."""

    sequential: bool
    """Whether actors run one after another, so that each needs time of its own."""

    one_thread: bool
    """Whether all actors run on the thread of whoever tells or asks."""

    @property
    def visit(self) -> Visits | None:
        """Has idle agents called where they are; None where each needs a letter."""
        ...

    def start(self, actors: Sequence[Actor], timeout: float) -> None:
        """Start all of them, in order, or none.

        Raises:
            StartError: one did not start within the timeout, in seconds; the others have
                been stopped again.
        """
        ...

    def stop(self, actors: Sequence[Actor], grace: float) -> list[str]:
        """Stop them, ahead of their backlogs; give the names of those that did not end.

        Args:
            grace: seconds for all of them together; who is not back by then is abandoned.
        """
        ...

    def release(self, actors: Sequence[Actor], timeout: float) -> list[str]:
        """Stop running them without stopping them; give the names of the busy ones."""
        ...


class Countdown:
    """How much is left of a number of seconds that several waits share."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return min(max(0.0, self._end - time.monotonic()), threading.TIMEOUT_MAX)


def give_up(dispatcher: Dispatcher, actors: Iterable[Actor], grace: float) -> None:
    """Stop those that live already; the others end if they ever come to live.

    Args:
        grace: as of ``stop``.
    """
    living = []
    for actor in actors:
        if actor.begun:
            living.append(actor)
        else:
            actor.abandon()
    dispatcher.stop(living, grace)


def end_here(actor: Actor) -> None:
    """Have an actor end that no dispatcher runs any more, by whoever still is in it."""
    if not _finish(actor.actor_inbox):
        # Told of what waits when it lets go, by whoever is in it; else it has just let go.
        actor.actor_inbox.notify = _finish
        actor.request_stop()
        _finish(actor.actor_inbox)


def _finish(mailbox: Mailbox) -> bool:
    """End the owner, which nobody runs; False if somebody does."""
    if not take(mailbox.turn):
        return False
    mailbox.owner.finish()
    return True


def start_error(actor: Actor, error: BaseException) -> StartError:
    """Say which actor failed, and chain what it raised."""
    # Our own errors say all in their text.
    why = str(error) if isinstance(error, AntiphonError) else describe(error)
    failure = StartError(actor.name, why)
    failure.__cause__ = error
    return failure
