"""The figures that advice rests on: what was measured, and with what.

All on a machine of 2 cores with CPython 3.11.7 and Pykka 4.5.0, which had other work besides.
Where a bench is named they are medians of its full run, variants interleaved; else it is said
how they came about. Other machines have other figures; that one is larger than another has been
the same wherever we looked. Measure yours with ``antiphon bench``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...models.kernels.choose import automatic

POOLED_CALL = 1.7e-6
"""Seconds that calling an agent costs in a pool: ``bench rounds``, 1,000 agents, 1.73 ms a
round; with 10,000 it was 1.29 µs."""
THREADED_CALL = 29e-6
"""The same with a thread each: ``bench rounds``, 1,000 agents, 28.6 ms."""
CROWDED_CALL = 58e-6
"""The same with 10,000 threads, of which no bench has so many: the median of three rounds."""
CROWD = 1_000
"""The largest number of threads with which a call was still cheap; see the two above."""
POOLED_OVER_LOOP = 0.05
"""By how much longer a round is in a pool than in a plain loop: ``bench rounds``, 1,000 agents
that compute for 200 µs."""
THREADED_OVER_LOOP = 0.27
"""The same with a thread each."""
TAIL = 5.3
"""p99 ÷ median of a pooled round: the median of three times 500 rounds of 1,000 agents, which
had 2.5, 5.3 and 7.4."""
POOLED_WAIT = 26e-6
"""Seconds by which an agent that waits makes a round longer, beside the wait, in a pool that
has to find out that they wait: ``bench blocking``, 1,000 agents that wait 5 ms, 31.1 ms."""
DECLARED_WAIT = 24e-6
"""The same where they say so: 28.7 ms."""
FIRST_WAIT = 81e-6
"""The same in the round in which the pool finds out: 85.5 ms."""
THREADED_WAIT = 65e-6
"""The same with a thread each: 69.9 ms; with 10 to 300 agents, too, it was more than in a
pool, in eight rounds of each."""
POOLED_BYTES = 2_119
"""What an actor in a pool holds once it has been called: ``bench scale``, 200,000 actors."""
EXPLORER_BYTES = 4_675
"""What an explorer of a 10 x 10 grid holds beside its actor: what 1,024 more of them took by
``tracemalloc`` after three steps, less an actor. It grows with the cells."""
ACT_SECONDS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "numba": MappingProxyType({"fast": 7e-6, "balanced": 10e-6, "accurate": 21e-6}),
        "numpy": MappingProxyType({"fast": 25e-6, "balanced": 61e-6, "accurate": 539e-6}),
    }
)
"""An explorer's share of an answer, by kernel and profile: 50 of them, run inline, in a 10 x 10
grid; the middle one of the medians of three runs of 40 steps."""
EXPLORERS = frozenset({"fast", "balanced", "accurate"})
"""The kinds of agents that are explorers, by their profiles."""


def act_seconds_of(kind: str | None) -> float | None:
    """Give an explorer's share of an answer, by the kernel that is used here; else None."""
    return ACT_SECONDS[automatic()].get(kind or "")
