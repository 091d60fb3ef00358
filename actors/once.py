"""Warnings of which one is enough."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Hashable


class OncePerRound:
    """Says which warning of a kind is the first of its round; any thread may ask."""

    __slots__ = ("_latest", "_lock")

    def __init__(self) -> None:
        self._latest: dict[Hashable, int] = {}
        self._lock = allocate_lock()

    def is_first(self, kind: Hashable, round: int) -> bool:
        """Whether nobody has asked for this kind since this round began."""
        with self._lock:
            if self._latest.get(kind, -1) >= round:
                return False
            self._latest[kind] = round
            return True
