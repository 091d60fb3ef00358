"""Sets of whole numbers as ranges, which is how lived sequences lie: mostly side by side."""

from __future__ import annotations

from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]
"""First and last of each range, both inclusive, ascending and apart from each other."""


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Give the ranges that hold these numbers and no others; each number counts once."""
    ordered = sorted(numbers)
    if not ordered:
        return ()
    ranges: list[tuple[int, int]] = []
    first = last = ordered[0]
    for number in ordered:
        if number > last + 1:
            ranges.append((first, last))
            first = number
        last = number
    return (*ranges, (first, last))


def count_of(ranges: Iterable[tuple[int, int]]) -> int:
    """Give how many numbers lie in ranges that are apart from each other."""
    return sum(last - first + 1 for first, last in ranges)
