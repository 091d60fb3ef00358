"""Whoever goes is counted for ever, in a bounded number of stones."""

from __future__ import annotations

from itertools import pairwise

from antiphon.memory.ranges import ranges_of
from antiphon.memory.tombstones import MOST, Reason, Stones, buried, counts_of
from hypothesis import given
from hypothesis import strategies as st

batches = st.lists(st.sets(st.integers(1, 2_000), max_size=60), max_size=8)


@given(batches)
def test_counts_are_exact_and_stones_few_ascending_and_apart(gone: list[set[int]]) -> None:
    stones: Stones = {}
    before: set[int] = set()
    for batch in gone:
        stones = buried(stones, Reason.SIZE, ranges_of(batch - before))
        before |= batch
        those = stones[Reason.SIZE]
        assert counts_of(stones) == {"size": len(before)}
        assert len(those) <= MOST
        assert all(a.last + 1 < b.first for a, b in pairwise(those))
        assert all(any(s.first <= n <= s.last for s in those) for n in before)
        assert all(s.count == len([n for n in before if s.first <= n <= s.last]) for s in those)


def test_what_goes_from_one_end_is_one_stone() -> None:
    stones: Stones = {}
    for n in range(1, 1_000):
        stones = buried(stones, Reason.AGE, ((n, n),))
    (stone,) = stones[Reason.AGE]
    assert (stone.first, stone.last, stone.count) == (1, 999, 999)


def test_of_too_many_stones_the_nearest_become_one() -> None:
    ranges = [(10 * n, 10 * n) for n in range(MOST)] + [(10 * MOST + 5, 10 * MOST + 5)]
    ranges[3] = (32, 32)
    stones = buried({}, Reason.SIZE, tuple(ranges))[Reason.SIZE]
    assert len(stones) == MOST
    (pair,) = [s for s in stones if s.count == 2]
    assert (pair.first, pair.last) == (32, 40)


def test_one_that_goes_later_from_within_a_span_is_counted_into_it() -> None:
    many = tuple((10 * n, 10 * n) for n in range(MOST + 1))
    stones = buried(buried({}, Reason.SIZE, many), Reason.SIZE, ((5, 5),))
    first = stones[Reason.SIZE][0]
    assert (first.first, first.last, first.count) == (0, 10, 3)


def test_reasons_have_their_own_stones() -> None:
    stones = buried(buried({}, Reason.SIZE, ((1, 3),)), Reason.AGE, ((4, 4),))
    assert counts_of(stones) == {"size": 3, "age": 1}
