"""Looks into the store of a run, living or ended, and never changes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import StoreCorruptError, UnknownNameError
from ..item import Item
from ..remembered import Remembered
from .access import Access
from .batch import Eviction, Replacement, Row
from .chain import StoredRow
from .records import Evicted, Lived, item_in, sound
from .revival import decode


class Reader(Access):
    """What is in a store: experiences, what became of them, and what others wrote."""

    def experiences(
        self, agent_id: str | None = None, *, newest_first: bool = False
    ) -> Iterator[tuple[str, Remembered]]:
        """Give experiences with whose they are, by round, in it by id; of one agent or of all.

        Raises:
            UnknownNameError: there is no such agent.
        """
        number = None if agent_id is None else self._number(agent_id)
        for row in self.stored("experiences", newest_first=newest_first):
            with sound(row, self.path):
                lived = Lived(row.body)
                places = range(len(lived)) if number is None else _places(lived, number)
                some = [(self._id(lived.agents[place]), lived.at(place)) for place in places]
            yield from reversed(some) if newest_first else some

    def evictions(self, agent_id: str | None = None) -> Iterator[Eviction]:
        """Give the tombstones, of one agent or of all.

        Raises:
            UnknownNameError: there is no such agent.
        """
        number = None if agent_id is None else self._number(agent_id)
        for row in self.stored("evictions"):
            with sound(row, self.path):
                gone = Evicted(row.body)
                places = range(len(gone)) if number is None else _places(gone, number)
                yield from [
                    Eviction(
                        self._id(gone.agents[place]),
                        int(gone.first[place]),
                        int(gone.last[place]),
                        gone.reason(place),
                    )
                    for place in places
                ]

    def replacements(self, agent_id: str) -> Iterator[Replacement]:
        """Give the ranges of an agent that were replaced, ascending, with their items.

        Raises:
            UnknownNameError: there is no such agent.
        """
        for row in self.of_agent("replacement", self._number(agent_id)):
            with sound(row, self.path):
                value = decode(row.body)
                last, count, number = value["last"], value["items"], value["number"]
                items = self._items(row, count)
            yield Replacement(agent_id, number, row.number, last, items)

    def _items(self, row: StoredRow, count: int) -> tuple[Item, ...]:
        found = self.of_agent("item", row.agent, row.number, row.number + count - 1)
        items = tuple(item_in(one, self.path) for one in found)
        if len(items) != count:
            rule = f"holds {len(items)} of {count} items"
            raise StoreCorruptError(self.path, rule, round=row.round)
        return items

    def items(self, agent_id: str) -> Iterator[Item]:
        """Give all that stands for experiences of an agent, ascending.

        Raises:
            UnknownNameError: there is no such agent.
        """
        for row in self.of_agent("item", self._number(agent_id)):
            yield item_in(row, self.path)

    def item(self, agent_id: str, item_id: str) -> Item:
        """Give one of them.

        Raises:
            UnknownNameError: there is no such agent, or no such item.
        """
        window, _, place = item_id.rpartition(".")
        first = window.partition("-")[0]
        if _is_number(first) and _is_number(place):
            at = int(first) + int(place)
            # Whether items are counted from 0 or from 1 is for who made them to say.
            for row in self.of_agent("item", self._number(agent_id), at - 1, at):
                if (item := item_in(row, self.path)).id == item_id:
                    return item
        raise UnknownNameError("item", item_id, hint=f"show {agent_id!r} lists those there are")

    def rows(self, kind: str, agent_id: str | None = None) -> Iterator[tuple[int, Row]]:
        """Give others' rows of a kind with the round of each, of one agent or of all.

        Raises:
            UnknownNameError: there is no such agent.
        """
        found = (
            self.stored(kind) if agent_id is None else self.of_agent(kind, self._number(agent_id))
        )
        for row in found:
            with sound(row, self.path):
                value = decode(row.body)
                whose = self._id(row.agent) if row.agent else ""
            yield row.round, Row(row.kind, value, whose, row.number)

    def _number(self, agent_id: str) -> int:
        if agent_id not in self._numbers:
            raise UnknownNameError("agent", agent_id, known=self.agents)
        return self._numbers[agent_id]

    def _id(self, number: Any) -> str:
        if not 0 < number <= len(self.agents):
            raise KeyError(f"is of agent {number}, whom nobody named")
        agent_id: str = self.agents[number - 1]
        return agent_id


def _places(held: Lived | Evicted, number: int) -> list[int]:
    places: list[int] = np.flatnonzero(held.agents == number).tolist()
    return places


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
