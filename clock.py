"""Where time comes from: the machine's monotonic clock, or a test's hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Anything that can say what time it is, in seconds that never go back."""

    def now(self) -> float: ...


class SystemClock:
    """The machine's monotonic clock; jumps of the wall clock do not touch it."""

    # A static alias, not a method that calls it: a round reads the time twice per agent.
    now = staticmethod(time.monotonic)


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward; a clock that runs backwards would break every deadline."""
        if seconds < 0:
            raise ValueError(f"seconds must be >= 0, got {seconds}")
        self._now += seconds
