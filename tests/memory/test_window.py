"""A window as a strategy sees it: the same one by one, as columns, from bytes and from objects."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from antiphon.memory.compact import columns_of, pack, unpack
from antiphon.memory.packing import pack_value
from antiphon.memory.remembered import Remembered
from antiphon.memory.window import Window
from antiphon.models.experience import Experience
from antiphon.tests.memory.consolidating import LIVES, lived, packed, remembered
from hypothesis import given
from hypothesis import strategies as st

kinds = st.sampled_from([
    st.none(), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.floats(),
])  # fmt: skip
rows = st.tuples(
    st.sampled_from(["acted", "timed_out", "", "é"]), st.booleans(), st.booleans(),
    st.floats(0, 9), st.none() | st.floats(-5, 5),
)  # fmt: skip


def same(one: Any, other: Any) -> bool:
    """Compare bit for bit, also where a number is none, and with the type of each."""
    return pack_value(one) == pack_value(other)


@given(st.tuples(kinds, kinds, kinds, kinds), st.lists(rows, min_size=1, max_size=9), st.data())
def test_columns_read_from_bytes_are_those_of_the_experiences(
    values: tuple[st.SearchStrategy[Any], ...], rows: list[Any], data: st.DataObject
) -> None:
    seen, meant, did, paid = ([data.draw(value) for _ in rows] for value in values)
    entries = [
        pack(
            7 + 2 * n,
            Experience(n, seen[n], meant[n], did[n], status, paid[n], a, b),
            importance,
            surprise,
        )
        for n, (status, a, b, importance, surprise) in enumerate(rows)
    ]
    columns = columns_of(entries)
    assert columns is not None
    whole = [unpack(one) for one in entries]
    assert same([list(column) for column in columns], [list(c) for c in Window.of(whole).columns])
    assert same([tuple(one) for one in Window(columns)], [tuple(one) for one in whole])


@pytest.mark.parametrize(
    "others",
    [
        [lived(1, 0), lived(2, 0.5)],
        [lived(1, 0), lived(2, reward=None)],
        [lived(1, "text")],
        [lived(1, np.zeros(2))],
        [lived(1, 1 << 70)],
        [],
    ],
    ids=str,
)
def test_of_other_values_there_are_no_columns_in_the_bytes(others: list[Experience]) -> None:
    assert columns_of([pack(n, one) for n, one in enumerate(others, 1)]) is None


@pytest.mark.parametrize("life", LIVES)
def test_it_is_read_like_a_tuple_and_as_often_as_one_likes(life: str) -> None:
    whole = remembered(*LIVES[life](20), first=5)
    window = Window.of(whole)
    assert len(window) == 20
    for _ in range(2):
        assert [one.sequence for one in window] == list(range(5, 25))
    assert window[-1].sequence == 24
    assert isinstance(window[3], Remembered)
    assert isinstance(window[3].experience, Experience)
    assert same([tuple(one) for one in window[2::7]], [tuple(one) for one in whole[2::7]])
    with pytest.raises(IndexError):
        window[20]
    assert Window.of(window) is window


def test_an_empty_one_is_one() -> None:
    assert list(Window.of([])) == []


def test_it_knows_where_each_experience_is() -> None:
    window = Window.of(remembered(lived(), lived(), lived(), first=5))
    assert window.places((7, 5)) == [2, 0]
    with pytest.raises(KeyError):
        window.places([8])


def test_nobody_can_change_what_is_in_it() -> None:
    entries = packed(lived(1, math.pi), lived(2, 1.0))
    columns = columns_of(entries)
    assert columns is not None
    for window in (Window(columns), Window.of([unpack(one) for one in entries])):
        assert all(type(column) is tuple for column in window.columns)
        assert all(type(column) is tuple for column in window[:1].columns)
