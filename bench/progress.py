"""Showing which variant of a bench is at work, and how much is still to come."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from .harness import Case, Watcher


class Bar:
    """A bar on a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console or Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)
        self._plan = _Plan([])

    def plan(self, cases: Sequence[Case]) -> None:
        self._plan = _Plan(cases)
        self._progress.update(self._task, total=self._plan.total, completed=0)
        self._progress.start()

    def begin(self, case: Case, variant: str, repeat: int) -> None:
        done = self._plan.done(case, repeat)
        self._progress.update(self._task, completed=done, description=_words(case, variant, repeat))

    def end(self) -> None:
        self._progress.stop()


class Lines:
    """A plain line now and then; for logs and pipes."""

    def __init__(self, file: TextIO | None = None, *, every: float = 2.0) -> None:
        self._file = file or sys.stderr
        self._every = every
        self._next = 0.0
        self._plan = _Plan([])

    def plan(self, cases: Sequence[Case]) -> None:
        self._plan = _Plan(cases)

    def begin(self, case: Case, variant: str, repeat: int) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every
        share = self._plan.done(case, repeat) / self._plan.total
        print(f"{share:4.0%}  {_words(case, variant, repeat)}", file=self._file, flush=True)

    def end(self) -> None:
        pass


class _Plan:
    """How many repeats there are, warm-ups included, and how many come before one."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.total = 0
        self._before: dict[str, int] = {}
        for case in cases:
            # Repeats are numbered from 1, warm-ups from below.
            self._before[case.name] = self.total + case.warm_ups - 1
            self.total += case.warm_ups + case.repeats

    def done(self, case: Case, repeat: int) -> int:
        return self._before[case.name] + repeat


def for_stderr() -> Watcher:
    """Give a bar where somebody is watching, else plain lines."""
    return Bar() if sys.stderr.isatty() else Lines()


def _words(case: Case, variant: str, repeat: int) -> str:
    when = f"repeat {repeat} of {case.repeats}" if repeat > 0 else "warm-up"
    return f"{case.name}, {variant}: {when}"
