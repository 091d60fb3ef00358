"""How full one memory was through its whole life, in room that does not grow with it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_ROUND, _SIZE, _BYTES, _LOW, _HIGH, _SUM, _TIMES = range(7)


class Snapshot(NamedTuple):
    """A memory at one moment, and what it went through until the next one that is kept."""

    round: int
    size: int
    """Experiences and items that it held."""
    bytes: int
    low: int
    high: int
    """The least and the most that it held until the next snapshot."""
    mean: float
    """What it held on average until then."""


class History:
    """Takes in every moment and keeps so many snapshots, evenly from the first to the last.

    When there are too many, every two that follow each other become one; so each stands for
    as many moments as any other, and no peak between them is lost. One thread adds.
    """

    __slots__ = ("_newest", "_rows", "_stretch", "_used")

    def __init__(self, capacity: int = 128) -> None:
        """Take how many snapshots are kept.

        Raises:
            ValueError: it is odd or less than 4.
        """
        if capacity < 4 or capacity % 2:
            raise ValueError(f"capacity must be even and >= 4, got {capacity!r}")
        self._rows: npt.NDArray[np.float64] = np.zeros((capacity, 7))
        self._used = 0
        self._stretch = 1
        self._newest: Snapshot | None = None

    def add(self, round: int, size: int, bytes: int) -> None:
        """Take in the memory of now."""
        self._newest = Snapshot(round, size, bytes, size, size, size)
        last = self._rows[self._used - 1]
        if self._used and last[_TIMES] < self._stretch:
            last[_LOW] = min(last[_LOW], size)
            last[_HIGH] = max(last[_HIGH], size)
            last[_SUM] += size
            last[_TIMES] += 1
            return
        if self._used == len(self._rows):
            self._thin_out()
        self._rows[self._used] = round, size, bytes, size, size, size, 1
        self._used += 1

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Give what is kept, oldest first; the last one is the memory as it was added last."""
        kept = [_snapshot(row) for row in self._rows[: self._used].tolist()]
        if self._newest is not None and kept[-1].round != self._newest.round:
            kept.append(self._newest)
        return tuple(kept)

    def _thin_out(self) -> None:
        first, second = self._rows[0::2], self._rows[1::2]
        first[:, _LOW] = np.minimum(first[:, _LOW], second[:, _LOW])
        first[:, _HIGH] = np.maximum(first[:, _HIGH], second[:, _HIGH])
        first[:, _SUM] += second[:, _SUM]
        first[:, _TIMES] += second[:, _TIMES]
        self._used = len(first)
        self._rows[: self._used] = first.copy()
        self._stretch *= 2


def _snapshot(row: list[float]) -> Snapshot:
    round, size, held, low, high, total, times = row
    return Snapshot(int(round), int(size), int(held), int(low), int(high), total / times)
