"""The way back from the bytes of a row to a value; sizes are checked before anything is made."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..unpacking import Foreign
from .values import DEPTH_LIMIT, ITEMS_LIMIT, LENGTH, TEXT_LIMIT, items_in

_DTYPE = re.compile(r"[<|][biufcSU]\d{1,9}")
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class MalformedError(Exception):
    """Bytes are not what ``encode`` makes."""


def decode(body: bytes) -> Any:
    """Give the value that some bytes stand for.

    Arrays are read-only and share the memory of ``body``.

    Raises:
        MalformedError: ``encode`` cannot have made these bytes.
    """
    end = _text_end(body)
    text = body[LENGTH.size : end]
    if items_in(text) > ITEMS_LIMIT:
        raise MalformedError(f"holds more than {ITEMS_LIMIT:,} values")
    try:
        plain = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise MalformedError("is not JSON") from error
    reader = _Reader(body, end)
    value = reader.value(plain, 0)
    if reader.at != len(body):
        raise MalformedError(f"has {len(body) - reader.at:,} bytes that belong to nothing")
    return value


def _text_end(body: bytes) -> int:
    if len(body) < LENGTH.size:
        raise MalformedError(f"has only {len(body)} bytes")
    (length,) = LENGTH.unpack_from(body)
    if length > min(TEXT_LIMIT, len(body) - LENGTH.size):
        raise MalformedError(f"claims {length:,} bytes of JSON and has {len(body):,} in all")
    return LENGTH.size + int(length)


class _Reader:
    """The way back, with how far it has come in the bytes behind the JSON."""

    __slots__ = ("at", "body")

    def __init__(self, body: bytes, at: int) -> None:
        self.body = body
        self.at = at

    def value(self, plain: Any, depth: int) -> Any:
        if depth > DEPTH_LIMIT:
            raise MalformedError(f"nests more than {DEPTH_LIMIT} deep")
        if type(plain) is list:
            return [self.value(item, depth + 1) for item in plain]
        if type(plain) is not dict:
            return plain
        if len(plain) == 1:
            ((tag, content),) = plain.items()
            if tag[:1] == "$":
                return self._tagged(tag, content, depth)
        return {key: self.value(item, depth + 1) for key, item in plain.items()}

    def _tagged(self, tag: str, content: Any, depth: int) -> Any:
        try:
            return _TAGS[tag](self, content, depth + 1)
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedError(f"has a {tag[:40]!r} that is none") from error

    def whole(self, content: list[Any], _: int) -> Any:
        dtype, shape = content
        return self._array(dtype, shape)

    def scalar(self, content: str, _: int) -> Any:
        return self._array(content, [])[()]

    def tuple(self, content: list[Any], depth: int) -> Any:
        return tuple([self.value(item, depth) for item in content])

    def float(self, content: str, _: int) -> float:
        return _NOT_FINITE[content]

    def foreign(self, content: Any, depth: int) -> Foreign:
        return Foreign(str(self.value(content, depth)))

    def octets(self, size: int, _: int) -> bytes:
        start = self._take(size)
        return self.body[start : self.at]

    def text(self, size: int, _: int) -> str:
        return self.octets(size, 0).decode()

    def mapping(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        return {self.value(key, depth): self.value(item, depth) for key, item in pairs}

    def _array(self, dtype: Any, shape: Any) -> npt.NDArray[Any]:
        if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype):
            raise MalformedError(f"has an array of dtype {str(dtype)[:40]!r}")
        if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
            raise MalformedError("has an array whose shape is none")
        kind = np.dtype(dtype)
        if not kind.itemsize:
            raise MalformedError("has an array of nothing, of which there could be any number")
        start = self._take(kind.itemsize * math.prod(shape))
        array: npt.NDArray[Any] = np.ndarray(shape, kind, self.body, start)
        return array

    def _take(self, size: int) -> int:
        start = self.at
        if not 0 <= size <= len(self.body) - start:
            raise MalformedError(f"claims {size:,} bytes more and has {len(self.body) - start:,}")
        self.at = start + size
        return start


_TAGS: dict[str, Callable[[_Reader, Any, int], Any]] = {
    "$array": _Reader.whole,
    "$scalar": _Reader.scalar,
    "$tuple": _Reader.tuple,
    "$float": _Reader.float,
    "$bytes": _Reader.octets,
    "$text": _Reader.text,
    "$foreign": _Reader.foreign,
    "$dict": _Reader.mapping,
}
