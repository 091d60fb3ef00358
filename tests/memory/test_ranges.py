"""Sets of sequences are kept as ranges, and nothing comes of it but what went in."""

from __future__ import annotations

from itertools import chain, pairwise

from antiphon.memory.ranges import count_of, ranges_of
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.integers(-50, 50)))
def test_ranges_hold_what_went_in_and_lie_apart(numbers: list[int]) -> None:
    ranges = ranges_of(numbers)
    assert sorted(set(numbers)) == list(chain.from_iterable(range(a, b + 1) for a, b in ranges))
    assert all(after[0] > before[1] + 1 for before, after in pairwise(ranges))
    assert count_of(ranges) == len(set(numbers))


def test_neighbours_are_one_range() -> None:
    assert ranges_of([7, 1, 2, 3, 9, 8]) == ((1, 3), (7, 9))
