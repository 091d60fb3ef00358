"""What is said is sealed: nobody changes it for another, and what cannot be said is named."""

from __future__ import annotations

import copy
import json
import tracemalloc
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from antiphon.coordination.records.trace import encode
from antiphon.errors import PayloadError
from antiphon.models.frozen_dict import FrozenDict
from antiphon.models.payload import MAX_DEPTH, MAX_INT_BITS, MAX_SIZE, seal
from hypothesis import given
from hypothesis import strategies as st

Pair = namedtuple("Pair", "x y")  # noqa: PYI024  the plainest there is

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


def as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def refused(payload: Any) -> PayloadError:
    with pytest.raises(PayloadError) as caught:
        seal(payload)
    return caught.value


@given(json_values)
def test_a_sealed_value_is_the_same_json(value: Any) -> None:
    assert as_json(seal(value)) == as_json(value)
    assert encode(seal(value)) == encode(value)


@given(json_values)
def test_what_was_sealed_or_read_back_seals_to_the_same(value: Any) -> None:
    sealed = seal(value)
    assert seal(sealed) == sealed == seal(json.loads(as_json(value)))


@pytest.mark.parametrize("value", [None, True, 3, -(2**70), 1.5, -0.0, "offer", "\ud800", ""])
def test_scalars_stay_as_they_are(value: Any) -> None:
    assert seal(value) is value


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (np.int8(3), 3),
        (np.uint64(2**63), 2**63),
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
    ],
)
def test_scalars_of_numpy_become_plain_ones(given: Any, plain: Any) -> None:
    (sealed,) = seal([given])
    assert sealed == plain
    assert type(sealed) is type(plain)


def test_the_sender_may_go_on_changing_what_it_sent() -> None:
    bids, belief = [1, 2], np.array([0.5, 0.5])
    view = belief[:]
    belief.flags.writeable = False
    offer = {"bids": bids, "by": {"name": "a"}, "belief": belief}
    sealed = seal(offer)
    bids.append(3)
    offer["by"]["name"] = "b"
    offer["more"] = 1
    view[0] = 9
    assert sealed["bids"] == (1, 2)
    assert sealed["by"] == {"name": "a"}
    assert sealed["belief"].tolist() == [0.5, 0.5]
    assert len(sealed) == 3


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("__setitem__", ("a", 2)),
        ("__delitem__", ("a",)),
        ("__setattr__", ("note", 2)),
        ("__ior__", ({"b": 2},)),
        ("update", ({"b": 2},)),
        ("setdefault", ("b", 2)),
        ("pop", ("a",)),
        ("popitem", ()),
        ("clear", ()),
    ],
)
def test_a_receiver_cannot_change_a_sealed_dict(method: str, arguments: tuple[Any, ...]) -> None:
    sealed = seal({"a": 1})
    with pytest.raises((TypeError, AttributeError)):
        getattr(sealed, method)(*arguments)
    assert sealed == {"a": 1}


def test_a_copy_of_a_sealed_dict_is_a_plain_one() -> None:
    sealed = seal({"a": {"b": np.zeros(2)}})
    for mine in (dict(sealed), sealed.copy(), copy.copy(sealed), copy.deepcopy(sealed)):
        assert type(mine) is dict
        mine["c"] = 1
    mine = copy.deepcopy(sealed)
    mine["a"]["b"][0] = 7
    assert sealed["a"]["b"][0] == 0


@pytest.mark.parametrize(
    "given",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(6)[::2],
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array(3),
        np.zeros((0, 3), bool),
        np.array(["a", "bcd"]),
        np.arange(3, dtype=">i4"),
        np.array([1j, np.nan]),
        np.broadcast_to(np.array(7), (2, 2)),
    ],
)
def test_a_sealed_array_is_equal_and_nobody_can_make_it_writeable(given: Any) -> None:
    sealed = seal(given)
    assert sealed.dtype == given.dtype
    np.testing.assert_array_equal(sealed, given)
    for array in (sealed, sealed[...], sealed.view()):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    assert encode(sealed) == encode(given)


def test_an_array_is_sent_on_without_another_copy() -> None:
    sealed = seal(np.arange(6))
    assert seal(sealed) is sealed
    assert seal({"a": [sealed]})["a"][0] is sealed
    part = seal(sealed[::2])
    assert part.tolist() == [0, 2, 4]
    assert not part.flags.writeable


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.float32("nan")])
def test_a_number_that_is_none_is_refused(value: float) -> None:
    assert str(refused([0.0, value])).startswith("payload[1] must be finite, got ")


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"offer": [1, 2, {3}]}, 'payload["offer"][2] must be None, a bool, int, '),
        (object(), "payload must be None, a bool, int, "),
        (b"bytes", "got type bytes"),
        (1j, "got type complex"),
        ([np.complex64(1)], "payload[0] must be None"),
        (np.datetime64("2020"), "got type datetime64"),
        (np.longdouble(1), "got type longdouble"),
        (Pair(1, 2), "got type Pair"),
        (range(3), "got type range"),
        (np.ma.masked_array([1], [True]), "got type MaskedArray"),
        ({"a": {1: 2}}, 'payload["a"] must have strings as keys, got type int'),
        ({"a": {"b": 1, None: 2}}, 'payload["a"] must have strings as keys, got type NoneType'),
        ({"a\n": object}, 'payload["a\\n"] must be None'),
        ({"k" * 99: object}, f'payload["{"k" * 37}..."] must be None'),
        ({"a": np.array([None])}, 'payload["a"] must be of bools, numbers or text'),
        (np.zeros(1, [("x", int)]), "of a fixed size, got dtype [('x', '<i8')]"),
        (np.zeros(1, "g"), "of a fixed size, got dtype "),
        ([1 << MAX_INT_BITS], "payload[0] must have at most 4,096 bits, got 4,097"),
        ([-(1 << 100_000)], "must have at most 4,096 bits"),
    ],
)
def test_what_cannot_be_said_is_named_with_its_place(payload: Any, said: str) -> None:
    assert said in str(refused(payload))


def test_the_error_keeps_place_and_rule_apart() -> None:
    error = refused({"offer": [1, 2, ()], "other": {"x": [None, b""]}})
    assert error.field == 'payload["other"]["x"][1]'
    assert error.rule.startswith("must be None")


def test_the_largest_int_has_room_in_a_digest() -> None:
    largest = (1 << MAX_INT_BITS) - 1
    assert encode(seal(-largest)) == str(-largest).encode()


def test_what_holds_itself_is_refused_at_the_place_that_closes_the_ring() -> None:
    ring: list[Any] = [0]
    ring.append(ring)
    assert str(refused(ring)) == "payload[1] must not hold itself"
    far: dict[str, Any] = {"x": [{}]}
    far["x"][0]["y"] = far
    assert str(refused([1, [far]])) == 'payload[1][0]["x"][0]["y"] must not hold itself'


def test_depth_is_bounded() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert seal(deep)
    error = refused({"a": deep})
    assert error.rule == f"must nest at most {MAX_DEPTH} deep"
    assert error.field == 'payload["a"]' + "[0]" * (MAX_DEPTH - 1)


def test_the_same_part_in_two_places_is_no_ring() -> None:
    part = {"x": [1]}
    assert seal([part, part]) == ({"x": (1,)}, {"x": (1,)})


@pytest.mark.parametrize(
    "payload",
    [
        ["x" * (MAX_SIZE + 1)],
        {"a" * MAX_SIZE: 1},
        ["x" * (MAX_SIZE // 2)] * 3,
        [None] * (MAX_SIZE // 8 + 1),
        np.zeros(MAX_SIZE // 8 + 1),
        [np.zeros(MAX_SIZE // 16)] * 3,
        np.broadcast_to(np.float64(1), (1 << 20, 1 << 20)),
    ],
)
def test_size_is_bounded_before_anything_is_copied(payload: Any) -> None:
    tracemalloc.start()
    try:
        error = refused(payload)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.rule == "goes beyond the 1,048,576 bytes that are allowed in all"
    assert peak < 2 * MAX_SIZE


def test_the_largest_payload_is_taken() -> None:
    assert len(seal("x" * MAX_SIZE)) == MAX_SIZE
    assert seal(np.zeros(MAX_SIZE // 8)).nbytes == MAX_SIZE


def test_a_small_payload_that_unfolds_without_end_is_refused() -> None:
    unfolds: Any = ["ha"]
    for _ in range(MAX_DEPTH - 1):
        unfolds = [unfolds, unfolds]
    assert "goes beyond" in str(refused(unfolds))


def test_a_frozen_dict_is_a_dict_to_everybody_else() -> None:
    sealed = seal({"b": 1, "a": {"c": [True]}})
    assert isinstance(sealed["a"], FrozenDict)
    match sealed:
        case {"a": {"c": [flag]}}:
            assert flag is True
        case _:
            pytest.fail("it does not match as a mapping")
    assert json.dumps(sealed) == '{"b": 1, "a": {"c": [true]}}'
    assert type(sealed | {"x": 1}) is dict
