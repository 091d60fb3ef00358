"""What is packed comes back equal, read-only, and is refused before it can do harm."""

from __future__ import annotations

import tracemalloc
from collections import OrderedDict, namedtuple
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
import pytest
from antiphon.errors import TooLargeError
from antiphon.memory.packing import (
    MAX_DEPTH,
    MAX_ITEMS,
    pack_value,
    unpack_value,
)
from antiphon.memory.unpacking import Foreign
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

Pair = namedtuple("Pair", "x y")  # noqa: PYI024  the plainest there is


class Colour(IntEnum):
    RED = 1


class Word(StrEnum):
    HI = "hi"


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)
any_array = arrays.arrays(
    dtype=arrays.scalar_dtypes() | arrays.unicode_string_dtypes(),
    shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


def there_and_back(value: Any) -> Any:
    return unpack_value(pack_value(value))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and repr(a) == repr(b)


@given(values)
def test_plain_values_come_back_equal_and_of_their_types(value: Any) -> None:
    assert same(value, there_and_back(value))


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "é😀", ""])
def test_every_text_can_be_kept(text: str) -> None:
    assert there_and_back({text: [text]}) == {text: [text]}


@given(any_array)
def test_arrays_come_back_bit_for_bit(array: np.ndarray[Any, Any]) -> None:
    back = there_and_back(array)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [">f4", "<i2", "?", "c16", "M8[ns]", "U3"])
def test_order_and_byte_order_of_an_array_do_not_matter(dtype: str, order: Any) -> None:
    array = np.array([[1, 0, 1], [0, 1, 1]], order=order).astype(dtype, order=order)
    back = there_and_back({"a": [array[:, ::-1]]})["a"][0]
    assert back.dtype == array.dtype
    assert np.array_equal(back, array[:, ::-1])
    assert back.flags.aligned


def test_arrays_come_back_so_that_nobody_can_write_to_them() -> None:
    back = there_and_back(np.arange(3))
    with pytest.raises(ValueError, match="read-only"):
        back[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        back.flags.writeable = True


def test_what_was_packed_does_not_change_with_the_value() -> None:
    array, listed = np.zeros(2), [1]
    packed = pack_value([array, listed])
    array[0], listed[0] = 9, 9
    assert unpack_value(packed)[0].tolist() == [0, 0]
    assert unpack_value(packed)[1] == [1]


@pytest.mark.parametrize("scalar", [np.int64(3), np.float32(0.1), np.bool_(True), np.str_("é")])
def test_scalars_of_numpy_keep_their_type(scalar: Any) -> None:
    back = there_and_back(scalar)
    assert back == scalar
    assert type(back) is type(scalar)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Pair(1, [2]), (1, [2])),
        (Colour.RED, 1),
        (Word.HI, "hi"),
        (OrderedDict(a=1), {"a": 1}),
    ],
)
def test_what_is_derived_comes_back_as_what_it_is_derived_from(value: Any, plain: Any) -> None:
    assert same(there_and_back(value), plain)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1},
        lambda: 0,
        np.array([object()]),
        np.zeros(2, dtype=[("a", int)]),
        np.ma.masked_array([1, 2], [True, False]),
        np.zeros(1, dtype=[("a", int)])[0],
    ],
)
def test_of_foreign_values_the_name_of_the_type_is_kept(value: Any) -> None:
    back = there_and_back([1, value])
    assert back == [1, Foreign(type(value).__qualname__)]
    assert there_and_back(back) == back


def test_a_value_that_holds_itself_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(TooLargeError):
        pack_value(ring)


def test_a_small_value_that_is_endless_when_written_out_is_refused() -> None:
    bomb: list[Any] = []
    for _ in range(MAX_DEPTH - 1):
        bomb = [bomb, bomb]
    with pytest.raises(TooLargeError):
        pack_value(bomb)


def test_depth_and_count_are_borne_up_to_their_limits() -> None:
    deep: list[Any] = []
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert there_and_back(deep) == deep
    with pytest.raises(TooLargeError):
        pack_value([deep])
    wide = [None] * MAX_ITEMS
    assert there_and_back(wide) == wide
    with pytest.raises(TooLargeError):
        pack_value([*wide, None])


def test_siblings_do_not_add_up_to_depth() -> None:
    wide: Any = [[[]] for _ in range(3 * MAX_DEPTH)]
    assert there_and_back(wide) == wide


@pytest.mark.parametrize(
    "value",
    [
        np.broadcast_to(np.float64(0), (1 << 40,)),
        "x" * (1 << 24),
        b"x" * (1 << 24),
        1 << (1 << 27),
        [np.zeros(1 << 21)],
    ],
    ids=["broadcast", "text", "bytes", "int", "nested"],
)
def test_what_is_over_the_limit_is_refused_before_a_copy_is_made(value: Any) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            pack_value(value, limit=1 << 16)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(values)
def test_no_more_bytes_come_than_the_limit_says(value: Any) -> None:
    length = len(pack_value(value))
    assert len(pack_value(value, limit=length)) == length
    try:
        packed = pack_value(value, limit=length // 2)
    except TooLargeError:
        return
    assert len(packed) - 1 <= length // 2
