"""When actors that share threads want to be woken."""

from __future__ import annotations

import heapq
import math
from _thread import allocate_lock
from collections.abc import Callable
from itertools import count
from typing import Protocol

from ...clock import Clock


class Wakes(Protocol):
    """An actor, as far as its alarm goes."""

    wake_at: float | None
    clock: Clock


class Alarms:
    """Keeps the times at which actors want to be woken; any thread may note one.

    A time that an actor puts off again and again, like a round's deadline, stands here once:
    what rings too early is looked up again and put back.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        """Make it empty.

        Args:
            call: says to whoever waits that the next time has come nearer.
        """
        self._call = call
        self._heap: list[tuple[float, int, Wakes]] = []
        # By identity: what a user's host takes for equal are two actors all the same.
        self._noted: dict[int, float] = {}
        self._order = count()
        self._lock = allocate_lock()

    def note(self, actor: Wakes) -> None:
        """Take in an actor's ``wake_at``, by which somebody will look at it."""
        wake_at = actor.wake_at
        # Whoever takes it out looks at the actor's time then, and finds this one.
        if wake_at is None or self._noted.get(id(actor), math.inf) <= wake_at:
            return
        with self._lock:
            self._push(actor, wake_at)
            nearest = self._heap[0][2] is actor
        if nearest:
            self._call()

    def next_in(self) -> float | None:
        """Give the seconds until the next alarm; None if there is none."""
        with self._lock:
            if not self._heap:
                return None
            wake_at, _, actor = self._heap[0]
        return max(0.0, wake_at - actor.clock.now())

    def take_due(self) -> list[Wakes]:
        """Give those whose time has come; who is not woken then has to be noted again."""
        due: list[Wakes] = []
        with self._lock:
            while self._heap and self._heap[0][0] <= self._heap[0][2].clock.now():
                noted, _, actor = heapq.heappop(self._heap)
                if self._noted.get(id(actor)) != noted:
                    continue  # an earlier one has taken its place
                del self._noted[id(actor)]
                wake_at = actor.wake_at
                if wake_at is None:
                    continue
                if wake_at > actor.clock.now():
                    self._push(actor, wake_at)
                else:
                    due.append(actor)
        return due

    def _push(self, actor: Wakes, wake_at: float) -> None:
        self._noted[id(actor)] = wake_at
        heapq.heappush(self._heap, (wake_at, next(self._order), actor))
