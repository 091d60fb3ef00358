"""What an agent knows from what it lived: consolidated items, and where each came from."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..errors import UnknownNameError
from .item import Item
from .ranges import Ranges
from .remembered import Remembered

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
    """Everything at one moment; never changed, only replaced, so that readers need no lock."""

    items: tuple[Item, ...] = ()
    by_id: dict[str, Item] = {}  # noqa: RUF012  the empty one of a memory without items
    added: int = 0
    forgotten: int = 0
    forgotten_experiences: int = 0


class SemanticMemory:
    """Keeps the items of one agent, the least important making room for new ones.

    One thread adds; any may read meanwhile, and sees all of an addition or nothing of it.
    """

    def __init__(self, limit: int = 1000) -> None:
        """Take how many items it holds.

        Raises:
            ValueError: it has no room for a single item.
        """
        if limit < 1:
            raise ValueError(f"limit must be >= 1, got {limit!r}")
        self.limit = limit
        self._held = _Held()

    def __len__(self) -> int:
        return len(self._held.items)

    def add(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Take in the items of one consolidation.

        Returns:
            Those that were forgotten to make room, in lived order: the least important, and of
            equals those that came first. A new item may be among them.

        Raises:
            ValueError: one of them is here already, and nothing was added.
        """
        held, new = self._held, tuple(items)
        by_id = dict(held.by_id)
        for item in new:
            if item.id in by_id:
                raise ValueError(f"an item is added once, got {item.id!r} again")
            by_id[item.id] = item
        kept, gone = _divided(held.items + new, self.limit)
        for item in gone:
            del by_id[item.id]
        self._held = _Held(
            items=kept,
            by_id=by_id,
            added=held.added + len(new),
            forgotten=held.forgotten + len(gone),
            forgotten_experiences=held.forgotten_experiences + sum(item.count for item in gone),
        )
        return gone

    def items(self) -> tuple[Item, ...]:
        """Give all items in the order in which they came."""
        return self._held.items

    def why(self, item: str | Item) -> Provenance:
        """Say which experiences an item came from.

        Raises:
            UnknownNameError: no item has this id, or it was forgotten; it says which are near.
        """
        held = self._held
        item_id = item.id if isinstance(item, Item) else item
        found = held.by_id.get(item_id) if isinstance(item_id, str) else None
        if found is None:
            raise _unknown(item_id, held)
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
            items=len(held.items),
            limit=self.limit,
            added=held.added,
            experiences=sum(item.count for item in held.items),
            forgotten=held.forgotten,
            forgotten_experiences=held.forgotten_experiences,
        )


def _divided(items: tuple[Item, ...], limit: int) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Give the most important items, as many as there is room for, and the others."""
    excess = len(items) - limit
    if excess <= 0:
        return items, ()
    # Sorting is stable, so that of equals the first to come goes first.
    places = sorted(range(len(items)), key=lambda place: items[place].importance)
    going = set(places[:excess])
    kept = tuple(item for place, item in enumerate(items) if place not in going)
    return kept, tuple(items[place] for place in sorted(going))


def _unknown(item_id: object, held: _Held) -> UnknownNameError:
    name = str(item_id)
    hint = "" if held.items else "nothing has been consolidated yet"
    if held.forgotten:
        hint = f"{held.forgotten:,} less important ones were forgotten"
    shown = name if len(name) <= 80 else name[:79] + "…"
    return UnknownNameError("item", shown, known=_near(name, held.items), hint=hint)


def _near(name: str, items: tuple[Item, ...]) -> list[str]:
    """Give the ids of the items lived next to the one meant; the last ones if that is unclear."""
    ordered = sorted(items, key=lambda item: (item.first, item.id))
    meant = re.match(r"\D{0,3}(\d{1,18})", name, re.ASCII)
    place = len(ordered)
    if meant is not None:
        place = bisect.bisect_left(ordered, int(meant[1]), key=lambda item: item.first)
    start = min(max(0, place - _NEAR // 2), max(0, len(ordered) - _NEAR))
    return [item.id for item in ordered[start : start + _NEAR]]
