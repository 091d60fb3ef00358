"""A value as the bytes of one row: canonical JSON, and behind it the raw bytes of its arrays.

Four bytes say how long the JSON is. Arrays stand in it as dtype and shape, their bytes follow in
the order in which they are met, little-endian and in C order; so NaN, infinities and every bit
come back. What JSON has no word for is an object with one key that begins with ``$``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

from ..unpacking import Foreign

BODY_LIMIT = 16 << 20
"""Bytes of one row."""
TEXT_LIMIT = 4 << 20
"""Bytes of its JSON."""
ITEMS_LIMIT = 1 << 17
"""How many values its JSON may hold: so many small objects take some 16 MiB of memory."""
DEPTH_LIMIT = 64
"""How deep they may nest."""
INT_BITS_LIMIT = 4096
"""Python refuses to read ints of more than about 14,000 bits."""

LENGTH = Struct("<I")
_KINDS = frozenset("biufcSU")
# Their bytes hold padding, which says whatever was in memory before.
_PADDED = frozenset("gG")
_LONG = 256
_KEY = re.compile(r"(?!\$)[ -~]{0,64}")
_SMALL = 1 << 62


class UnstorableError(Exception):
    """A value is of no kind that a store keeps; its reason says where in it."""


class TooLargeError(UnstorableError):
    """A value takes more than one row bears."""


def encode(value: Any) -> bytes:
    """Give the bytes that stand for a value.

    Tuples, bytes, NumPy's scalars, NaN, whole numbers of any size and dicts with any plain keys
    come back as they were; what is derived from a plain type comes back as that. Of a value of
    any other type its name is kept, as ``Foreign``.

    Raises:
        UnstorableError: a text cannot be written as UTF-8, an array holds objects, or there is
            more of it than a row bears.
    """
    writer = _Writer()
    text = _canonical(writer.plain(value, 0)).encode()
    if len(text) > TEXT_LIMIT or items_in(text) > ITEMS_LIMIT:
        raise TooLargeError(
            f"takes more than {TEXT_LIMIT:,} bytes as JSON, or {ITEMS_LIMIT:,} values"
        )
    return b"".join([LENGTH.pack(len(text)), text, *writer.parts])


def items_in(text: bytes) -> int:
    """Give how many values there are at most; commas inside texts count too."""
    return sum(map(text.count, (b",", b"[", b"{")))


class _Writer:
    """One way through a value: what JSON can say, and the bytes for behind it."""

    __slots__ = ("_items", "_size", "parts")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0
        self._items = 0

    def plain(self, value: Any, depth: int) -> Any:
        way = _WAYS.get(type(value)) or _way(value)
        return way(self, value, depth)

    def same(self, value: Any, _: int) -> Any:
        return value

    def truth(self, value: bool, _: int) -> Any:  # noqa: FBT001  it is the value
        return bool(value)

    def text(self, value: str, _: int) -> Any:
        if value.isascii() and len(value) <= _LONG:
            return str(value)
        try:
            octets = value.encode()
        except UnicodeEncodeError:
            raise UnstorableError("holds a text that has no UTF-8: a lone surrogate") from None
        if len(octets) <= _LONG:
            return str(value)
        # Behind the JSON, where its commas do not count as values.
        self._attach(octets)
        return {"$text": len(octets)}

    def integer(self, value: int, _: int) -> int:
        if not -_SMALL < value < _SMALL and value.bit_length() > INT_BITS_LIMIT:
            raise UnstorableError(f"holds a whole number of more than {INT_BITS_LIMIT:,} bits")
        return int(value)

    def real(self, value: float, _: int) -> Any:
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}

    def octets(self, value: bytes, _: int) -> Any:
        self._attach(value)
        return {"$bytes": len(value)}

    def sequence(self, value: list[Any], depth: int) -> Any:
        self._enter(len(value), depth)
        return [self.plain(item, depth + 1) for item in value]

    def fixed(self, value: tuple[Any, ...], depth: int) -> Any:
        self._enter(len(value) + 1, depth)
        return {"$tuple": [self.plain(item, depth + 1) for item in value]}

    def mapping(self, value: dict[Any, Any], depth: int) -> Any:
        self._enter(2 * len(value) + 1, depth)
        if all(map(_is_plain, value)):
            items = sorted(value.items())
            return {key: self.plain(item, depth + 1) for key, item in items}
        pairs = value.items()
        return {"$dict": [[self.plain(part, depth + 1) for part in pair] for pair in pairs]}

    def array(self, value: npt.NDArray[Any], _: int) -> Any:
        return {"$array": self._raw(value)}

    def scalar(self, value: np.generic, _: int) -> Any:
        return {"$scalar": self._raw(np.asarray(value))[0]}

    def foreign(self, value: Foreign, depth: int) -> Any:
        return {"$foreign": self.plain(value.type_name[:_LONG], depth)}

    def stranger(self, value: Any, depth: int) -> Any:
        return {"$foreign": self.plain(type(value).__name__[:_LONG], depth)}

    def _raw(self, value: npt.NDArray[Any]) -> list[Any]:
        dtype = value.dtype
        if dtype.kind not in _KINDS or dtype.char in _PADDED or not dtype.itemsize:
            raise UnstorableError(
                f"holds an array of dtype {dtype}, not of bools, numbers or text of a fixed size"
            )
        # Before it is copied: a broadcast view of one number can pretend to any size.
        self._count(value.nbytes)
        little = value.astype(dtype.newbyteorder("<"), copy=False)
        self.parts.append(little.tobytes())
        return [little.dtype.str, list(value.shape)]

    def _attach(self, part: bytes) -> None:
        self._count(len(part))
        self.parts.append(part)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > BODY_LIMIT - TEXT_LIMIT:
            raise TooLargeError(f"takes more than {BODY_LIMIT - TEXT_LIMIT:,} bytes")

    def _enter(self, items: int, depth: int) -> None:
        if depth >= DEPTH_LIMIT // 2:
            # In JSON what is tagged nests twice as deep.
            raise UnstorableError(f"nests more than {DEPTH_LIMIT // 2} deep")
        self._items += items + 1
        # Tags and the shapes of arrays are values in JSON too.
        if self._items > ITEMS_LIMIT // 8:
            raise TooLargeError(f"holds more than {ITEMS_LIMIT // 8:,} values")


# By type too: NumPy's texts equal Python's, and what is written must not depend on who was first.
@lru_cache(maxsize=1024, typed=True)
def _is_plain(key: Any) -> bool:
    """Whether a dict's key may stand in JSON as it is."""
    return type(key) is str and _KEY.fullmatch(key) is not None


_Way = Callable[[_Writer, Any, int], Any]
_WAYS: dict[type, _Way] = {
    type(None): _Writer.same,
    bool: _Writer.same,
    str: _Writer.text,
    int: _Writer.integer,
    float: _Writer.real,
    bytes: _Writer.octets,
    list: _Writer.sequence,
    tuple: _Writer.fixed,
    dict: _Writer.mapping,
    np.ndarray: _Writer.array,
    Foreign: _Writer.foreign,
}
# For what is derived from them. NumPy first: its float64 is a float as well.
_FAMILIES: tuple[tuple[type, _Way], ...] = (
    (np.generic, _Writer.scalar),
    (np.ndarray, _Writer.array),
    (str, _Writer.text),
    (int, _Writer.integer),
    (float, _Writer.real),
    (bytes, _Writer.octets),
    (list, _Writer.sequence),
    (tuple, _Writer.fixed),
    (dict, _Writer.mapping),
)


def _way(value: Any) -> _Way:
    if isinstance(value, np.generic) and value.dtype.kind not in _KINDS:
        return _Writer.stranger
    for family, way in _FAMILIES:
        if isinstance(value, family):
            return way
    return _Writer.stranger


_canonical = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode
