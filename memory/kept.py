"""What an item takes in memory, by the measure by which experiences are counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .compact import pack, size_of
from .item import Item

_OVERHEAD = size_of(b"")
_NUMBER = 9
"""Bytes of a number and of what says that it is one."""
_NUMBERS = 7 * _NUMBER
_RANGE = 2 * 8
_HEAD = 5
"""Bytes that say what a value is and how long."""


def size_of_item(item: Item) -> int:
    """Give an item's bytes when packed, with the experiences that it keeps whole."""
    samples = sum(
        size_of(pack(one.sequence, one.experience, one.importance, one.surprise))
        for one in item.samples
    )
    words = _size(item.id) + _size(item.kind) + _size(item.text)
    ranges = _RANGE * len(item.members)
    return _OVERHEAD + _NUMBERS + words + ranges + _size(item.content) + samples


def _size(value: Any) -> int:
    """Give the bytes of a value when packed, without packing it."""
    if type(value) is str:
        return _HEAD + (len(value) if value.isascii() else len(value.encode(errors="replace")))
    if isinstance(value, Mapping):
        return _HEAD + sum(map(_size, value)) + sum(map(_size, value.values()))
    if isinstance(value, tuple | list):
        return _HEAD + sum(map(_size, value))
    if isinstance(value, np.ndarray):
        return int(_HEAD + 8 * value.ndim + value.nbytes)
    return _NUMBER
