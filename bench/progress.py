"""Showing which variant of a bench is at work."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from rich.console import Console

from .harness import Case, Watcher


class Status:
    """One changing line on a terminal."""

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("")
        self._status.start()

    def begin(self, case: Case, variant: str, repeat: int) -> None:
        self._status.update(_words(case, variant, repeat))

    def end(self) -> None:
        self._status.stop()


class Lines:
    """A plain line now and then; for logs and pipes."""

    def __init__(self, file: TextIO | None = None, *, every: float = 2.0) -> None:
        self._file = file or sys.stderr
        self._every = every
        self._next = 0.0

    def begin(self, case: Case, variant: str, repeat: int) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every
        print(_words(case, variant, repeat), file=self._file, flush=True)

    def end(self) -> None:
        pass


def for_stderr() -> Watcher:
    """Give a changing line where somebody is watching, else plain ones."""
    return Status() if sys.stderr.isatty() else Lines()


def _words(case: Case, variant: str, repeat: int) -> str:
    when = f"repeat {repeat} of {case.repeats}" if repeat > 0 else "warm-up"
    return f"{case.name}, {variant}: {when}"
