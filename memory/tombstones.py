"""What is left of experiences that had to go: how many, which, and why."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .ranges import Ranges

MOST = 64
"""How many tombstones are kept for each reason."""


class Reason(StrEnum):
    """Why an experience is in a memory no more, and not consolidated either."""

    SIZE = "size"
    """There were too many."""
    BYTES = "bytes"
    """They took too many bytes."""
    AGE = "age"
    """It had become too old, though there was room."""
    TOO_LARGE = "too_large"
    """It alone was larger, or nested deeper, than the memory bears; it was never in it."""
    CLEANUP_FAILED = "cleanup_failed"
    """The clean-up broke; the oldest went, so that the bounds hold all the same."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Stands for experiences between two sequences; all of them if ``count`` is their number.

    Else the others there are alive, consolidated, or under another stone.
    """

    reason: Reason
    first: int
    last: int
    count: int


Stones = Mapping[Reason, tuple[Tombstone, ...]]
"""By reason, ascending and apart from each other."""


def buried(stones: Stones, reason: Reason, ranges: Ranges) -> Stones:
    """Add stones for these; neighbours become one where there would be too many."""
    new = [Tombstone(reason, a, b, b - a + 1) for a, b in ranges]
    merged = _few(_joined(sorted([*stones.get(reason, ()), *new], key=_first)))
    return MappingProxyType({**stones, reason: tuple(merged)})


def counts_of(stones: Stones) -> dict[str, int]:
    """Give how many experiences went, by reason."""
    return {str(reason): sum(s.count for s in those) for reason, those in stones.items()}


def _first(stone: Tombstone) -> int:
    return stone.first


def _joined(stones: Iterable[Tombstone]) -> list[Tombstone]:
    """Make one of those that touch, or of which one lies within what another spans."""
    joined: list[Tombstone] = []
    for stone in stones:
        if joined and stone.first <= joined[-1].last + 1:
            joined[-1] = _one(joined[-1], stone)
        else:
            joined.append(stone)
    return joined


def _few(stones: list[Tombstone]) -> list[Tombstone]:
    """Close the smallest gaps, the older of equal ones first, until there are few enough."""
    too_many = len(stones) - MOST
    if too_many <= 0:
        return stones
    gaps = [after.first - before.last for before, after in itertools.pairwise(stones)]
    closed = set(heapq.nsmallest(too_many, range(len(gaps)), key=gaps.__getitem__))
    few = stones[:1]
    for index, stone in enumerate(stones[1:]):
        if index in closed:
            few[-1] = _one(few[-1], stone)
        else:
            few.append(stone)
    return few


def _one(before: Tombstone, after: Tombstone) -> Tombstone:
    last = max(before.last, after.last)
    return Tombstone(before.reason, before.first, last, before.count + after.count)
