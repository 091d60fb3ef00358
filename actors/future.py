"""A place for one answer, with one lock in it."""

from __future__ import annotations

import math
import sys
import threading
import time
from _thread import allocate_lock
from typing import Any, TypeVar

import pykka

from ..forks import here
from .workers.pool import blocking

T = TypeVar("T")

_SLICE = 0.05
"""Seconds of one wait in the main thread."""


class Future(pykka.Future[T]):
    """A Pykka future that costs one raw lock (a seventh of the stock one's time).

    The first answer stands; later ones are ignored, so that a stop, a crash and a reply may
    race without harm (in stock Pykka the loser's actor dies).
    """

    # Class attributes in place of Pykka's __init__: most futures never see a hook.
    _get_hook = None

    def __init__(self) -> None:
        self._answered = allocate_lock()
        self._answered.acquire()
        # Popping is atomic: whoever pops may answer.
        self._turn = [True]
        self._value: Any = None
        self._error: BaseException | None = None
        self._home = here()

    def set(self, value: T | None = None) -> None:
        """Answer, unless an answer stands already."""
        if self._take_turn():
            self._value = value
            self._answered.release()

    def set_exception(self, exc_info: Any = None) -> None:
        """Answer with an error, by default the one being handled."""
        if self._take_turn():
            kind, error, _ = exc_info or sys.exc_info()
            self._error = kind() if error is None and kind is not None else error
            self._answered.release()

    def is_set(self) -> bool:
        """Whether an answer stands."""
        return not self._answered.locked()

    def _take_turn(self) -> bool:
        try:
            return self._turn.pop()
        except IndexError:
            return False

    def get(self, *, timeout: float | None = None) -> Any:
        """Wait for the answer, at most ``timeout`` seconds.

        Raises:
            pykka.Timeout: it did not come in time.
            ForkedError: there is none, and it would be given in the parent of this process.
            BaseException: whatever the other side answered with ``set_exception``.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self._wait(timeout):
            raise pykka.Timeout(f"{timeout} seconds")
        self._answered.release()
        if self._error is not None:
            raise self._error
        return self._value

    def _wait(self, timeout: float | None) -> bool:
        if self._answered.acquire(blocking=False):
            return True
        if timeout is not None and not timeout > 0:  # also for a NaN
            return False
        self._home.check("who would answer")
        with blocking():
            return self._wait_in_slices(timeout)

    def _wait_in_slices(self, timeout: float | None) -> bool:
        """Wait; a Ctrl-C that comes just before a wait is seen only when that ends."""
        # No other thread is interrupted, and thousands of them may wait.
        is_main = threading.current_thread() is threading.main_thread()
        longest = _SLICE if is_main else threading.TIMEOUT_MAX
        left = math.inf if timeout is None else timeout
        end = time.monotonic() + left
        while not self._answered.acquire(timeout=min(left, longest)):
            left = end - time.monotonic()
            if not left > 0:
                return False
        return True

    def set_get_hook(self, func: Any) -> None:
        """Compute the answer when asked for; Pykka's stop() needs this."""
        super().__init__()
        self._get_hook = func
