"""What an item takes in memory, by the measure by which experiences are counted."""

from __future__ import annotations

from .compact import pack, size_of
from .item import Item
from .packing import pack_value

_NUMBERS = 16 * 8
"""Bytes of an item's whole and real numbers, and of what holds its parts together."""
_RANGE = 2 * 8


def size_of_item(item: Item) -> int:
    """Give an item's bytes when packed, with the experiences that it keeps whole."""
    words = len(item.id) + len(item.kind) + len(item.text.encode("utf-8", "surrogatepass"))
    samples = sum(
        size_of(pack(one.sequence, one.experience, one.importance, one.surprise))
        for one in item.samples
    )
    ranges = _RANGE * len(item.members)
    return _NUMBERS + words + ranges + size_of(pack_value(item.content)) + samples
