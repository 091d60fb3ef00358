"""An item as bytes: a tenth of the room, and nothing for the garbage collector to look at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from json.encoder import c_make_encoder, encode_basestring_ascii  # type: ignore[attr-defined]
from operator import attrgetter
from struct import Struct
from typing import Any, NoReturn, Self

from ..models.payload import seal
from .compact import pack, sizes_of, unpack
from .item import Item
from .packing import pack_value, unpack_value

_PLAIN = ("id", "kind", "text", "first", "last", "count", "importance", "round", "reward")
_LENGTH = Struct("<I")
_plain_of = attrgetter(*_PLAIN)


def pack_item(item: Item) -> bytes:
    """Give an item as bytes."""
    plain = _plain_of(item)
    try:
        head, content = _write((*plain, item.members, item.content)), b""
    except TypeError:  # there is an array in it
        head, content = _write((*plain, item.members)), pack_value(item.content)
    parts = [head.encode(), content, *[pack(*one) for one in item.samples]]
    return b"".join([part for whole in parts for part in (_LENGTH.pack(len(whole)), whole)])


def _refuse(value: object) -> NoReturn:
    raise TypeError(f"JSON has no {type(value).__name__}")


# JSON is a good deal quicker than the packing of experiences, which have hardly any text in
# them. This is what ``JSONEncoder.encode`` makes anew for each call, four times as slow as the
# writing itself; nothing that is sealed holds itself, so that nobody looks for that.
_encode = c_make_encoder(
    None, _refuse, encode_basestring_ascii, None, ":", ",", False, False, True
)  # fmt: skip


def _write(value: Any) -> str:
    return "".join(_encode(value, 0))


def unpack_item(packed: bytes) -> Item:
    """Give the item back, equal to the one that was packed."""
    head, content, *samples = _parts(packed)
    *plain, last = json.loads(head)
    members, known = (last, unpack_value(content)) if content else (plain.pop(), last)
    return Item(
        **dict(zip(_PLAIN, plain, strict=True)),
        content=seal(known),
        members=tuple((first, last) for first, last in members),
        samples=tuple(unpack(one) for one in samples),
    )


class PackedItems:
    """Items as bytes, with what a memory sorts them by; in the order in which they came.

    All is in one list. Those that are made wait for many rounds until they take effect, and
    whatever lives so long has the garbage collector walk over all that there is, and soon.
    """

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[Any] = []

    @classmethod
    def of(cls, items: Iterable[Item]) -> Self:
        """Pack these."""
        made = cls()
        for item in items:
            made.add(item, pack_item(item))
        return made

    def add(self, item: Item, packed: bytes) -> None:
        """Take one more in, with what ``pack_item`` gives for it."""
        self._parts += (item.id, item.first, item.count, item.importance, packed)

    @property
    def ids(self) -> list[str]:
        return self._parts[0::5]

    @property
    def firsts(self) -> list[int]:
        return self._parts[1::5]

    @property
    def counts(self) -> list[int]:
        return self._parts[2::5]

    @property
    def importances(self) -> list[float]:
        return self._parts[3::5]

    @property
    def packed(self) -> list[bytes]:
        return self._parts[4::5]

    @property
    def size(self) -> int:
        """The bytes that they take in memory."""
        return sizes_of(self.packed)

    def __len__(self) -> int:
        return len(self._parts) // 5

    def items(self) -> tuple[Item, ...]:
        """Give the items; each time they are made anew."""
        return tuple(map(unpack_item, self.packed))


def _parts(packed: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(packed):
        (length,) = _LENGTH.unpack_from(packed, start)
        start += _LENGTH.size + length
        yield packed[start - length : start]
