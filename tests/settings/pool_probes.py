"""What each setting of the pool of threads changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import antiphon as ap
from antiphon.actors.statistics import PoolStatistics
from antiphon.tests.settings.cast import FUSE, MOMENT, Probe, Probes

NOTHING = 1e-9
"""A share of the processor that is always used."""


def meeting(wait: float, *, blocking: bool = False, **settings: Any) -> Any:
    """Have two agents wait for each other in a pool; give how that ends."""
    both_there = threading.Barrier(2)

    class Meets(ap.Agent):
        def act(self, observation: Any, context: ap.Context) -> int:
            both_there.wait(timeout=wait)
            return 1

    Meets.blocking = blocking  # type: ignore[attr-defined]  # as its author may declare
    with ap.Society(dispatcher="pooled", **settings) as society:
        ids = society.add(Meets, n=2)
        return society.step(dict.fromkeys(ids)).counts


def pool_maximum(value: int) -> Any:
    return meeting(FUSE if value > 1 else MOMENT, blocking=True, pool_maximum=value)


def pool_threshold(value: float) -> Any:
    wait = FUSE if value > 1 else MOMENT
    return meeting(wait, pool_threshold=value, pool_interval=0.01)


def pool_interval(value: float) -> Any:
    # Where no look finds the processor idle, it takes many looks to see that nobody gets on.
    wait = FUSE if value < 1 else MOMENT
    return meeting(wait, pool_interval=value, pool_threshold=NOTHING)


def pool_of(society: Any) -> Any:
    return society._stage.ensemble._dispatcher


def pool_of_four(until: Callable[[PoolStatistics], bool], wait: float, **settings: Any) -> int:
    """Start four threads, with little to do; give how many there are in the end."""
    with ap.Society(
        dispatcher="pooled", pool_initial=4, pool_threshold=NOTHING, **settings
    ) as society:
        society.add(Probe)
        society.start()
        pool = pool_of(society)
        end = time.monotonic() + wait
        never = threading.Event()
        while not until(pool.statistics()) and time.monotonic() < end:
            never.wait(0.005)  # or nobody else would get hold of the pool's lock
        # As long as it may take those that ought to stay, to leave after all.
        never.wait(0.1)
        return int(pool.statistics().workers)


def pool_initial(value: int) -> Any:
    with ap.Society(dispatcher="pooled", pool_initial=value, pool_threshold=NOTHING) as society:
        society.add(Probe)
        society.start()
        pool = pool_of(society)
        return pool.statistics().workers >= 8


def pool_minimum(value: int) -> Any:
    def settled(pool: PoolStatistics) -> bool:
        return pool.workers <= value

    return pool_of_four(settled, FUSE, pool_minimum=value, pool_patience=0.01)


def pool_patience(value: float) -> Any:
    wait = FUSE if value < 1 else MOMENT
    return pool_of_four(lambda pool: pool.workers == 1, wait, pool_patience=value)


PROBES: Probes = {
    "pool_minimum": (pool_minimum, 1, 3),
    "pool_initial": (pool_initial, 1, 8),
    "pool_maximum": (pool_maximum, 1, 2),
    "pool_threshold": (pool_threshold, NOTHING, 1e9),
    "pool_interval": (pool_interval, 0.0005, 10.0),
    "pool_patience": (pool_patience, 0.01, 10.0),
}
