"""A long run of a few agents, and by how much the process grows meanwhile."""

from __future__ import annotations

import gc
import json
import sys
from typing import Any, NamedTuple

from ..coordination.vitals.machine import resident_bytes
from ..society import Society
from .agents import Adder

_AGENTS = 10
_SETTLED = 500
_MEGABYTE = 2**20


class LongRun(NamedTuple):
    """What came of it."""

    growth_mb_per_1000: float
    """MB by which the process grew, for a thousand steps after the first 500."""
    wrong: str


def long_run(steps: int, *, bounded: bool) -> LongRun:
    """Play so many steps, with bounded memories or with ones that keep everything."""
    settings: dict[str, Any] = {"memory_size": 200, "semantic_size": 100}
    if not bounded:
        settings = {"memory_size": 10 * steps, "memory_bytes": 1 << 40, "consolidate": False}
    with Society(dispatcher="inline", tables=False, **settings) as society:
        society.add(Adder, ids=[f"agent-{k}" for k in range(1, _AGENTS + 1)])
        settled = 0
        for step in range(1, steps + 1):
            society.step(dict.fromkeys(society, step % 1_000))
            if step == _SETTLED:
                gc.collect()
                settled = resident_bytes()
        gc.collect()
        grown = resident_bytes() - settled
        figures = society.memories.summary()
    lost = figures.written != _AGENTS * steps
    wrong = f"{figures.written:,} of {_AGENTS * steps:,} were written" if lost else ""
    return LongRun(grown / _MEGABYTE / ((steps - _SETTLED) / 1_000), wrong)


if __name__ == "__main__":
    print(json.dumps(long_run(int(sys.argv[1]), bounded=sys.argv[2] == "bounded")))
