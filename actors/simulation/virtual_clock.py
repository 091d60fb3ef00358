"""The time of a simulated society: one for the world, and an own one for whoever is at work."""

from __future__ import annotations

import math
from collections.abc import Callable

from ...clock import ManualClock


class VirtualClock(ManualClock):
    """A clock that a simulation moves, and on which an agent can spend time.

    An agent that takes half a second of virtual time calls ``advance(0.5)`` in its ``act``:
    it is half a second older then, and the others are not. One that calls
    ``advance(math.inf)`` hangs. Called from outside, ``advance`` lets the whole society live
    through so many seconds.
    """

    def __init__(self, start: float = 0.0) -> None:
        super().__init__(start)
        self.own = -math.inf
        """The time of whoever is at work; before all others if nobody is."""
        self.live: Callable[[float], None] | None = None
        """Lives through so many seconds of the world's time; set by the simulation."""

    def now(self) -> float:
        return max(self._now, self.own)

    @property
    def world(self) -> float:
        """What time it is for those who are not at work."""
        return self._now

    def advance(self, seconds: float) -> None:
        at_work = self.own > -math.inf
        if not seconds >= 0 or (seconds == math.inf and not at_work):
            raise ValueError(f"seconds must be >= 0, and finite for the world, got {seconds}")
        if at_work:
            self.own = self.now() + seconds
        elif self.live is not None:
            self.live(seconds)
        else:
            self._now += seconds

    def move_to(self, moment: float) -> None:
        """Move the world's time on; a moment that is past changes nothing."""
        self._now = max(self._now, moment)

    def begin(self) -> float:
        """Begin an actor's own time; gives what ``end`` wants back."""
        outer, self.own = self.own, self._now
        return outer

    def end(self, outer: float) -> float:
        """End it, and go on with the time of whoever was at work before; gives when that was."""
        ended, self.own = self.now(), outer
        return ended
