"""How a command ends when it is told to: in good order at the first signal, at once at the second.

Nothing in here imports what takes long: it is in force before all else is loaded.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Collection
from types import CodeType, FrameType
from typing import Any, Self

_ENDING = (signal.SIGINT, signal.SIGTERM)
_LOOK_AGAIN = 0.1
"""Seconds until the next look, as long as the command has not ended."""
_SHOW_CURSOR = b"\x1b[?25h"


class Signals:
    """Turns the first SIGINT or SIGTERM into KeyboardInterrupt, and exits at the second.

    Python runs a handler between any two instructions of the main thread. While a round is
    written down that would leave half a round, so some functions are done whole, and
    interrupted where they call for the next round. So are finalizers, which Python calls
    wherever it frees something: all that came of an interruption is a traceback on the
    terminal, and half a finalizer. Agents' code swallows exceptions, so where it may be raised
    it is raised again until the command ends.
    """

    def __init__(self) -> None:
        self._came: int | None = None
        self._looked = False
        self._loaded = False
        self._whole: Collection[CodeType] = ()
        self._open: Collection[CodeType] = ()
        self._before: dict[int, Any] = {}

    @property
    def status(self) -> int | None:
        """The exit status that tells of the signal; None if none came."""
        return None if self._came is None else 128 + self._came

    def loaded(self, *, whole: Collection[CodeType], open: Collection[CodeType]) -> None:
        """Say that there is something to end in good order from now on.

        Args:
            whole: functions that are not interrupted,
            open: but within these, that they call, they are.
        """
        self._whole, self._open = whole, open
        self._loaded = True

    def __enter__(self) -> Self:
        # Others than the main thread are never interrupted, nor may they ask for it.
        if threading.current_thread() is threading.main_thread():
            for number in _ENDING:
                # Whoever started us in the background, or by nohup, had it ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._end)
        return self

    def __exit__(self, *raised: object) -> None:
        if self._came is None:
            for number, before in self._before.items():
                signal.signal(number, before)
        elif sys.platform != "win32":
            # The process ends now; a second signal is still to end it at once.
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._came is not None:
            _exit_at_once(number)
        if not self._loaded:
            # Imports swallow exceptions or make others of them, and nothing has begun.
            os.write(2, b"antiphon: interrupted\n")
            _exit_at_once(number)
        self._came = number
        if sys.platform == "win32":
            raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, _LOOK_AGAIN, _LOOK_AGAIN)
        self._look(number, frame)

    def _look(self, number: int, frame: FrameType | None) -> None:
        if _is_finalizing(frame):
            return
        is_open = self._is_open(frame)
        first, self._looked = not self._looked, True
        if is_open or (first and is_open is None):
            raise KeyboardInterrupt

    def _is_open(self, frame: FrameType | None) -> bool | None:
        """Whether the main thread is where it may be interrupted; None where no rule says."""
        while frame is not None:
            if frame.f_code in self._open:
                return True
            if frame.f_code in self._whole:
                return False
            frame = frame.f_back
        return None


def _is_finalizing(frame: FrameType | None) -> bool:
    while frame is not None:
        # These modules hold the callbacks of weak references, whose exceptions are lost as well.
        module = frame.f_globals.get("__name__")
        if frame.f_code.co_name == "__del__" or module in {"weakref", "_weakrefset"}:
            return True
        frame = frame.f_back
    return False


def _exit_at_once(number: int) -> None:
    # What was printed is out, each line flushed; to flush here might be to wait for a reader.
    if os.isatty(2):
        os.write(2, _SHOW_CURSOR)  # a bar hides it
    os._exit(128 + number)
