"""A call on a stack of its own: it can stop in the middle, and go on when it is told to."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections.abc import Callable

_SLICE = 0.05
"""Seconds of one wait: a Ctrl-C that comes just before a wait is seen only when that ends."""
_PATIENCE = 0.1
"""Seconds, real ones, for code in the middle of which somebody pressed Ctrl-C."""


class Strand(threading.Thread):
    """Runs only while whoever told it to go on waits, so of all of them one runs at a time.

    It is interrupted with whoever waits, as an agent on a thread is: if it does not come to a
    stop at once it is given up, and may touch nothing more.
    """

    def __init__(self, call: Callable[[], object], owner: object) -> None:
        """Make a strand that has not begun.

        Args:
            owner: whose it is; to everybody else it is a thread as any other.
        """
        super().__init__(name="strand", daemon=True)
        self._call = call
        self._owner = owner
        self._told = allocate_lock()
        self._told.acquire()
        self._stopped = allocate_lock()
        self._stopped.acquire()
        self._error: BaseException | None = None
        self._given_up = False
        self._is_over = False

    @staticmethod
    def here(owner: object) -> Strand | None:
        """Give the strand that this is, if it is one of this owner's.

        Raises:
            SystemExit: it has been given up.
        """
        thread = threading.current_thread()
        if not isinstance(thread, Strand) or thread._owner is not owner:
            return None
        if thread._given_up:
            raise SystemExit
        return thread

    def go_on(self) -> None:
        """Have it run until it pauses or is over.

        Raises:
            RuntimeError: the system gives no thread for it.
            BaseException: what the call raised, or the caller's Ctrl-C.
        """
        try:
            if self.ident is None:
                self.start()
            else:
                self._told.release()
            while not self._stopped.acquire(timeout=_SLICE):
                pass
        except BaseException:
            self._give_up_unless_it_stops()
            raise
        if self._is_over:
            self.join()
        if self._error is not None:
            raise self._error

    def _give_up_unless_it_stops(self) -> None:
        stops = False
        try:
            stops = self._stopped.acquire(timeout=_PATIENCE)
        finally:
            self._given_up = not stops

    def pause(self) -> None:
        """Stop until it is told to go on; called by the strand itself."""
        self._stopped.release()
        self._told.acquire()

    def run(self) -> None:
        try:
            if not self._given_up:
                self._call()
        except BaseException as error:  # the caller's to hear, whatever it is
            self._error = error
        self._is_over = True
        self._stopped.release()
