"""Whoever writes what cannot be true, with a chain that holds, is found out by ``verify``."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from antiphon.errors import StoreCorruptError
from antiphon.memory.store.batch import Batch, Eviction, Replacement
from antiphon.memory.store.database import Database
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.schema import DATABASE
from antiphon.memory.store.spans import Spans
from antiphon.memory.store.verify import verify
from antiphon.tests.memory.store.rounds import lived, replacement, store
from hypothesis import given
from hypothesis import strategies as st

UNTRUE = {
    "an experience is left out": Batch(6, {"trader": lived(7, "trader")}),
    "an experience is there twice": Batch(6, {"trader": lived(5, "trader")}),
    "one is evicted twice": Batch(6, evictions=[Eviction("trader", 2, 2, "age")]),
    "some are evicted twice": Batch(6, evictions=[Eviction("trader", 1, 4, "age")]),
    "one is evicted that nobody had": Batch(6, evictions=[Eviction("trader", 7, 7, "age")]),
    "an eviction goes backwards": Batch(6, evictions=[Eviction("trader", 2, 1, "age")]),
    "a consolidated one is evicted": Batch(6, evictions=[Eviction("explorer-1", 4, 4, "age")]),
    "an evicted one is consolidated": Batch(6, replacements=[replacement("trader", 1)]),
    "ranges overlap": Batch(6, replacements=[replacement("explorer-1", 3)]),
    "the future is consolidated": Batch(6, replacements=[replacement("explorer-2", 5)]),
    "a stranger's are evicted": Batch(6, evictions=[Eviction("stranger", 1, 1, "age")]),
}


@pytest.mark.parametrize("untrue", UNTRUE)
def test_what_cannot_be_true_is_named_with_its_round(tmp_path: Path, untrue: str) -> None:
    store(tmp_path, 6)
    database = Database(tmp_path)
    database.commit([UNTRUE[untrue]])
    database.close()
    with pytest.raises(StoreCorruptError, match="round 6") as caught:
        verify(tmp_path)
    assert caught.value.round == 6


def test_totals_that_do_not_add_up_are_named(tmp_path: Path) -> None:
    store(tmp_path, 5)
    whole = replacement("explorer-1", 1)

    class Boasting(Replacement):
        @property
        def experiences(self) -> int:
            return 7

    database = Database(tmp_path)
    database.commit([Batch(5, replacements=[Boasting(*whole)])])
    database.close()
    with pytest.raises(StoreCorruptError, match="does not add up"):
        verify(tmp_path)


def test_a_row_larger_than_any_of_ours_is_refused_unread(tmp_path: Path) -> None:
    store(tmp_path, 3)
    connection = sqlite3.connect(tmp_path / DATABASE)
    with connection:
        connection.execute("UPDATE row SET body = zeroblob(40000000) WHERE kind = 'experiences'")
    connection.close()
    with Reader(tmp_path) as reader, pytest.raises(StoreCorruptError, match="too big"):
        list(reader.experiences())


def test_a_second_set_of_rows_of_one_round_is_refused_by_the_database(tmp_path: Path) -> None:
    store(tmp_path, 3)
    connection = sqlite3.connect(tmp_path / DATABASE)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        connection.execute("INSERT INTO row VALUES (999, 2, 'round', 0, 2, x'', x'')")
    connection.close()


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6)), max_size=30))
def test_spans_take_in_each_number_once(ranges: list[tuple[int, int]]) -> None:
    spans, numbers = Spans(), set[int]()
    for first, more in ranges:
        new = set(range(first, first + more + 1))
        assert spans.add(first, first + more) == numbers.isdisjoint(new)
        if numbers.isdisjoint(new):
            numbers |= new
        assert spans.count == len(numbers)
        assert len(spans) == sum(n - 1 not in numbers for n in numbers)


def test_spans_refuse_what_runs_backwards() -> None:
    assert not Spans().add(2, 1)


def test_whoever_lets_go_in_order_is_followed_in_one_span() -> None:
    spans = Spans()
    assert all(spans.add(n, n) for n in range(1, 1000))
    assert (len(spans), spans.count) == (1, 999)
