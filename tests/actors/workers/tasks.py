"""Work for pools, and pools that are stopped when the test is over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from antiphon.actors.statistics import PoolStatistics
from antiphon.actors.workers.pool import Pool

FUSE = 10.0
NEVER = 10_000.0
"""Seconds: nobody leaves for want of work."""


class Task:
    """Work that says when it has begun, waits if told to, and says when it is done."""

    def __init__(self, does: Callable[[], object] = lambda: None) -> None:
        self._does = does
        self.begun = threading.Event()
        self.done = threading.Event()
        self.times = 0
        self.thread: threading.Thread | None = None

    def take_turn(self) -> None:
        self.times += 1
        self.thread = threading.current_thread()
        self.begun.set()
        try:
            self._does()
        finally:
            self.done.set()


class Piece:
    """Work that is no more than what it does."""

    def __init__(self, take_turn: Callable[[], None] = lambda: None) -> None:
        self.take_turn = take_turn


def close(pool: Pool) -> None:
    pool.stop()
    for worker in pool.workers:
        if worker.thread is not None:
            worker.thread.join(FUSE)
    assert pool.workers == []


def widen(pool: Pool) -> None:
    """Widen a pool as its watch does."""
    pool.widen()
    while pool.bring_in(16):
        pass


def hold_up(pool: Pool, tasks: list[Task]) -> None:
    """Have each of them begun, by a worker of its own."""
    for task in tasks:
        pool.submit(task)
    for task in tasks:
        while not task.begun.wait(0.01):
            widen(pool)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + FUSE
    while not condition():
        assert time.monotonic() < end


def at_rest(pool: Pool) -> PoolStatistics:
    """Give the statistics once nobody works any more."""
    nothing = Task()
    pool.submit(nothing)
    assert nothing.done.wait(FUSE)
    until(lambda: pool.statistics().idle == pool.statistics().workers)
    return pool.statistics()
