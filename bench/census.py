"""Two lives of a society of many pooled actors, measured from inside a process of their own.

Run as ``python -m antiphon.bench.census NUMBER``; it prints one JSON object.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any, Self

import psutil

from ..clock import SystemClock
from . import ours
from .agents import Adder
from .checks import check_outcomes, unchanged


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds at one moment."""

    rss_bytes: int
    objects: int
    """Those that the garbage collector knows of."""
    threads: int
    descriptors: int

    @classmethod
    def now(cls) -> Self:
        gc.collect()
        _trim()
        process = psutil.Process()
        return cls(
            process.memory_info().rss,
            len(gc.get_objects()),
            threading.active_count(),
            _descriptors(process),
        )


@dataclass(frozen=True, slots=True)
class Life:
    """A society from its start to its end."""

    started: Held
    """When all actors were there."""
    called: Held
    """After a round whose outcome is forgotten."""
    ended: Held
    start_seconds: float
    stop_seconds: float
    wrong: str
    """What was wrong with the round; empty if nothing was."""


@dataclass(frozen=True, slots=True)
class Census:
    """A process before any actor, and in two lives."""

    before: Held
    first: Life
    second: Life

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Read what ``asdict`` made."""
        return cls(Held(**values["before"]), _life(values["first"]), _life(values["second"]))


def take(n: int) -> Census:
    """Let n actors live twice in this process."""
    # What is made once, at the first use of something, is nobody's in particular.
    live(10)
    return Census(Held.now(), live(n), live(n))


def live(n: int) -> Life:
    """Start n actors, play a round with them, stop them."""
    now = SystemClock.now
    society = ours.society("pooled")
    society.add(Adder, n=n)
    start = now()
    society.start()
    start_seconds = now() - start
    started = Held.now()
    wrong = check_outcomes(n, unchanged, 1, ours.step(society, 1))
    called = Held.now()
    stop = now()
    society.stop()
    stop_seconds = now() - stop
    del society
    return Life(started, called, Held.now(), start_seconds, stop_seconds, wrong)


def _life(values: dict[str, Any]) -> Life:
    moments = {name: Held(**values[name]) for name in ("started", "called", "ended")}
    return Life(**{**values, **moments})


def _descriptors(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()


def _trim() -> None:
    """Have the C library hand back what is free, where it can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if psutil.LINUX else None
    if trim is not None:
        trim(0)


if __name__ == "__main__":
    print(json.dumps(asdict(take(int(sys.argv[1])))))
