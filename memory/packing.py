"""Values as bytes: a fraction of their size, nothing for the collector, nobody can change them.

None, bools, ints, floats, texts, bytes, lists, tuples, dicts, NumPy's arrays and scalars come
back equal: arrays read-only and in C order, named tuples as tuples, what is derived from one of
these as that. Of anything else the name of its type is kept, as ``Foreign``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import TooLargeError
from .unpacking import (
    ARRAY,
    BIG,
    BOOL,
    BYTES,
    COUNT_FORM,
    DICT,
    FOREIGN,
    INT,
    INT_FORM,
    LIST,
    NONE,
    REAL,
    REAL_FORM,
    SCALAR,
    TEXT,
    TUPLE,
    Foreign,
    Unpacker,
    shape_form,
)

MAX_DEPTH = 32
"""How deep lists, tuples and dicts may nest."""
MAX_ITEMS = 1 << 16
"""How many values they may hold in all; arrays count as one."""

_DTYPE_KINDS = frozenset("biufcmMSU")


def pack_value(value: Any, limit: int | None = None) -> bytes:
    """Give a value as bytes.

    Args:
        limit: how many bytes may come of it; None for any number.

    Raises:
        TooLargeError: it is larger than that, or than ``MAX_DEPTH`` and ``MAX_ITEMS`` allow.
    """
    packer = Packer(limit)
    tags = packer.fields((value,))
    return tags + packer.packed()


def unpack_value(packed: bytes) -> Any:
    """Give a value back that equals the one that was packed."""
    return Unpacker(packed, 1).fields(packed[:1])[0]


class Packer:
    """Writes values one behind another, up to a limit."""

    __slots__ = ("_depth", "_items", "_left", "_parts", "foreign")

    def __init__(self, limit: int | None = None) -> None:
        self._parts: list[bytes] = []
        self._left = math.inf if limit is None else limit
        self._items = MAX_ITEMS
        self._depth = 0
        self.foreign = 0
        """How many values were of types that no memory keeps."""

    def packed(self) -> bytes:
        return b"".join(self._parts)

    def fields(self, values: Iterable[Any]) -> bytes:
        """Write the bodies of values; give what each is, for ``Unpacker.fields``."""
        return bytes([(_WAYS.get(type(v)) or _unusual(v))(self, v) for v in values])

    def _add(self, part: bytes) -> None:
        self._check(len(part))
        self._left -= len(part)
        self._parts.append(part)

    def _check(self, size: int) -> None:
        # Also before anything of this size is made: a view of one number can be of any size.
        if size > self._left:
            raise TooLargeError("a value takes more bytes than there are for it")

    def _add_sized(self, part: bytes) -> None:
        self._add(COUNT_FORM.pack(len(part)))
        self._add(part)

    def none(self, _: None) -> int:
        self._add(b"\0")
        return NONE

    def boolean(self, value: bool) -> int:  # noqa: FBT001  it is the value
        self._add(b"\1" if value else b"\0")
        return BOOL

    def integer(self, value: int) -> int:
        if -(1 << 63) <= value < 1 << 63:
            self._add(INT_FORM.pack(value))
            return INT
        self._check(value.bit_length() // 8)
        self._add_sized(int(value).to_bytes(value.bit_length() // 8 + 1, "little", signed=True))
        return BIG

    def real(self, value: float) -> int:
        self._add(REAL_FORM.pack(value))
        return REAL

    def text(self, value: str) -> int:
        self._check(len(value))
        self._add_sized(str.encode(value, "utf-8", "surrogatepass"))
        return TEXT

    def raw(self, value: bytes) -> int:
        self._add_sized(value)
        return BYTES

    def listed(self, value: list[Any]) -> int:
        self.sequence(value)
        return LIST

    def fixed(self, value: tuple[Any, ...]) -> int:
        self.sequence(value)
        return TUPLE

    def mapping(self, value: dict[Any, Any]) -> int:
        self.sequence([*value, *value.values()])
        return DICT

    def sequence(self, values: Sequence[Any]) -> None:
        self._items -= len(values)
        self._depth += 1
        # A list may hold itself, and one list in many places is endless when written out.
        if self._items < 0 or self._depth > MAX_DEPTH:
            raise TooLargeError(
                f"a value nests more than {MAX_DEPTH} deep, or holds more than {MAX_ITEMS:,} others"
            )
        self._add(COUNT_FORM.pack(len(values)))
        tags_at = len(self._parts)
        self._add(bytes(len(values)))
        self._parts[tags_at] = self.fields(values)
        self._depth -= 1

    def array(self, value: npt.NDArray[Any]) -> int:
        if value.dtype.kind not in _DTYPE_KINDS:
            return self.stand_in(value)
        self._check(value.nbytes)
        self._form(value.dtype, value.shape)
        self._add(value.tobytes())
        return ARRAY

    def scalar(self, value: np.generic) -> int:
        if value.dtype.kind not in _DTYPE_KINDS:
            return self.stand_in(value)
        self._form(value.dtype, ())
        self._add(value.tobytes())
        return SCALAR

    def _form(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._add(_form_head(dtype, len(shape)) + shape_form(len(shape)).pack(*shape))

    def stand_in(self, value: Any) -> int:
        self.foreign += 1
        name = value.type_name if type(value) is Foreign else type(value).__qualname__
        self._add_sized(name[:200].encode("utf-8", "surrogatepass"))
        return FOREIGN


@lru_cache(maxsize=256)
def _form_head(dtype: np.dtype[Any], axes: int) -> bytes:
    text = dtype.str.encode()
    return bytes((len(text), axes)) + text


_Way = Callable[[Packer, Any], int]

_WAYS: dict[type, _Way] = {
    type(None): Packer.none,
    bool: Packer.boolean,
    int: Packer.integer,
    float: Packer.real,
    str: Packer.text,
    bytes: Packer.raw,
    list: Packer.listed,
    tuple: Packer.fixed,
    dict: Packer.mapping,
    np.ndarray: Packer.array,
}


def _unusual(value: Any) -> _Way:
    """Find the way for what is derived from a common type, or for what is none of them."""
    if isinstance(value, np.generic):
        # Before the others: np.float64 is a float too, and np.str_ a str.
        return Packer.scalar
    if isinstance(value, np.ndarray):
        # A masked array, say, is more than its numbers.
        return Packer.stand_in
    return next((way for kind, way in _WAYS.items() if isinstance(value, kind)), Packer.stand_in)
