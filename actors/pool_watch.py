"""What looks after a pool: that work does not wait for workers that wait themselves."""

from __future__ import annotations

import threading
import time
from typing import cast

from .actor import Actor
from .alarms import Alarms
from .pool import Pool

_DORMANT_AFTER = 50
"""Looks at which nothing waited, after which the watch sleeps until it is called."""


class PoolWatch:
    """A thread that widens a pool whose workers block, and wakes actors on time.

    It also does urgent work itself when every worker is stuck, so that a coordinator closes
    its round whatever the agents do.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.alarms = Alarms(self.call)
        self.awake = False
        """Whether it will look soon without being called."""
        self._called = threading.Event()
        self._stopped = False
        self._cpu = self._time = 0.0
        self._thread = threading.Thread(target=self._run, name="pool-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def call(self) -> None:
        """Have it look soon."""
        self._called.set()

    def stop(self) -> None:
        """Look no more; returns when the thread has ended."""
        self._stopped = True
        self._called.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        quiet = _DORMANT_AFTER
        while not self._stopped:
            if quiet < _DORMANT_AFTER:
                self._called.wait(self._until_alarm(self._pool.limits.interval))
            else:
                quiet = self._doze()
            self._called.clear()
            self._ring()
            quiet = 0 if self._look() else quiet + 1

    def _doze(self) -> int:
        """Sleep until called or until an alarm; give the looks at nothing, from anew."""
        self.awake = False
        # First lie down, then look: whoever submits work does it the other way round.
        if not (self._pool.ready or self._pool.urgent):
            self._called.wait(self._until_alarm(threading.TIMEOUT_MAX))
        self.awake = True
        # What was used up meanwhile says nothing about those at work now.
        self._cpu, self._time = time.process_time(), time.monotonic()
        self._called.clear()
        self._called.wait(self._until_alarm(self._pool.limits.interval))
        return 0

    def _until_alarm(self, at_most: float) -> float:
        next_in = self.alarms.next_in()
        return at_most if next_in is None else min(at_most, next_in)

    def _ring(self) -> None:
        for waking in self.alarms.take_due():
            actor = cast("Actor", waking)
            if not actor.turn.acquire(blocking=False):
                # Somebody runs it and looks at the time when done, unless that is never.
                self.alarms.put_off(actor, self._pool.limits.interval)
            elif actor.urgent:
                actor.take_turn()
            else:
                self._pool.submit(actor)

    def _look(self) -> bool:
        """Widen the pool if work waits and nobody gets on; whether any waits."""
        cpu, now = time.process_time(), time.monotonic()
        share = (cpu - self._cpu) / max(now - self._time, 1e-9)
        self._cpu, self._time = cpu, now
        pool = self._pool
        while pool.urgent:
            try:
                pool.urgent.popleft().take_turn()
            except IndexError:
                break  # a worker was quicker
        if not pool.ready:
            pool.narrow()
            return False
        if share < pool.limits.threshold:
            pool.widen()
        else:
            pool.narrow()
        return True
