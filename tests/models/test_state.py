"""A copied state is whole, is nobody else's, and is JSON values and arrays or an error."""

from __future__ import annotations

import copy
import json
from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from antiphon.errors import FieldError, StateError
from antiphon.models.frozen import frozen
from antiphon.models.state import DEEPEST, copied_state
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst


class Colour(IntEnum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int


def arrays() -> st.SearchStrategy[Any]:
    kinds = st.sampled_from(["<f8", ">i4", "?", "<c16"])
    return npst.arrays(kinds, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))


def states() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | arrays()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )


def same(one: Any, other: Any) -> bool:
    """Whether two states are alike to the last bit, types included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        facts = [(array.dtype, array.shape, array.tobytes()) for array in (one, other)]
        return facts[0] == facts[1]
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)  # NaN is a value like any other


def spoil(state: Any) -> None:
    """Change everything in a state that can be changed, innermost first."""
    if isinstance(state, np.ndarray):
        # Not by a value, which might be there already: a turned bit is another one for sure.
        state.reshape(-1).view(np.uint8)[...] ^= 1
    elif isinstance(state, dict):
        for item in state.values():
            spoil(item)
        state["spoilt"] = True
    elif isinstance(state, list):
        for item in state:
            spoil(item)
        state.append("spoilt")


def stands_apart(copied: Callable[[Any], Any]) -> Callable[[], None]:
    """Make the check: what its owner does to a state, the copy does not notice."""

    @given(states())
    def check(state: Any) -> None:
        kept = copy.deepcopy(state)
        taken = copied(state)
        assert same(taken, kept)
        spoil(state)
        assert same(taken, kept)

    return check


def test_a_copy_equals_the_state_and_shares_nothing_with_it() -> None:
    stands_apart(copied_state)()


@pytest.mark.parametrize(
    "mutant",
    [
        lambda state: state,
        copy.copy,
        frozen,
        lambda state: (
            {k: copy.copy(v) for k, v in state.items()}
            if isinstance(state, dict)
            else copied_state(state)
        ),
        lambda state: (
            [copy.copy(v) for v in state] if isinstance(state, list) else copied_state(state)
        ),
    ],
    ids=["the state itself", "shallow", "frozen", "one level of dicts", "one level of lists"],
)
def test_a_copy_that_shares_something_is_caught(mutant: Callable[[Any], Any]) -> None:
    quick = settings(
        max_examples=1000,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        quick(stands_apart(mutant))()


def test_a_copy_can_be_written_to_though_the_original_cannot() -> None:
    counts = np.ones(3)
    counts.flags.writeable = False
    taken = copied_state({"counts": counts})["counts"]
    taken += 1
    assert counts.tolist() == [1, 1, 1]


def test_a_view_is_copied_without_what_it_looks_at() -> None:
    base = np.arange(1000)
    taken = copied_state(base[::100])
    assert taken.base is None
    assert taken.tolist() == list(range(0, 1000, 100))


def test_it_comes_out_as_from_the_other_end_of_a_wire() -> None:
    state = {"at": Point(1, 2), "seen": (3, (4,)), "map": OrderedDict(b=1, a=2)}
    taken = copied_state(state)
    assert same(taken, {"at": [1, 2], "seen": [3, [4]], "map": {"b": 1, "a": 2}})
    assert same(taken, json.loads(json.dumps(state)))


def test_any_mapping_comes_out_as_a_dict() -> None:
    assert same(copied_state([MappingProxyType({"a": (1,)})]), [{"a": [1]}])


def test_numbers_and_texts_of_their_own_types_pass() -> None:
    assert copied_state([np.float64(0.5), Colour.RED, np.str_("x")]) == [0.5, 1, "x"]


@pytest.mark.parametrize(
    ("state", "place", "rule"),
    [
        (object(), "state", "got object"),
        ({"a": {1, 2}}, "state['a']", "got set"),
        ({"a": [1, b"x"]}, "state['a'][1]", "got bytes"),
        ({"a": ({"b": np.int64(3)},)}, "state['a'][0]['b']", "got int64"),
        ([1j], "state[0]", "got complex"),
        ({"a": {3: 4}}, "state['a']", "must have texts for keys, got 3"),
        ([np.array([None])], "state[0]", "array of objects"),
        ([np.zeros(1, [("a", object)])], "state[0]", "array of objects"),
        ([np.ma.masked_array([1], [True])], "state[0]", "a plain array, got MaskedArray"),
    ],
)
def test_what_is_no_state_is_an_error_that_names_the_place(
    state: Any, place: str, rule: str
) -> None:
    with pytest.raises(StateError) as caught:
        copied_state(state, agent_id="a-1")
    error = caught.value
    assert (error.field, error.agent_id) == (place, "a-1")
    assert rule in error.rule
    assert isinstance(error, FieldError)
    assert str(error).startswith(f"agent 'a-1': {place} must ")


def test_a_state_that_holds_itself_is_an_error() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(StateError, match=f"nested deeper than {DEEPEST}") as caught:
        copied_state(ring)
    assert len(str(caught.value)) < 120


def nested(levels: int) -> Any:
    state: Any = []
    for _ in range(levels - 1):
        state = [state]
    return state


def test_the_depth_that_is_allowed_is_exact() -> None:
    assert copied_state(nested(DEEPEST)) == nested(DEEPEST)
    with pytest.raises(StateError, match="nested deeper"):
        copied_state(nested(DEEPEST + 1))
