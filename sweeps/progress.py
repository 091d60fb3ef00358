"""Showing how far a sweep has come, and how long the rest will take."""

from __future__ import annotations

import sys
from typing import Any, Protocol, TextIO

from ..clock import Clock, SystemClock
from ..report.wording import visible
from .plan import Cell

INTERVAL = 2.0
"""Seconds between two plain lines."""


class SweepProgress(Protocol):
    """Is shown every cell of a sweep as it is finished."""

    def begin(self, total: int, done: int) -> None:
        """Begin; of so many cells, so many were finished before."""
        ...

    def advance(self, done: int) -> None: ...

    def failed(self, cell: Cell, why: str) -> None: ...

    def end(self) -> None: ...


class Silence:
    """Shows nothing; what failed is named at the end."""

    def begin(self, total: int, done: int) -> None:
        pass

    def advance(self, done: int) -> None:
        pass

    def failed(self, cell: Cell, why: str) -> None:
        pass

    def end(self) -> None:
        pass


class Lines:
    """Prints a plain line now and then; for logs and pipes."""

    def __init__(self, file: TextIO | None = None, *, clock: Clock | None = None) -> None:
        self._file = file or sys.stderr
        self._clock = clock or SystemClock()

    def begin(self, total: int, done: int) -> None:
        self._total, self._before = total, done
        self._began = self._clock.now()
        self._next = self._began + INTERVAL

    def advance(self, done: int) -> None:
        now = self._clock.now()
        if now < self._next and done < self._total:
            return
        self._next = now + INTERVAL
        each = (now - self._began) / max(1, done - self._before)
        left = f", about {span(each * (self._total - done))} left" if done < self._total else ""
        self._say(f"cell {done}/{self._total}{left}")

    def failed(self, cell: Cell, why: str) -> None:
        self._say(visible(f"{cell} failed: {why}"))

    def end(self) -> None:
        pass

    def _say(self, text: str) -> None:
        print(text, file=self._file, flush=True)


class Bar:
    """Draws a bar on a terminal."""

    def begin(self, total: int, done: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar: Any = RichProgress(
            TextColumn("cell"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("sweep", total=total, completed=done)
        self._bar.start()

    def advance(self, done: int) -> None:
        self._bar.update(self._task, completed=done)

    def failed(self, cell: Cell, why: str) -> None:
        said = visible(f"{cell} failed: {why}")
        self._bar.console.print(said, markup=False, highlight=False)

    def end(self) -> None:
        self._bar.stop()


def for_terminal() -> SweepProgress:
    """Give a bar where somebody is watching, else silence."""
    return Bar() if sys.stderr.isatty() else Silence()


def span(seconds: float) -> str:
    """Give a time as people say it."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"
