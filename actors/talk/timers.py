"""Messages for later: told when their time has come, on whatever clock there is."""

from __future__ import annotations

import heapq
import math
from _thread import allocate_lock
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ...clock import Clock
from ...errors import StoppedError, TimersFullError
from ...logs import get_logger
from ..failures import describe

log = get_logger(__name__)

LIMIT = 100_000
"""How many timers may wait."""
SHORTEST_PERIOD = 0.001
"""Seconds; what repeats more often leaves no time for anything else."""


class Listener(Protocol):
    """Whom a timer tells."""

    def tell(self, message: Any) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Tick:
    """Heard by whoever asked for a repeated message: its time has come again."""

    message: Any
    missed: int
    """How many ticks were due before this one and never came: this stands for them all."""


class Timer:
    """One message for later, or one that repeats; a handle to cancel it by."""

    __slots__ = ("_first", "_listener", "_message", "_told", "number", "period")

    def __init__(
        self, number: int, first: float, period: float | None, listener: Listener, message: Any
    ) -> None:
        self.number = number
        self.period = period
        """Seconds between two ticks; None for one message only."""
        self._first = first
        self._listener = listener
        self._message = message
        self._told = 0
        """Ticks that were told or missed."""

    @property
    def due(self) -> float:
        """When it is told next, in the clock's seconds."""
        # Counted from the first one: sums of many periods drift.
        return self._first + self._told * (self.period or 0.0)

    def take(self, now: float) -> Due:
        """Give what is to be told, and move on to the first time that is yet to come."""
        if self.period is None:
            return Due(self._listener, self._message, 0)
        before = self._told
        self._told = max(before + 1, math.floor((now - self._first) / self.period))
        while self.due <= now:
            self._told += 1
        missed = self._told - before - 1
        return Due(self._listener, Tick(self._message, missed), missed)


class Due(NamedTuple):
    """What is to be told now, and to whom."""

    listener: Listener
    message: Any
    missed: int


@dataclass(frozen=True, slots=True)
class TimerStatistics:
    """What has become of the timers so far."""

    waiting: int
    told: int
    missed: int
    """Ticks for which a later one stood, since nobody looked at the time between."""
    cancelled: int


class Timers:
    """One heap of timers; due ones are tells. Any thread may set and cancel.

    Nothing here waits: whoever drives it looks at ``next_due`` and calls ``tell_due``, a
    ``Timekeeper`` on real time, a simulation on its own. Timers due at the same time are told
    in the order in which they were set.
    """

    def __init__(self, clock: Clock, *, limit: int = LIMIT) -> None:
        self._clock = clock
        self._limit = limit
        self._lock = allocate_lock()
        self._heap: list[tuple[float, int]] = []
        self._waiting: dict[int, Timer] = {}
        self._set = self._told = self._missed = self._cancelled = 0
        self._stopped = False
        self.on_sooner: Callable[[], None] | None = None
        """Called when ``next_due`` has come nearer, by the thread that set the timer."""

    def after(self, seconds: float, listener: Listener, message: Any) -> Timer:
        """Tell somebody something so many seconds from now.

        Raises:
            ValueError: seconds are negative or endless.
            TimersFullError: as many wait as may.
            StoppedError: they have been stopped.
        """
        _check("seconds", seconds, at_least=0.0)
        return self._add(self._clock.now() + seconds, None, listener, message)

    def at(self, time: float, listener: Listener, message: Any) -> Timer:
        """Tell it at a time, in the clock's seconds; at once, if that has passed.

        Raises:
            ValueError: the time is endless.
            TimersFullError, StoppedError: as ``after``.
        """
        _check("time", time, at_least=-math.inf)
        return self._add(time, None, listener, message)

    def every(self, seconds: float, listener: Listener, message: Any) -> Timer:
        """Tell a ``Tick`` with this message every so many seconds, first after as many.

        Ticks fall on multiples of the period, however late one of them was told. One that is
        later than a whole period stands for those that it missed.

        Raises:
            ValueError: seconds are shorter than the shortest period, or endless.
            TimersFullError, StoppedError: as ``after``.
        """
        _check("seconds", seconds, at_least=SHORTEST_PERIOD)
        return self._add(self._clock.now() + seconds, seconds, listener, message)

    def cancel(self, timer: Timer) -> bool:
        """Tell it no more; whether there was anything left to tell."""
        with self._lock:
            waited = self._waiting.pop(timer.number, None) is not None
            self._cancelled += waited
            if len(self._heap) > 2 * len(self._waiting) + 64:
                # Else those who set and cancel would fill the heap with what is never due.
                self._heap = [entry for entry in self._heap if entry[1] in self._waiting]
                heapq.heapify(self._heap)
        return waited

    @property
    def next_due(self) -> float | None:
        """When something is due next, in the clock's seconds; None if nothing is."""
        with self._lock:
            self._drop_cancelled()
            return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[Due]:
        """Take out what is due by then, in the order in which it fell due."""
        taken: list[Due] = []
        again: list[Timer] = []
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                timer = self._waiting.pop(heapq.heappop(self._heap)[1], None)
                if timer is None:
                    continue
                taken.append(timer.take(now))
                if timer.period is not None:
                    again.append(timer)
            for timer in again:
                self._push(timer)
            self._told += len(taken)
            self._missed += sum(due.missed for due in taken)
        return taken

    def tell_due(self) -> int:
        """Tell all that is due now; give how many were told."""
        taken = self.due(self._clock.now())
        # Outside the lock: telling may run the listener right here, and that may set timers.
        for listener, message, missed in taken:
            if missed:
                log.warning("timer.missed", missed=missed)
            try:
                listener.tell(message)
            except Exception as error:
                # The others' time has come as well.
                log.warning("timer.failed", error=describe(error))
        return len(taken)

    def stop(self) -> None:
        """Forget all that waits, and take no more."""
        with self._lock:
            self._stopped = True
            self._cancelled += len(self._waiting)
            self._waiting.clear()
            self._heap.clear()

    def statistics(self) -> TimerStatistics:
        with self._lock:
            return TimerStatistics(len(self._waiting), self._told, self._missed, self._cancelled)

    def _add(self, first: float, period: float | None, listener: Listener, message: Any) -> Timer:
        with self._lock:
            if self._stopped:
                raise StoppedError("the timers have been stopped, and take no more")
            if len(self._waiting) >= self._limit:
                raise TimersFullError(self._limit)
            self._drop_cancelled()
            sooner = not self._heap or first < self._heap[0][0]
            timer = Timer(self._set, first, period, listener, message)
            self._set += 1
            self._push(timer)
        if sooner and self.on_sooner is not None:
            self.on_sooner()
        return timer

    def _push(self, timer: Timer) -> None:
        self._waiting[timer.number] = timer
        heapq.heappush(self._heap, (timer.due, timer.number))

    def _drop_cancelled(self) -> None:
        while self._heap and self._heap[0][1] not in self._waiting:
            heapq.heappop(self._heap)


def _check(name: str, value: float, *, at_least: float) -> None:
    # Written so that NaN fails too.
    if not at_least <= value < math.inf or value == -math.inf:
        raise ValueError(f"{name} must be finite and >= {at_least:g}, got {value!r}")
