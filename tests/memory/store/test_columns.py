"""Columns give back what was put into them, each value as it was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from antiphon.memory.store.columns import cell, column
from antiphon.memory.store.revival import MalformedError, decode
from antiphon.memory.store.values import encode
from antiphon.tests.memory.store.rounds import same
from hypothesis import given
from hypothesis import strategies as st

CASES: dict[str, list[Any]] = {
    "same": ["acted"] * 5,
    "ints": [1, 2, 3],
    "list": [1, 2**70],
    "texts": ["a", "b", "a"],
    "bools": [True, False],
    "floats": [0.0, -0.0, math.nan, 1.5],
    "scalars": [np.float32(1), np.float32(2)],
    "stack": [np.array([1.0, math.nan]), np.array([2.0, 3.0])],
    "fields": [{"a": 1, "b": np.ones(2)}, {"a": 2, "b": np.zeros(2)}],
    "places": [(1, "x"), (2, "y")],
    "lists": [[1, None], [2, None]],
}
MIXED: list[list[Any]] = [
    [1, True], [1, 1.0],
    [None, 2.5], ["x"], [{"a": 1}, {"b": 1}], [(1,), (1, 2)], [{}, {}], [(), ()],
    [np.ones(2), np.ones(3)], [np.ones(2), np.ones(2, np.float32)], [{1: 2}, {1: 3}],
    [np.str_("a"), np.str_("bcd")], [[[[[[1]]]]], [[[[[2]]]]]], list(map(str, range(300))),
    [np.array(1), np.array(2)], [np.zeros((0, 2))] * 2, [b"a", b"b"], [{"$x": 1}, {"$x": 2}],
    [np.asfortranarray(np.arange(6).reshape(2, 3))] * 2,
    [np.arange(12).reshape(3, 4)[:, ::2]] * 2,
    [1, 1 << 63], [-(1 << 63), (1 << 63) - 1],
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), CASES.items())
def test_values_of_one_kind_lie_in_their_form(kind: str, values: list[Any]) -> None:
    assert list(column(values)) == [kind]
    check(values)


@pytest.mark.parametrize("values", MIXED, ids=lambda values: repr(values)[:40])
def test_values_of_any_kinds_come_back(values: list[Any]) -> None:
    check(values)


@given(
    st.lists(
        st.none() | st.booleans() | st.integers() | st.floats()
        | st.text(st.characters(exclude_categories=["Cs"])) | st.tuples(st.integers(), st.floats())
        | st.fixed_dictionaries({"a": st.integers(), "b": st.floats() | st.none()}),
        min_size=1,
    )
)  # fmt: skip
def test_any_column_comes_back(values: list[Any]) -> None:
    check(values)


def check(values: list[Any]) -> None:
    back = decode(encode(column(values)))
    assert same([cell(back, place) for place in range(len(values))], values)


def test_an_array_out_of_a_column_keeps_nothing_else_alive_and_is_sealed() -> None:
    back = decode(encode(column([np.zeros(3), np.ones(3)])))
    one = cell(back, 1)
    assert one.base == np.ones(3).tobytes()
    with pytest.raises(ValueError, match="WRITEABLE"):
        one.flags.writeable = True


@pytest.mark.parametrize(
    "broken",
    [None, [], {}, {"same": 1, "list": []}, {"eval": "1"}, {"list": []}, {"texts": [b"\5", ["a"]]}],
)
def test_what_is_no_column_is_named(broken: Any) -> None:
    with pytest.raises(MalformedError, match="column"):
        cell(broken, 0)
