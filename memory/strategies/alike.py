"""When two values count as the same: a key for each, whichever process makes it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_AS_THEY_ARE = frozenset({int, bool, type(None)})
_REALS = frozenset({float})
_TEXTS = frozenset({str})
_NAN = "nan"


def keys_of(column: Sequence[Any], decimals: int) -> Sequence[Any]:
    """Give a hashable key for each value; alike values have equal keys.

    Numbers are alike if they are equal after rounding, texts if they have the same words
    whatever their case, arrays if they have the same dtype and shape and all numbers are.
    """
    kinds: set[type] = set(map(type, column))
    if kinds <= _AS_THEY_ARE:
        return column
    if kinds == _TEXTS:
        words = {text: _key(text, decimals) for text in set(column)}
        return [words[text] for text in column]
    if kinds == _REALS:
        rounded = _rounded(np.array(column), decimals)
        if not np.isnan(rounded).any():
            keys: list[Any] = rounded.tolist()
            return keys
    if len(kinds) == 1 and issubclass(next(iter(kinds)), np.generic):
        return keys_of(np.array(column).tolist(), decimals)
    if kinds == {np.ndarray} and len({(a.dtype, a.shape) for a in column}) == 1:
        return _keys_of_arrays(column, decimals)
    return [_key(value, decimals) for value in column]


def _keys_of_arrays(arrays: Sequence[npt.NDArray[Any]], decimals: int) -> list[bytes]:
    form = _form(arrays[0])
    packed = _rounded(np.stack(arrays), decimals).tobytes()
    width = arrays[0].nbytes
    if not width:
        return [form] * len(arrays)
    return [form + packed[at : at + width] for at in range(0, len(packed), width)]


def _key(value: Any, decimals: int) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is float:
        # As a column of them is rounded, to the bit.
        return _NAN if math.isnan(value) else float(_rounded(np.array(value), decimals))
    if kind is str:
        return " ".join(value.split()).casefold()
    if isinstance(value, np.generic):
        return _key(value.item(), decimals)
    return _key_of_many(value, decimals)


def _key_of_many(value: Any, decimals: int) -> Any:
    if isinstance(value, np.ndarray):
        return _form(value) + _rounded(value, decimals).tobytes()
    if isinstance(value, Mapping):
        pairs = ((str(key), _key(item, decimals)) for key, item in value.items())
        return "{}", tuple(sorted(pairs, key=lambda pair: pair[0]))
    if isinstance(value, list | tuple):
        return "[]", tuple(_key(item, decimals) for item in value)
    return name_of(value)


def name_of(value: Any) -> str:
    """Give what stands for a value that is no plain one."""
    return str(getattr(value, "type_name", type(value).__qualname__))


def _form(array: npt.NDArray[Any]) -> bytes:
    return f"{array.dtype.str}{array.shape}".encode()


def _rounded(array: npt.NDArray[Any], decimals: int) -> npt.NDArray[Any]:
    if array.dtype.kind not in "fc":
        return array
    # What is too large to be rounded counts as infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        # Adding nothing makes a plain zero of a negative one.
        rounded: npt.NDArray[Any] = np.round(array, decimals) + array.dtype.type(0)
    return rounded
