"""Bringing actors to life one after another, on a thread that is not the caller's."""

from __future__ import annotations

from collections.abc import Sequence

import pykka

from ...errors import StartError
from ..actor import Actor
from ..dispatcher import start_error
from ..future import Future
from ..registry import register, unregister
from ..turn import take


class Starting:
    """Work that runs every ``on_start``, in order, until one fails."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._actors = actors
        self._current: Actor | None = None
        self._done: Future[bool] = Future()
        self._given_up = False

    def take_turn(self) -> None:
        for actor in self._actors:
            if self._given_up:
                return
            self._current = actor
            if not self._start(actor):
                self._done.set(False)
                return
        self._done.set(True)

    def _start(self, actor: Actor) -> bool:
        """Bring one to life; whether it did not fail."""
        register(actor)
        # First the step, then the look; whoever gives up does it the other way round.
        if self._given_up:
            unregister(actor)
            return True
        lives = actor.begin()
        if lives and self._given_up and take(actor.turn):
            # Nobody waited for it, and nobody else will have it end.
            actor.finish()
        return lives

    def give_up(self) -> None:
        """Start nobody after the one in hand, and have that one end."""
        self._given_up = True

    def wait(self, timeout: float) -> None:
        """Wait until all live.

        Raises:
            StartError: one does not, or not within so many seconds.
        """
        try:
            succeeded = self._done.get(timeout=timeout)
        except pykka.Timeout:
            name = "nobody" if self._current is None else self._current.name
            raise StartError(name, f"not ready after {timeout:g} s") from None
        if not succeeded:
            assert self._current is not None
            raise _failure_of(self._current)


def _failure_of(actor: Actor) -> StartError:
    try:
        actor.started.get()
    except BaseException as error:
        return start_error(actor, error)
    raise AssertionError(f"{actor.name} has started")
