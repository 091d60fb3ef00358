"""The figures that advice rests on: what was measured, and with what.

All on 2 cores with CPython 3.11 and Pykka 4.5, medians of interleaved runs. Other machines
have other figures; that one is larger than another has been the same wherever we looked.
Measure yours with ``antiphon bench``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

POOLED_CALL = 0.42e-6
"""Seconds that calling an agent costs in a pool: ``bench rounds``, 1,000 and 10,000 agents."""
THREADED_CALL = 17e-6
"""The same with a thread each, 1,000 agents; with 10,000 it was ``CROWDED_CALL``."""
CROWDED_CALL = 321e-6
CROWD = 1_000
"""The largest number of threads with which a call was still cheap; see the two above."""
TAIL = 2.4
"""p99 ÷ median of a pooled round: ``bench rounds``, 1,000 agents."""
THREADED_WAIT = 31e-6
"""Seconds by which an agent that waits makes a round longer, beside the wait, with a thread
each: ``bench blocking``, 1,000 agents that wait 5 ms took 36 ms."""
POOLED_WAIT = 35e-6
"""The same in a pool that has to find out that they wait: 40 ms."""
THREADED_BYTES = 22 * 1024
"""What an actor with a thread holds: ``bench scale``."""
POOLED_BYTES = round(2.8 * 1024)
"""What an actor in a pool holds: ``bench scale``."""
EXPLORER_BYTES = round(2.1 * 1024)
"""What an explorer of a 10 x 10 grid holds, by ``tracemalloc``; it grows with the cells."""
ACT_SECONDS: Mapping[str, float] = MappingProxyType(
    {"fast": 61e-6, "balanced": 134e-6, "accurate": 435e-6}
)
"""An explorer's act by profile, one after another in a 10 x 10 grid; the slowest of some runs."""
