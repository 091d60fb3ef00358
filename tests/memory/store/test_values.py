"""Values survive the way to the disk and back; what could blow up on the way back is refused."""

from __future__ import annotations

import contextlib
import json
import math
import tracemalloc
from collections import OrderedDict
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import pytest
from antiphon.memory.store.revival import MalformedError, decode
from antiphon.memory.store.values import (
    BODY_LIMIT,
    LENGTH,
    Encoded,
    TooLargeError,
    UnstorableError,
    encode,
)
from antiphon.memory.unpacking import Foreign
from antiphon.tests.memory.store.rounds import same
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst


def repr_of(value: Any) -> str:
    return (
        f"{type(value).__name__} {str(value)[:24]} {len(str(value))}" if value is not None else "-"
    )


PLAIN = [
    None, True, False, 0, -1, 2**62, 2**63, -(2**63), 2**64 + 1, 10**400, 0.0, -0.0, 1e-310,
    math.nan, math.inf, -math.inf, "", "ä€𝄞", "\0", "$", "a" * 300, "ä" * 300,
    b"", b"\0\xff", [], (), {},
    [1, (2, [3.5, None])], ("x",), {"b": 1, "a": [2]}, {"$array": 1}, {"$": {}}, {1: 2, (3,): "4"},
    {"ä": 1}, {"k" * 100: 1}, {"a": math.nan}, Foreign("Widget"), "," * 500_000,
    "'; DROP TABLE row; --",
]  # fmt: skip
ARRAYS = [
    np.arange(6, dtype=">i4").reshape(2, 3), np.array([math.nan, math.inf]), np.zeros((0, 3)),
    np.array(3), np.array([True, False]), np.array([1 + 2j]), np.array(["ab", "ä"]),
    np.array([b"ab"]), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(9)[::2],
    np.float16([1.5]), np.float64(0.1), np.int8(3), np.bool_(1), np.uint64(2**64 - 1),
    np.str_("x"),
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=repr_of)
def test_a_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert same(decode(encode(value)), value)
    assert math.copysign(1, value) == math.copysign(1, decode(encode(value))) if value == 0.0 else 1


@pytest.mark.parametrize("value", ARRAYS, ids=lambda value: f"{value.dtype}{value.shape}")
def test_an_array_comes_back_bit_for_bit_and_read_only(value: Any) -> None:
    back = decode(encode({"in": [value]}))["in"][0]
    assert type(back) is type(value)
    little = value.astype(value.dtype.newbyteorder("<"))
    assert (back.dtype, back.shape) == (little.dtype, value.shape)
    assert back.tobytes() == little.tobytes()
    if isinstance(back, np.ndarray):
        assert not back.flags.writeable
        with pytest.raises(ValueError, match="WRITEABLE"):
            back.flags.writeable = True


class Pair(NamedTuple):
    left: int
    right: int


class Direction(IntEnum):
    NORTH = 3


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Pair(1, 2), (1, 2)), (Direction.NORTH, 3), (OrderedDict(b=1), {"b": 1})],
)
def test_what_is_derived_from_a_plain_type_comes_back_as_that(value: Any, plain: Any) -> None:
    assert same(decode(encode(value)), plain)


@pytest.mark.parametrize("value", [object(), {1}, np.datetime64("2020"), 1j, range(3)])
def test_of_a_type_that_no_memory_keeps_the_name_is_kept(value: Any) -> None:
    assert decode(encode([value])) == [Foreign(type(value).__name__)]


def endless() -> list[Any]:
    whole: list[Any] = []
    whole.append(whole)
    return whole


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def test_the_text_is_canonical_json() -> None:
    value = {
        'say "b"\\': ["é\n\x7f\u2028", True, None, -(1 << 70), 1e-7, 0.1, -0.0, math.inf],
        "A": {1: (2, "x" * 300), "$": b"ab"},
        "a": {"scalar": np.float32(1), "array": np.zeros((2, 3), ">i2"), "other": object()},
        "": {},
    }
    octets = encode(value)
    (length,) = LENGTH.unpack_from(octets)
    text = octets[LENGTH.size : LENGTH.size + length].decode()
    plain = json.loads(text)
    assert text == json.dumps(
        plain, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def test_what_is_encoded_is_given_back_as_it_is() -> None:
    octets = Encoded(encode([1, 2]))
    assert encode(octets) == octets
    assert decode(encode(octets)) == [1, 2]


def test_a_hundred_thousand_ids_go_into_one_row() -> None:
    ids = [f"explorer-{number}" for number in range(1, 100_001)]
    assert decode(encode(ids)) == ids


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("\ud800", "surrogate"),
        ({"\udfff": 1}, "surrogate"),
        (np.array([object()]), "dtype object"),
        (np.zeros(2, np.longdouble), "dtype"),
        (np.zeros(2, "i4,f8"), "dtype"),
        (np.ndarray(2, "S0"), "dtype"),
        (1 << 5000, "4,096 bits"),
        (endless(), "32 deep"),
        (deep(40), "32 deep"),
        (np.broadcast_to(np.zeros(1), (10**9,)), "bytes"),
        (bytes(BODY_LIMIT), "bytes"),
        ([0] * 200_000, "values"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isascii() else None,
)
def test_what_cannot_be_stored_is_refused_by_name(value: Any, word: str) -> None:
    with pytest.raises(UnstorableError, match=word):
        encode(value)


def test_equal_values_have_equal_bytes_whatever_the_order_of_keys() -> None:
    assert encode({"a": 1, "b": np.ones(2)}) == encode({"b": np.ones(2), "a": 1})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary()
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)  # fmt: skip
ANY_ARRAY = npst.arrays(
    st.one_of(
        npst.integer_dtypes(), npst.floating_dtypes(sizes=(16, 32, 64)), npst.boolean_dtypes()
    ),
    npst.array_shapes(min_dims=0, max_side=4, min_side=0),
)


@given(st.lists(JSON | ANY_ARRAY, max_size=4))
def test_any_value_comes_back(value: Any) -> None:
    back = decode(encode(value))
    little = [
        v.astype(v.dtype.newbyteorder("<")) if isinstance(v, np.ndarray) else v for v in value
    ]
    assert same(back, little)
    assert encode(back) == encode(value)


@given(st.binary(max_size=200), st.integers(0, 3))
def test_any_bytes_are_a_value_or_malformed(octets: bytes, start: int) -> None:
    whole = bytearray(encode({"a": [np.arange(3), math.nan, (1, "x" * 300)]}))
    for bodies in (octets, bytes(whole[: len(octets)]), LENGTH.pack(len(octets)) + octets):
        with contextlib.suppress(MalformedError):
            decode(bodies)
    for at in range(start, len(whole), 4):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << (at % 8)
        with contextlib.suppress(MalformedError):
            decode(bytes(flipped))


def body(plain: Any, rest: bytes = b"") -> bytes:
    text = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    return LENGTH.pack(len(text)) + text + rest


@pytest.mark.parametrize(
    "bomb",
    [
        body({"$array": ["<f8", [1 << 40]]}),
        body({"$array": ["<f8", [1 << 62, 1 << 62]]}),
        body({"$array": ["<f8", [-1, -8]]}),
        body({"$array": ["<f8", [True]]}),
        body({"$array": ["<U999999999", [1]]}),
        body({"$array": ["<U99999999999999999999", [1]]}),
        body({"$array": ["<U0", [1 << 40]]}),
        body({"$array": ["|S0", [1 << 40]]}),
        body({"$array": ["|O", [1]]}, bytes(8)),
        body({"$array": ["<f8,<f8", [1]]}, bytes(16)),
        body({"$array": ["<f8", [1] * 100]}, bytes(8)),
        body({"$array": ["<f9", [1]]}, bytes(9)),
        body({"$array": ["<f8", "11"]}, bytes(8)),
        body({"$array": []}),
        body({"$scalar": "<f8"}),
        body({"$scalar": []}),
        body({"$bytes": 1 << 40}),
        body({"$bytes": -5}, b"hello"),
        body({"$text": 2}, b"\xff\xff"),
        body({"$text": "2"}, b"ab"),
        body({"$float": "1e5"}),
        body({"$dict": [[[], 1]]}),
        body({"$dict": [1]}),
        body({"$tuple": 3}),
        body({"$what": 3}),
        body({"a": 1}, b"more"),
        body(b"[" * 100_000),
        body(b"[" * 500 + b"]" * 500),
        body(b"[" + b"[]," * 1_000_000 + b"[]]"),
        body(b"[" + b"{}," * 1_000_000 + b"{}]"),
        body(b"1" * 100_000),
        body(b"NaN,"),
        body(b"\xff"),
        b"",
        b"\xff\xff\xff\xff",
        LENGTH.pack(1 << 31) + b"{}",
    ],
    ids=lambda bomb: f"{len(bomb)} {bomb[4:40]!r}",
)
def test_a_bomb_is_refused_before_it_takes_memory(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError):
            decode(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 << 20


def test_the_largest_number_of_values_takes_little_memory() -> None:
    # As many of the costliest as the bound on values lets through.
    largest = body(b"[" + b"{}," * 65_000 + b"{}]")
    tracemalloc.start()
    try:
        decode(largest)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 << 20


def test_a_value_that_is_too_large_for_a_row_says_so() -> None:
    with pytest.raises(TooLargeError):
        encode(["," * 200] * 5000)
