"""The lock on a simulation, which those who go on in its holder's place need not take."""

from __future__ import annotations

import threading

from .strand import Strand


class Hold:
    """Keeps the world's threads out while one of them runs a simulation.

    That one may come in again, and so may the strands it has go on, for it waits meanwhile.
    """

    def __init__(self, owner: object) -> None:
        """Make a lock that is free.

        Args:
            owner: whose strands may pass.
        """
        self._owner = owner
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        if Strand.here(self._owner) is None:
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        if Strand.here(self._owner) is None:
            self._lock.release()
