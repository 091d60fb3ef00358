"""What an agent knows from what it lived: consolidated items, and where each came from."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from ..errors import UnknownNameError
from .item import Item
from .packed_item import PackedItems, unpack_item
from .ranges import Ranges
from .remembered import Remembered

T = TypeVar("T")
_NEAR = 5
"""How many ids are offered in place of one that is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Provenance:
    """The experiences that an item came from."""

    item: str
    """The item's id."""
    first: int
    last: int
    """The lowest and the highest sequence it stands for."""
    count: int
    """How many experiences it stands for."""
    members: Ranges
    """Which ones."""
    samples: tuple[Remembered, ...]
    """Some of them, whole."""


@dataclass(frozen=True, slots=True)
class SemanticStatistics:
    """How full a semantic memory is, and what it let go."""

    items: int
    limit: int
    added: int
    """Items that ever came."""
    experiences: int
    """How many experiences the items of now stand for."""
    forgotten: int
    """Items that made room for more important ones."""
    forgotten_experiences: int
    """How many experiences those stood for."""

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


class _Held(NamedTuple):
    """Everything at one moment; never changed, only replaced, so that readers need no lock.

    Columns, in the order in which the items came. They hold nothing but numbers, texts and
    bytes: a society's items are many, and the garbage collector need not look at them.
    """

    ids: tuple[str, ...] = ()
    firsts: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    importances: tuple[float, ...] = ()
    packed: tuple[bytes, ...] = ()
    added: int = 0
    forgotten: int = 0
    forgotten_experiences: int = 0

    def with_new(self, new: PackedItems) -> _Held:
        """Give the same with more items behind; they are not counted in."""
        return _Held(
            (*self.ids, *new.ids),
            (*self.firsts, *new.firsts),
            (*self.counts, *new.counts),
            (*self.importances, *new.importances),
            (*self.packed, *new.packed),
            *self[-3:],
        )

    def only(self, places: Sequence[int]) -> _Held:
        """Give the same with the items at these places alone."""
        ids, firsts, counts, importances, packed, *figures = self
        return _Held(
            _at(ids, places),
            _at(firsts, places),
            _at(counts, places),
            _at(importances, places),
            _at(packed, places),
            *figures,
        )


def _at(column: tuple[T, ...], places: Sequence[int]) -> tuple[T, ...]:
    return tuple([column[place] for place in places])


class SemanticMemory:
    """Keeps the items of one agent, the least important making room for new ones.

    One thread adds; any may read meanwhile, and sees all of an addition or nothing of it.
    """

    def __init__(self, limit: int = 1000) -> None:
        """Take how many items it holds.

        Raises:
            ValueError: limit is no whole number >= 1.
        """
        if type(limit) is not int or limit < 1:
            raise ValueError(f"limit must be a whole number >= 1, got {limit!r}")
        self.limit = limit
        self._held = _Held()
        # What was unpacked for whoever asked last; most memories are asked by nobody.
        self._read: tuple[_Held, tuple[Item, ...]] = self._held, ()

    def __len__(self) -> int:
        return len(self._held.ids)

    def add(self, items: Iterable[Item] | PackedItems) -> tuple[str, ...]:
        """Take items in; give the ids of those that had to go, which may be new ones.

        Raises:
            ValueError: one of them is here already, and nothing was added.
        """
        held, new = self._held, items if isinstance(items, PackedItems) else PackedItems.of(items)
        known = set(held.ids)
        for item_id in new.ids:
            if item_id in known:
                raise ValueError(f"an item is added once, got {item_id!r} again")
            known.add(item_id)
        grown = held.with_new(new)
        kept, gone = _divided(grown.importances, self.limit)
        self._held = (grown.only(kept) if gone else grown)._replace(
            added=held.added + len(new),
            forgotten=held.forgotten + len(gone),
            forgotten_experiences=held.forgotten_experiences
            + sum(grown.counts[place] for place in gone),
        )
        return tuple(grown.ids[place] for place in gone)

    def items(self) -> tuple[Item, ...]:
        """Give all items in the order in which they came; the same tuple until more come."""
        held = self._held
        read, items = self._read
        if read is not held:
            known = {item.id: item for item in items}
            items = tuple(
                known.get(item_id) or unpack_item(packed)
                for item_id, packed in zip(held.ids, held.packed, strict=True)
            )
            self._read = held, items
        return items

    def why(self, item: str | Item) -> Provenance:
        """Say which experiences an item came from.

        Raises:
            UnknownNameError: no item has this id, or it was forgotten; it says which are near.
        """
        held = self._held
        item_id = item.id if isinstance(item, Item) else item
        if item_id not in held.ids:
            raise _unknown(item_id, held)
        found = unpack_item(held.packed[held.ids.index(item_id)])
        return Provenance(
            item=found.id,
            first=found.first,
            last=found.last,
            count=found.count,
            members=found.members,
            samples=found.samples,
        )

    def statistics(self) -> SemanticStatistics:
        """Give the figures of now."""
        held = self._held
        return SemanticStatistics(
            items=len(held.ids),
            limit=self.limit,
            added=held.added,
            experiences=sum(held.counts),
            forgotten=held.forgotten,
            forgotten_experiences=held.forgotten_experiences,
        )


def _divided(importances: Sequence[float], limit: int) -> tuple[list[int], list[int]]:
    """Give the places of the most important, as many as there is room for, and the others."""
    excess = len(importances) - limit
    places = range(len(importances))
    if excess <= 0:
        return list(places), []
    # Sorting is stable, so that of equals the first to come goes first.
    going = set(sorted(places, key=importances.__getitem__)[:excess])
    return [place for place in places if place not in going], sorted(going)


def _unknown(item_id: object, held: _Held) -> UnknownNameError:
    name = str(item_id)
    hint = "" if held.ids else "nothing has been consolidated yet"
    if held.forgotten:
        hint = f"{held.forgotten:,} less important ones were forgotten"
    shown = name if len(name) <= 80 else name[:79] + "…"
    return UnknownNameError("item", shown, known=_near(name, held), hint=hint)


def _near(name: str, held: _Held) -> list[str]:
    """Give the ids of the items lived next to the one meant; the last ones if that is unclear."""
    ordered = sorted(zip(held.firsts, held.ids, strict=True))
    meant = re.match(r"\D{0,3}(\d{1,18})", name, re.ASCII)
    place = len(ordered)
    if meant is not None:
        place = bisect.bisect_left(ordered, (int(meant[1]), ""))
    start = min(max(0, place - _NEAR // 2), max(0, len(ordered) - _NEAR))
    return [item_id for _, item_id in ordered[start : start + _NEAR]]
