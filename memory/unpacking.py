"""Reading values back from the bytes that they were packed into."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

# What a value is, by one byte each; its body follows where its holder has all such bytes.
NONE, BOOL, INT, REAL = b"nbif"
BIG, TEXT, BYTES, LIST, TUPLE, DICT, ARRAY, SCALAR, FOREIGN = b"Isyludago"

INT_FORM = Struct("<q")
REAL_FORM = Struct("<d")
COUNT_FORM = Struct("<I")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Stands for a value of a type that no memory keeps."""

    type_name: str


class Unpacker:
    """Reads values one behind another."""

    __slots__ = ("_at", "_packed")

    def __init__(self, packed: bytes, at: int) -> None:
        self._packed = packed
        self._at = at

    def rest(self) -> bytes:
        return self._packed[self._at :]

    def fields(self, tags: bytes) -> list[Any]:
        """Give values of which each byte says what it is."""
        return [_READERS[tag](self) for tag in tags]

    def _take(self, size: int) -> bytes:
        at = self._at
        self._at = at + size
        return self._packed[at : at + size]

    def _number(self, kind: Struct) -> Any:
        (value,) = kind.unpack_from(self._packed, self._at)
        self._at += kind.size
        return value

    def raw(self) -> bytes:
        return self._take(self._number(COUNT_FORM))

    def none(self) -> None:
        self._at += 1

    def boolean(self) -> bool:
        return self._take(1) == b"\1"

    def integer(self) -> Any:
        return self._number(INT_FORM)

    def real(self) -> Any:
        return self._number(REAL_FORM)

    def big(self) -> int:
        return int.from_bytes(self.raw(), "little", signed=True)

    def text(self) -> str:
        return self.raw().decode("utf-8", "surrogatepass")

    def listed(self) -> list[Any]:
        return self.fields(self._take(self._number(COUNT_FORM)))

    def fixed(self) -> tuple[Any, ...]:
        return tuple(self.listed())

    def mapping(self) -> dict[Any, Any]:
        both = self.listed()
        half = len(both) // 2
        return dict(zip(both[:half], both[half:], strict=True))

    def array(self) -> npt.NDArray[Any]:
        dtype, shape = self._form()
        # Over bytes of its own: an array whose flag nobody can set back, and aligned.
        own = self._take(dtype.itemsize * math.prod(shape))
        return np.ndarray(shape, dtype, buffer=own)

    def scalar(self) -> Any:
        return self.array()[()]

    def _form(self) -> tuple[np.dtype[Any], tuple[int, ...]]:
        length, axes = self._take(2)
        dtype = _dtype(self._take(length))
        return dtype, shape_form(axes).unpack(self._take(8 * axes))

    def stand_in(self) -> Foreign:
        return Foreign(self.text())


@lru_cache(maxsize=64)
def shape_form(axes: int) -> Struct:
    """Give how the lengths of so many axes are written."""
    return Struct(f"<{axes}q")


@lru_cache(maxsize=256)
def _dtype(text: bytes) -> np.dtype[Any]:
    return np.dtype(text.decode())


_READERS: dict[int, Callable[[Unpacker], Any]] = {
    NONE: Unpacker.none,
    BOOL: Unpacker.boolean,
    INT: Unpacker.integer,
    REAL: Unpacker.real,
    BIG: Unpacker.big,
    TEXT: Unpacker.text,
    BYTES: Unpacker.raw,
    LIST: Unpacker.listed,
    TUPLE: Unpacker.fixed,
    DICT: Unpacker.mapping,
    ARRAY: Unpacker.array,
    SCALAR: Unpacker.scalar,
    FOREIGN: Unpacker.stand_in,
}
