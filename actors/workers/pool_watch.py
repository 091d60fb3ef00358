"""What looks after a pool: that work does not wait for workers that wait themselves."""

from __future__ import annotations

import threading
import time
from typing import cast

from ..actor import Actor
from ..turn import take
from .alarms import Alarms
from .pool import Pool, do

_DORMANT_AFTER = 50
"""Looks at which nothing waited, after which the watch sleeps until it is called."""
_AT_ONCE = 16
"""How many are brought in before it looks at the alarms: to hire a thread takes long."""
_STUCK_AFTER = 100
"""Looks at which work waited and none was begun, after which the pool is widened anyhow."""


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
        self.sees_idleness = False
        """Whether the processor had time to spare at its last look."""
        self._interval = min(pool.limits.interval, threading.TIMEOUT_MAX)
        self._called = threading.Event()
        self._stopped = False
        self._held_up: list[Actor] = []
        """Whose time has come while somebody ran them."""
        self._cpu = self._time = 0.0
        self._begun = self._stuck = 0
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
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        quiet = _DORMANT_AFTER
        while not self._stopped:
            if quiet < _DORMANT_AFTER:
                self._called.wait(self._until_alarm(self._interval))
            else:
                quiet = self._doze()
            self._called.clear()
            self._ring()
            quiet = 0 if self._look() or self._held_up else quiet + 1

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
        # First cleared, then looked: stop() does it the other way round.
        if not self._stopped:
            self._called.wait(self._until_alarm(self._interval))
        return 0

    def _until_alarm(self, at_most: float) -> float:
        next_in = self.alarms.next_in()
        return at_most if next_in is None else min(at_most, next_in)

    def _ring(self) -> None:
        due = [*self._held_up, *cast("list[Actor]", self.alarms.take_due())]
        self._held_up = []
        for actor in due:
            if take(actor.turn):
                if actor.urgent:
                    do(actor)
                else:
                    self._pool.submit(actor)
            elif not (actor.ended.is_set() or any(actor is held for held in self._held_up)):
                # Somebody runs it and looks at the time when done, unless that is never.
                self._held_up.append(actor)

    def _look(self) -> bool:
        """Widen the pool if work waits and nobody gets on; whether any waits."""
        share = self._share_used()
        pool = self._pool
        pool.do_urgent()
        if not pool.ready:
            self._stuck = 0
            pool.narrow()
            return False
        if share < pool.limits.threshold or self._is_stuck():
            pool.widen()
            self._bring_in()
        else:
            pool.narrow()
        return True

    def _bring_in(self) -> None:
        """Bring in all who may work, while those whose time comes are woken all the same."""
        while not self._stopped and self._pool.bring_in(_AT_ONCE):
            self._ring()
            self._pool.do_urgent()
        # What that took says nothing about those at work.
        self._share_used()

    def _share_used(self) -> float:
        """Give the share of a core that the process has used since it was asked last."""
        cpu, now = time.process_time(), time.monotonic()
        share = (cpu - self._cpu) / max(now - self._time, 1e-9)
        self._cpu, self._time = cpu, now
        self.sees_idleness = share < self._pool.limits.threshold
        return share

    def _is_stuck(self) -> bool:
        """Whether nothing has been begun for long, whoever it is that keeps the processor."""
        begun, self._begun = self._begun, self._pool.begun
        self._stuck = self._stuck + 1 if begun == self._begun else 0
        return self._stuck >= _STUCK_AFTER
