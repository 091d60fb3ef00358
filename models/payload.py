"""What may be said: plain values and arrays, sealed when they are sent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import PayloadError
from .frozen_dict import FrozenDict

MAX_DEPTH = 32
"""How deep lists and dicts may nest."""
MAX_SIZE = 1 << 20
"""What a payload may hold: 8 for each item and key, 1 for each character, an array's bytes."""
MAX_INT_BITS = 4096
"""Python refuses to write out ints of more than about 14,000 bits."""

_ITEM_SIZE = 8
_SMALL = 1 << 62
_AS_THEY_ARE = frozenset({type(None), bool})
_STRINGS = frozenset({str})
_SCALARS = frozenset({bool, int, float, str})
_FIXED_KINDS = frozenset("biufcSU")
# Their bytes hold padding, which says whatever was in memory before.
_PADDED = frozenset("gG")


def seal(payload: Any) -> Any:
    """Give a payload in a form that neither sender nor receivers can change any more.

    None, bools, ints, finite floats and strings stay as they are; lists and tuples become
    tuples, dicts with string keys ``FrozenDict``, arrays read-only copies whose flag cannot be
    set back, NumPy's scalars Python's. A sealed payload may be sent on as it came.

    Raises:
        PayloadError: something inside is none of these, or more than a message bears.
    """
    if type(payload) in _AS_THEY_ARE:
        return payload
    try:
        return _Sealer().seal(payload, 0)
    except _Broken as broken:
        field = "payload" + "".join(reversed(broken.path))
        raise PayloadError(field, broken.rule) from None


class _Broken(Exception):  # noqa: N818  it never leaves this file
    """A rule is broken; on its way up it gathers where."""

    def __init__(self, rule: str, culprit: Any = None) -> None:
        self.rule = rule
        self.path: list[str] = []
        self._culprit = culprit
        self._lap: list[str] = []

    def inside(self, holder: Any, step: str) -> None:
        """Note what held the broken part, and under which index or key."""
        self.path.append(f"[{step}]")
        if self._culprit is holder:
            # What is too deep holds itself: one lap says it, however often it went round.
            self.rule = "must not hold itself"
            self._lap = self._lap or self.path
            self.path = list(self._lap)


class _Sealer:
    """One way through a payload, with what may still be in it."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_SIZE

    def seal(self, value: Any, depth: int) -> Any:
        way = _WAYS.get(type(value))
        return self.scalar(value, depth) if way is None else way(self, value, depth)

    def same(self, value: Any, _: int) -> Any:
        return value

    def text(self, value: str, _: int) -> str:
        self._count(len(value))
        return value

    def integer(self, value: int, _: int) -> int:
        if not -_SMALL < value < _SMALL and (bits := value.bit_length()) > MAX_INT_BITS:
            raise _Broken(f"must have at most {MAX_INT_BITS:,} bits, got {bits:,}")
        return value

    def real(self, value: float, _: int) -> float:
        # NaN equals nothing, JSON has no word for it, and databases make NULL of it. In an
        # array it may be: there the bits count.
        if not math.isfinite(value):
            raise _Broken(f"must be finite, got {value}")
        return value

    def scalar(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.generic) and type(plain := value.item()) in _SCALARS:
            return self.seal(plain, depth)
        raise _Broken(
            "must be None, a bool, int, float, string, list, tuple, dict or NumPy array, "
            f"got type {type(value).__name__}"
        )

    def mapping(self, value: dict[Any, Any], depth: int) -> FrozenDict:
        depth += 1
        self._enter(value, depth)
        if not _STRINGS.issuperset(map(type, value)):
            strange = next(type(key) for key in value if type(key) is not str)
            raise _Broken(f"must have strings as keys, got type {strange.__name__}")
        self._count(_ITEM_SIZE * len(value) + sum(map(len, value)))
        sealed = {}
        key = ""
        try:
            for key, item in value.items():
                sealed[key] = self.seal(item, depth)
        except _Broken as broken:
            broken.inside(value, _shown(key))
            raise
        return FrozenDict(sealed)

    def sequence(self, value: Sequence[Any], depth: int) -> tuple[Any, ...]:
        depth += 1
        self._enter(value, depth)
        sealed: list[Any] = []
        try:
            for item in value:
                sealed.append(self.seal(item, depth))  # noqa: PERF401  the handler says at which
        except _Broken as broken:
            broken.inside(value, str(len(sealed)))
            raise
        return tuple(sealed)

    def array(self, value: npt.NDArray[Any], _: int) -> npt.NDArray[Any]:
        dtype = value.dtype
        if dtype.kind not in _FIXED_KINDS or dtype.char in _PADDED:
            raise _Broken(f"must be of bools, numbers or text of a fixed size, got dtype {dtype}")
        # Counted before it is copied, and by what it pretends to be: a broadcast view of one
        # number can be of any size.
        self._count(value.nbytes)
        base: object = value.base
        if type(base) is bytes:
            return value
        # Over bytes, which nobody can write to: an array with memory of its own could be made
        # writeable again by whoever hears it, and a view of it is writeable already.
        return np.ndarray(value.shape, dtype, buffer=value.tobytes())

    def _enter(self, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _Broken(f"must nest at most {MAX_DEPTH} deep", value)
        # Before anything in it is looked at, and again each time it is met: a small payload
        # that holds one list in many places may be endless when it is written out.
        self._count(_ITEM_SIZE * len(value))

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _Broken(f"goes beyond the {MAX_SIZE:,} bytes that are allowed in all")


def _shown(key: str) -> str:
    return json.dumps(key if len(key) <= 40 else f"{key[:37]}...")


_WAYS: dict[type, Callable[[_Sealer, Any, int], Any]] = {
    type(None): _Sealer.same,
    bool: _Sealer.same,
    str: _Sealer.text,
    int: _Sealer.integer,
    float: _Sealer.real,
    dict: _Sealer.mapping,
    FrozenDict: _Sealer.mapping,
    list: _Sealer.sequence,
    tuple: _Sealer.sequence,
    np.ndarray: _Sealer.array,
}
