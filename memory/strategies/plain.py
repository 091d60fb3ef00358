"""Values as an item may hold them, and as a reader reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .alike import name_of

LARGEST = 1 << 16
"""Bytes of an array, characters of a text; what is larger is described, and kept in a sample."""
_SHOWN = 32
_LONGEST = 1000

_KINDS = frozenset("biufcSU")
_PLAIN = frozenset({int, bool, type(None)})


def plain(value: Any) -> Any:
    """Give a value as JSON values and arrays, nothing of it too large to be an item's."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if kind is str:
        return value[:LARGEST]
    if isinstance(value, np.generic):
        return plain(value.item())
    return _many(value)


def _many(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value if value.nbytes <= LARGEST and value.dtype.kind in _KINDS else shown(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return name_of(value)


def shown(value: Any) -> str:
    """Give a value as a short text."""
    kind = type(value)
    if kind is str:
        return str(value[:_LONGEST])
    if kind in _PLAIN or kind is float:
        return str(value)
    if isinstance(value, np.generic):
        return shown(value.item())
    return _many_shown(value)


def times(count: int) -> str:
    """Give how often something happened, in words."""
    return "once" if count == 1 else f"{count} times"


def _many_shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Mapping):
        pairs = [f"{key}: {shown(item)}" for key, item in value.items()]
        return "; ".join(pairs)[:_LONGEST]
    if isinstance(value, list | tuple):
        return " ".join(shown(item) for item in value[:_SHOWN])[:_LONGEST]
    return name_of(value)


def _array(array: np.ndarray[Any, Any]) -> str:
    if array.size <= _SHOWN:
        return " ".join(map(str, array.ravel().tolist()))
    return f"{array.dtype}{list(array.shape)}"
