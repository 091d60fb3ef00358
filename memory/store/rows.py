"""A round as rows, and rows as what they were made from.

The experiences of a round lie in columns, one row for up to a thousand agents: writing a row
for each would take five times as long, and an index by agent would touch a page for each agent
in each round. Whoever reads one agent's goes through the rounds, and takes from each its place.
Evictions lie in columns too; a replacement is a row, and behind it stands one for each item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ...models.experience import Experience
from ...models.names import check_id
from ..remembered import Remembered
from .batch import KIND, OWN_KINDS, Batch, Eviction, Replacement, Row, Totals
from .chain import NewRow
from .columns import column
from .items import plain_item
from .values import LENGTH, TooLargeError, UnstorableError, encode

MOST = 1024
"""How many experiences go into one row."""

_INT64 = 1 << 63
_CLOSING = b'{"agents":%d,"consolidated":%d,"evicted":%d,"items":%d,"written":%d}'

Number = Callable[[str], int]
"""Gives the number that stands for an agent."""


def experience_rows(batch: Batch, number: Number) -> Iterator[NewRow]:
    """Give the rows of a round's experiences, agents by id."""
    lived = sorted(batch.experiences.items())
    for start in range(0, len(lived), MOST):
        yield from _fitting(lived[start : start + MOST], number, batch.round)


def _fitting(
    lived: Sequence[tuple[str, Remembered]], number: Number, round: int
) -> Iterator[NewRow]:
    try:
        body = encode(_columns(lived, number))
    except TooLargeError as error:
        half = len(lived) // 2
        if not half:
            raise UnstorableError(f"experience of agent {lived[0][0]!r} {error}") from error
        yield from _fitting(lived[:half], number, round)
        yield from _fitting(lived[half:], number, round)
    except UnstorableError as error:
        raise UnstorableError(f"{_culprit(lived)} {error}") from error
    else:
        yield NewRow("experiences", 0, round, body)


def _columns(lived: Sequence[tuple[str, Remembered]], number: Number) -> dict[str, Any]:
    ids, remembered = zip(*lived, strict=True)
    sequences, experiences, importance, surprise = zip(*remembered, strict=True)
    fields = zip(Experience._fields, zip(*experiences, strict=True), strict=True)
    return {
        "agents": np.array(list(map(number, ids)), np.uint32),
        "sequences": np.array(sequences, np.int64),
        "importance": column(importance),
        "surprise": column(surprise),
        "lived": {name: column(values) for name, values in fields},
    }


def _culprit(lived: Iterable[tuple[str, Remembered]]) -> str:
    """Name the first agent and field that no store keeps."""
    for agent_id, remembered in lived:
        for field, value in zip(Experience._fields, remembered.experience, strict=True):
            try:
                encode(value)
            except UnstorableError:
                return f"{field} of agent {agent_id!r}"
    return "the experiences"


def eviction_rows(evictions: Sequence[Eviction], number: Number, round: int) -> Iterator[NewRow]:
    """Give the tombstones of a round."""
    for start in range(0, len(evictions), MOST):
        agents, first, last, reasons = zip(*evictions[start : start + MOST], strict=True)
        value = {
            "agents": np.array(list(map(number, agents)), np.uint32),
            "first": np.array(first, np.int64),
            "last": np.array(last, np.int64),
            "reasons": column(reasons),
        }
        yield NewRow("evictions", 0, round, encode(value))


def replacement_rows(replacement: Replacement, number: Number) -> Iterator[NewRow]:
    """Give the row of a replacement, and those of its items, whose number is first + place."""
    agent_id, nth, first, last, items = replacement
    agent = number(agent_id)
    head = {"items": len(items), "last": last, "number": nth}
    yield NewRow("replacement", agent, first, encode(head))
    for place, item in enumerate(items):
        try:
            body = encode(plain_item(item))
        except UnstorableError as error:
            raise UnstorableError(f"item {item.id} of agent {agent_id!r} {error}") from error
        yield NewRow("item", agent, first + place, body)


def other_row(row: Row, number: Number) -> NewRow:
    """Give somebody else's row."""
    if not _is_for_others(row.kind):
        raise UnstorableError(f"a row of kind {row.kind!r} is not for others to write")
    if not -_INT64 <= row.number < _INT64:
        raise UnstorableError(f"a row of kind {row.kind!r} has a number beyond 64 bits")
    try:
        body = encode(row.value)
    except UnstorableError as error:
        raise UnstorableError(f"row {row.number} of kind {row.kind!r} {error}") from error
    return NewRow(row.kind, number(row.agent) if row.agent else 0, row.number, body)


@lru_cache(maxsize=64)
def _is_for_others(kind: str) -> bool:
    return bool(KIND.fullmatch(kind)) and kind not in OWN_KINDS


def closing_row(round: int, totals: Totals) -> NewRow:
    """Give the row that makes a round whole."""
    agents, written, consolidated, evicted, items = totals
    # As encode would: there is one for each round, and the others take as long to encode.
    text = _CLOSING % (agents, consolidated, evicted, items, written)
    return NewRow("round", 0, round, LENGTH.pack(len(text)) + text)


def rows_of(batch: Batch, names: Names) -> list[NewRow]:
    """Give the rows of a round in the order in which they are written, but for the last.

    Raises:
        UnstorableError: something in it is of no kind that a store keeps.
        AgentIdError: an agent's id breaks the rule for ids.
    """
    rows: list[NewRow] = []
    if batch.experiences:
        rows += experience_rows(batch, names.number)
    if batch.evictions:
        rows += eviction_rows(batch.evictions, names.number, batch.round)
    for replacement in batch.replacements:
        rows += replacement_rows(replacement, names.number)
    rows += [other_row(row, names.number) for row in batch.rows]
    return [*names.rows(), *rows] if names.has_news else rows


class Names:
    """Which number stands for which agent in a run: 1 for the first that was met, and so on."""

    __slots__ = ("_numbers", "_told")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._numbers = {agent_id: number for number, agent_id in enumerate(ids, 1)}
        self._told = len(self._numbers)

    def number(self, agent_id: str) -> int:
        """Give an agent's number; a new one if it has none.

        Raises:
            AgentIdError: it breaks the rule for ids.
        """
        number = self._numbers.get(agent_id)
        if number is None:
            number = self._numbers[check_id(agent_id)] = len(self._numbers) + 1
        return number

    @property
    def has_news(self) -> bool:
        """Whether somebody is new since ``rows`` was asked last."""
        return self._told < len(self._numbers)

    def rows(self) -> Iterator[NewRow]:
        """Give the rows that tell who is new since this was last asked."""
        new = list(self._numbers)[self._told :]
        for start in range(0, len(new), MOST):
            yield NewRow("agents", 0, self._told + start + 1, encode(new[start : start + MOST]))
        self._told = len(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)
