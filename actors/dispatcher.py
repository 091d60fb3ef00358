"""What a way of running actors must offer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ..errors import AntiphonError, StartError
from .actor import Actor
from .agent_actor import AgentActor
from .failures import describe
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


def start_error(actor: Actor, error: BaseException) -> StartError:
    """Say which actor failed, and chain what it raised."""
    # Our own errors say all in their text.
    why = str(error) if isinstance(error, AntiphonError) else describe(error)
    failure = StartError(actor.name, why)
    failure.__cause__ = error
    return failure
