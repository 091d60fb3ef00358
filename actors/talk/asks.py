"""Who waits for whose answer, so that no ring of askers waits for ever."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ...errors import AskDeadlockError


@dataclass(frozen=True, slots=True)
class AskStatistics:
    """How many wait now, and how many may not."""

    waiting: int
    refused: int


class Asks:
    """A graph with an edge for each ask under way; any thread may ask.

    Askers are known by name and not by thread, so it is the same graph on threads, on a pool
    and inline. One name may wait for several at once, for an actor may have threads of its own.
    Whoever is never asked, such as the world outside, closes no ring and need not be in it.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._waits: dict[str, list[str]] = {}
        self._refused = 0

    @contextmanager
    def waiting(self, asker: str, asked: str) -> Iterator[None]:
        """Note, for as long as the block lasts, that one waits for the other.

        Raises:
            AskDeadlockError: the other waits for the asker already, by whatever detour; the
                block is not entered.
        """
        self._begin(asker, asked)
        try:
            yield
        finally:
            self._end(asker, asked)

    def statistics(self) -> AskStatistics:
        with self._lock:
            return AskStatistics(sum(map(len, self._waits.values())), self._refused)

    def _begin(self, asker: str, asked: str) -> None:
        # One lock for look and entry: of two that ask each other, one sees the other's.
        with self._lock:
            path = self._path(asked, asker)
            if path is None:
                self._waits.setdefault(asker, []).append(asked)
                return
            self._refused += 1
        raise AskDeadlockError([asker, *path])

    def _end(self, asker: str, asked: str) -> None:
        with self._lock:
            waits = self._waits[asker]
            waits.remove(asked)
            if not waits:
                del self._waits[asker]

    def _path(self, start: str, goal: str) -> list[str] | None:
        """Find who waits for whom from one to the other; None if nobody does."""
        came_from = {start: start}
        to_visit = [start]
        while to_visit:
            name = to_visit.pop()
            if name == goal:
                return self._way_back(came_from, name)
            for other in self._waits.get(name, ()):
                if other not in came_from:
                    came_from[other] = name
                    to_visit.append(other)
        return None

    @staticmethod
    def _way_back(came_from: dict[str, str], name: str) -> list[str]:
        path = [name]
        while came_from[name] != name:
            name = came_from[name]
            path.append(name)
        return path[::-1]
