"""Whether an actor has been told to stop."""

from __future__ import annotations

import threading
from typing import Any

from ..forks import free_in_children


class StopFlag:
    """What Pykka calls ``actor_stopped``: an event, without the kilobyte that an event takes.

    Nearly nobody waits for it, so what one waits with is made by whoever does.
    """

    __slots__ = ("_event", "_set")

    def __init__(self) -> None:
        self._set = False
        self._event: Any = None

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        # First set, then look: wait() does it the other way round.
        self._set = True
        if self._event is not None:
            self._event.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most so many seconds; whether it is set."""
        if self._set:
            return True
        with _MAKING:
            event = self._event = self._event or threading.Event()
        return self._set or event.wait(timeout)


_MAKING = free_in_children(threading.Lock())
