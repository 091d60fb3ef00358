"""Looking after a run while it goes on: health checks now and then, each complaint made once."""

from __future__ import annotations

from collections.abc import Callable

from ...clock import Clock, SystemClock
from ..records.progress import Progress
from ..rollout import Step
from .health import Health
from .warning import HealthWarning, OncePerKind

INTERVAL = 2.0
"""Seconds between two checks."""


class HealthWatch:
    """Hands all it is shown on to a display, and checks the society's health meanwhile."""

    def __init__(
        self,
        display: Progress,
        check: Callable[[], Health],
        say: Callable[[HealthWarning], None],
        *,
        clock: Clock | None = None,
    ) -> None:
        """Take the display to hand on to.

        Args:
            check: gives the health of now.
            say: is told the first warning of each kind.
        """
        self._display = display
        self._check = check
        self._say = say
        self._clock = clock or SystemClock()
        self._fresh = OncePerKind()
        self._next = 0.0

    def begin(self, total: int | None, unit: str) -> None:
        self._next = self._clock.now() + INTERVAL
        self._display.begin(total, unit)

    def advance(self, done: int, step: Step) -> None:
        self._display.advance(done, step)
        if self._clock.now() >= self._next:
            self._look()

    def end(self) -> None:
        self._display.end()
        # A run may be over before the first look was due.
        self._look()

    def _look(self) -> None:
        for warning in self._fresh(self._check().warnings):
            self._say(warning)
        # Counted from the end of the check: where it takes long, it is made less often.
        self._next = self._clock.now() + INTERVAL
