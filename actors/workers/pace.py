"""How many threads may be awake at once: no more than can get on."""

from __future__ import annotations

import os
import threading
import time
from _thread import LockType, allocate_lock
from collections import deque
from typing import Protocol

TICK = 0.002
"""Seconds between two looks at whether the threads that are awake get on."""
_IDLE = 0.3
"""Below this share of a core, threads are waiting for something else than the GIL; far
below one, since on a shared machine a busy process does not get all it could use."""
_DORMANT_AFTER = 50
"""Ticks without anybody waiting, after which the watch sleeps until it is called."""


class Sleeper(Protocol):
    """A thread that sleeps on a lock, and carries a baton once it has been woken."""

    bell: LockType
    baton: int


class Pace:
    """Wakes threads a few at a time, each next one when another has gone to sleep.

    A thousand threads woken at once fight for the GIL: each waits five milliseconds for it
    and then makes whoever has it let go. So a woken thread carries a baton and hands it on
    when it has nothing left to do. Batons whose holders block come back too late, so a watch
    looks every two milliseconds: if nobody got on, or the processor is idle, it writes the
    batons off and wakes twice as many others.
    """

    def __init__(self, window: int | None = None, *, tick: float = TICK) -> None:
        """Make a pace.

        Args:
            window: how many threads to wake at first; by default one for each core, at
                least two, so that one is always ready when another lets go of the GIL.
            tick: seconds between two looks of the watch.
        """
        self._tick = tick
        self._least = window or max(2, os.cpu_count() or 1)
        self._window = self._least
        self._batons = 0
        self._epoch = 1
        self._waiting: deque[Sleeper] = deque()
        self._passes = self._passes_seen = 0
        self._cpu_seen = 0.0
        self._busy = _IDLE * tick
        self._lock = allocate_lock()
        self._watch: threading.Thread | None = None
        self._watching = False
        self._called = threading.Event()
        self._pause = threading.Event()
        self._stopped = False

    def ring(self, sleeper: Sleeper) -> None:
        """Wake a thread, now or when its turn comes; any thread may call."""
        with self._lock:
            if self._batons >= self._window and not self._stopped:
                self._waiting.append(sleeper)
                if not self._watching:
                    self._start_watching()
                return
            self._batons += 1
            sleeper.baton = self._epoch
        sleeper.bell.release()

    def pass_on(self, baton: int) -> None:
        """Hand a baton to the next in turn; for a thread that is about to sleep."""
        with self._lock:
            self._passes += 1
            if baton != self._epoch:
                return  # written off: others have been woken in its place
            if not self._waiting:
                self._batons -= 1
                return
            sleeper = self._waiting.popleft()
            sleeper.baton = baton
        sleeper.bell.release()

    def stop(self) -> None:
        """Wake all who wait, and hold nobody up from now on."""
        with self._lock:
            self._stopped = True
            waiting = list(self._waiting)
            self._waiting.clear()
            watch = self._watch
        self._called.set()
        self._pause.set()
        for sleeper in waiting:
            sleeper.bell.release()
        if watch is not None:
            watch.join()

    def _start_watching(self) -> None:
        self._watching = True
        if self._watch is None:
            self._watch = threading.Thread(target=self._watch_over, name="pace", daemon=True)
            self._watch.start()
        self._called.set()

    def _watch_over(self) -> None:
        while not self._stopped:
            self._called.wait()
            self._called.clear()
            quiet = 0
            while quiet < _DORMANT_AFTER and not self._stopped:
                self._pause.wait(self._tick)
                quiet = 0 if self._look() else quiet + 1
            with self._lock:
                self._watching = bool(self._waiting)
            if self._watching:
                self._called.set()

    def _look(self) -> bool:
        """Wake more if those awake do not get on; whether anybody was waiting."""
        cpu = time.process_time()
        with self._lock:
            stuck = self._passes == self._passes_seen or cpu - self._cpu_seen < self._busy
            self._passes_seen, self._cpu_seen = self._passes, cpu
            if not self._waiting:
                self._window = self._least
                return False
            woken = self._write_off() if stuck else []
        for sleeper in woken:
            sleeper.bell.release()
        return True

    def _write_off(self) -> list[Sleeper]:
        """Forget the batons that are out, and take twice as many others; under the lock."""
        self._epoch += 1
        self._window *= 2
        self._batons = min(self._window, len(self._waiting))
        woken = [self._waiting.popleft() for _ in range(self._batons)]
        for sleeper in woken:
            sleeper.baton = self._epoch
        return woken
