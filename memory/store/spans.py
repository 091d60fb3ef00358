"""A set of whole numbers that takes in ranges, and notices what comes twice."""

from __future__ import annotations

from bisect import bisect_right


class Spans:
    """Numbers as ranges that do not touch: as few as there are gaps, however many numbers."""

    __slots__ = ("_first", "_last", "count")

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        self.count = 0
        """How many numbers are in it."""

    def add(self, first: int, last: int) -> bool:
        """Take in a range; whether none of it was in before, else nothing changes."""
        place = bisect_right(self._first, first)
        after = self._first[place] if place < len(self._first) else None
        if last < first or (after is not None and after <= last):
            return False
        if place and self._last[place - 1] >= first:
            return False
        self.count += last - first + 1
        self._first.insert(place, first)
        self._last.insert(place, last)
        self._join(place)
        self._join(place - 1)
        return True

    def _join(self, place: int) -> None:
        """Make one of a range and the next, if they touch."""
        if 0 <= place < len(self._first) - 1 and self._last[place] + 1 == self._first[place + 1]:
            del self._last[place], self._first[place + 1]

    def __len__(self) -> int:
        return len(self._first)
