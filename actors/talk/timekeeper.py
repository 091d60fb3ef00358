"""The thread that wakes when a timer is due, and only then."""

from __future__ import annotations

import threading

from ...clock import Clock
from .timers import Timers


class Timekeeper:
    """Drives timers on a clock that moves by itself; it begins with the first timer.

    It sleeps until the next one is due and is woken when an earlier one is set, so a society
    without timers has no such thread, and one with few is not disturbed between them.
    """

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self._lock = threading.Lock()
        self._called = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopped = False
        timers.on_sooner = self._call

    def stop(self) -> None:
        """Stop the timers and the thread; may be called again, and by a timer's listener."""
        self._timers.stop()
        with self._lock:
            self._stopped = True
            thread = self._thread
        self._called.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _call(self) -> None:
        with self._lock:
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._keep, name="timers", daemon=True)
                self._thread.start()
        self._called.set()

    def _keep(self) -> None:
        while not self._stopped:
            self._called.wait(self._patience())
            # First forget the call, then look: whoever calls after the look is heard next time.
            self._called.clear()
            self._timers.tell_due()

    def _patience(self) -> float | None:
        due = self._timers.next_due
        if due is None:
            return None
        return min(max(0.0, due - self._clock.now()), threading.TIMEOUT_MAX)
