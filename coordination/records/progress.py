"""Showing how far a run has come."""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol, TextIO

from ..rollout import Step


class Progress(Protocol):
    """Is shown every step of a run."""

    def begin(self, total: int | None, unit: str) -> None: ...

    def advance(self, done: int, step: Step) -> None: ...

    def end(self) -> None: ...


class Silence:
    """Shows nothing."""

    def begin(self, total: int | None, unit: str) -> None:
        pass

    def advance(self, done: int, step: Step) -> None:
        pass

    def end(self) -> None:
        pass


class Lines:
    """Prints a plain line now and then; for logs and pipes."""

    def __init__(self, file: TextIO | None = None, *, every: float = 2.0) -> None:
        self._file = file or sys.stderr
        self._every = every

    def begin(self, total: int | None, unit: str) -> None:
        self._total, self._unit = total, unit
        self._next = time.monotonic() + self._every

    def advance(self, done: int, step: Step) -> None:
        if time.monotonic() < self._next and done != self._total:
            return
        self._next = time.monotonic() + self._every
        of = f"/{self._total}" if self._total else ""
        counts = ", ".join(f"{how} {n}" for how, n in step.outcome.counts.items())
        print(f"{self._unit} {done}{of}: {counts}", file=self._file, flush=True)

    def end(self) -> None:
        pass


class Bar:
    """Draws a bar on a terminal."""

    def begin(self, total: int | None, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar: Any = RichProgress(
            TextColumn(unit),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("run", total=total, note="")
        self._bar.start()

    def advance(self, done: int, step: Step) -> None:
        outcome = step.outcome
        missing = len(outcome.status) - outcome.counts.get("acted", 0)
        note = f"{missing} of {len(outcome.status)} missing" if missing else ""
        self._bar.update(self._task, completed=done, note=note)

    def end(self) -> None:
        self._bar.stop()


def for_terminal() -> Progress:
    """Give a bar where somebody is watching, else silence."""
    return Bar() if sys.stderr.isatty() else Silence()
