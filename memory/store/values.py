"""A value as the bytes of one row: canonical JSON, and behind it the raw bytes of its arrays.

Four bytes say how long the JSON is. Arrays stand in it as dtype and shape, their bytes follow in
the order in which they are met, little-endian and in C order; so NaN, infinities and every bit
come back. What JSON has no word for is an object with one key that begins with ``$``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
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


class Encoded(bytes):
    """Bytes that ``encode`` has made, or would have; it gives them back as they are."""

    __slots__ = ()


def encode(value: Any) -> bytes:
    """Give the bytes that stand for a value.

    Tuples, bytes, NumPy's scalars, NaN, whole numbers of any size and dicts with any plain keys
    come back as they were; what is derived from a plain type comes back as that. Of a value of
    any other type its name is kept, as ``Foreign``.

    Raises:
        UnstorableError: a text cannot be written as UTF-8, an array holds objects, or there is
            more of it than a row bears.
    """
    if type(value) is Encoded:
        return value
    writer = _Writer()
    text = writer.json(value, 0).encode()
    if len(text) > TEXT_LIMIT or items_in(text) > ITEMS_LIMIT:
        raise TooLargeError(
            f"takes more than {TEXT_LIMIT:,} bytes as JSON, or {ITEMS_LIMIT:,} values"
        )
    return b"".join([LENGTH.pack(len(text)), text, *writer.parts])


def items_in(text: bytes) -> int:
    """Give how many values there are at most; commas inside texts count too."""
    return sum(map(text.count, (b",", b"[", b"{")))


class _Writer:
    """One way through a value: its JSON as a text, and the bytes for behind it.

    The text is made on the way: a tree of what JSON can say, for an encoder to go through
    again, would take half as long again.
    """

    __slots__ = ("_items", "_size", "parts")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0
        self._items = 0

    def json(self, value: Any, depth: int) -> str:
        way = _WAYS.get(type(value)) or _way(value)
        return way(self, value, depth)

    def constant(self, value: bool | None, _: int) -> str:  # noqa: FBT001  it is the value
        return _CONSTANTS[value]

    def text(self, value: str, _: int) -> str:
        if value.isascii() and len(value) <= _LONG:
            return _quoted(str(value))
        try:
            octets = value.encode()
        except UnicodeEncodeError:
            raise UnstorableError("holds a text that has no UTF-8: a lone surrogate") from None
        if len(octets) <= _LONG:
            return _quoted(str(value))
        # Behind the JSON, where its commas do not count as values.
        self._attach(octets)
        return f'{{"$text":{len(octets)}}}'

    def integer(self, value: int, _: int) -> str:
        if not -_SMALL < value < _SMALL and value.bit_length() > INT_BITS_LIMIT:
            raise UnstorableError(f"holds a whole number of more than {INT_BITS_LIMIT:,} bits")
        return int.__repr__(value)

    def real(self, value: float, _: int) -> str:
        text = float.__repr__(value)
        return text if math.isfinite(value) else f'{{"$float":"{text}"}}'

    def octets(self, value: bytes, _: int) -> str:
        self._attach(value)
        return f'{{"$bytes":{len(value)}}}'

    def sequence(self, value: list[Any], depth: int) -> str:
        self._enter(len(value), depth)
        return f"[{self._in_turn(value, depth)}]"

    def fixed(self, value: tuple[Any, ...], depth: int) -> str:
        self._enter(len(value) + 1, depth)
        return f'{{"$tuple":[{self._in_turn(value, depth)}]}}'

    def _in_turn(self, values: Iterable[Any], depth: int) -> str:
        return ",".join([self.json(item, depth + 1) for item in values])

    def mapping(self, value: dict[Any, Any], depth: int) -> str:
        self._enter(2 * len(value) + 1, depth)
        if all(map(_key, value)):
            items = value.items() if len(value) == 1 else sorted(value.items())
            told = ",".join([_key(key) + self.json(item, depth + 1) for key, item in items])
            return f"{{{told}}}"
        told = ",".join([f"[{self._in_turn(pair, depth)}]" for pair in value.items()])
        return f'{{"$dict":[{told}]}}'

    def array(self, value: npt.NDArray[Any], _: int) -> str:
        little, name = _form(value.dtype)
        # Before it is copied: a broadcast view of one number can pretend to any size.
        self._count(value.nbytes)
        self.parts.append(value.astype(little, copy=False).tobytes())
        return f'{{"$array":["{name}",[{",".join(map(str, value.shape))}]]}}'

    def scalar(self, value: np.generic, _: int) -> str:
        little, name = _form(value.dtype)
        self._attach(np.asarray(value).astype(little, copy=False).tobytes())
        return f'{{"$scalar":"{name}"}}'

    def foreign(self, value: Foreign, depth: int) -> str:
        return f'{{"$foreign":{self.json(value.type_name[:_LONG], depth)}}}'

    def stranger(self, value: Any, depth: int) -> str:
        return f'{{"$foreign":{self.json(type(value).__name__[:_LONG], depth)}}}'

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
        # Here so that no more of it is gone through; tags and shapes are counted in the text.
        if self._items > ITEMS_LIMIT:
            raise TooLargeError(f"holds more than {ITEMS_LIMIT:,} values")


# By type too: NumPy's texts equal Python's, and what is written must not depend on who was first.
@lru_cache(maxsize=1024, typed=True)
def _key(key: Any) -> str:
    """Give a dict's key with its colon; empty if it may not stand in JSON as it is."""
    return f"{_quoted(key)}:" if type(key) is str and _KEY.fullmatch(key) else ""


@lru_cache(maxsize=64)
def _form(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], str]:
    """Give an array's dtype in little-endian, and its name.

    Raises:
        UnstorableError: its bytes say nothing to others.
    """
    if dtype.kind not in _KINDS or dtype.char in _PADDED or not dtype.itemsize:
        raise UnstorableError(
            f"holds an array of dtype {dtype}, not of bools, numbers or text of a fixed size"
        )
    little = dtype.newbyteorder("<")
    return little, little.str


_CONSTANTS = {None: "null", True: "true", False: "false"}

_Way = Callable[[_Writer, Any, int], str]
_WAYS: dict[type, _Way] = {
    type(None): _Writer.constant,
    bool: _Writer.constant,
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
