"""Says whether a store is what was written, to the bit, and whether its memories add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import StoreCorruptError
from .batch import Totals
from .chain import StoredRow
from .reader import Reader
from .records import Evicted, Lived, item_in, names_of, sound, totals_of
from .revival import MalformedError, decode
from .spans import Spans


class Counts(NamedTuple):
    """What became of one agent's experiences."""

    written: int
    consolidated: int
    evicted: int

    @property
    def live(self) -> int:
        return self.written - self.consolidated - self.evicted


class Verified(NamedTuple):
    """A store that is what was written."""

    rounds: int
    rows: int
    totals: Totals
    counts: dict[str, Counts]
    """By agent id."""


def verify(folder: Path) -> Verified:
    """Go through a store from its first row to its last; takes memory for one row at a time.

    A run that is still going on is read up to the round that is its last now.

    Raises:
        StoreCorruptError: it is not what was written; names the first round that is not.
        StoreError: it cannot be read.
    """
    with Reader(folder) as reader:
        reader.check_nothing_follows()
        account = Account(reader.path)
        for row in reader.stored():
            account.take(row)
        reader.check_indexes()
        return Verified(account.rounds, account.seq, account.totals, account.counts(reader.agents))


class Account:
    """Follows the rows of a store, and holds what they say against what it counted itself."""

    def __init__(self, path: Path) -> None:
        self.seq = 0
        self.round = -1
        self.rounds = 0
        self._path = path
        self._open = False
        self._agents = 0
        self._totals = Totals()
        # By the agent's number; nobody has 0.
        self._written = np.zeros(1, np.int64)
        self._consolidated = [0]
        self._gone = [Spans()]
        self._takes: dict[str, Any] = {
            "agents": self._meet,
            "experiences": self._live,
            "evictions": self._evict,
            "replacement": self._replace,
            "item": self._keep,
            "round": self._close,
        }

    def take(self, row: StoredRow) -> None:
        """Take in the next row.

        Raises:
            StoreCorruptError: it cannot be the next.
        """
        begins = not self._open and (row.round == self.round + 1 or self.seq == 0)
        if row.seq != self.seq + 1 or not (begins or (self._open and row.round == self.round)):
            rule = f"row {row.seq} of round {row.round} follows row {self.seq}"
            raise StoreCorruptError(self._path, rule, round=max(0, self.round))
        self.seq, self.round, self._open = row.seq, row.round, True
        with sound(row, self._path):
            self._takes.get(row.kind, self._look)(row)

    def _look(self, row: StoredRow) -> None:
        decode(row.body)

    def _meet(self, row: StoredRow) -> None:
        new = len(names_of(row, self._path))
        self._agents += new
        self._written = np.concatenate([self._written, np.zeros(new, np.int64)])
        self._consolidated += [0] * new
        self._gone += [Spans() for _ in range(new)]

    def _live(self, row: StoredRow) -> None:
        lived = Lived(row.body)
        if len(lived) and not 0 < lived.agents.min() <= lived.agents.max() <= self._agents:
            raise MalformedError("is of an agent whom nobody named")
        if not np.array_equal(lived.sequences, self._written[lived.agents] + 1):
            raise MalformedError("leaves an experience out, or has one twice")
        self._written[lived.agents] = lived.sequences
        self._count(written=len(lived))
        for place in range(len(lived)):
            lived.at(place)

    def _evict(self, row: StoredRow) -> None:
        gone = Evicted(row.body)
        for ends in zip(gone.agents, gone.first, gone.last, strict=True):
            agent, first, last = map(int, ends)
            self._lose(agent, first, last)
            self._count(evicted=last - first + 1)

    def _replace(self, row: StoredRow) -> None:
        decode(row.body)

    def _keep(self, row: StoredRow) -> None:
        item = item_in(row, self._path)
        for first, last in item.members:
            self._lose(row.agent, first, last)
            self._consolidated[row.agent] += last - first + 1
            self._count(consolidated=last - first + 1)
        self._count(items=1)

    def _count(self, **more: int) -> None:
        before = self._totals
        self._totals = before._replace(
            **{name: getattr(before, name) + number for name, number in more.items()}
        )

    def _lose(self, agent: int, first: int, last: int) -> None:
        if not 0 < agent <= self._agents or not 0 < first <= last <= self._written[agent]:
            raise MalformedError("takes away experiences that nobody had")
        if not self._gone[agent].add(first, last):
            raise MalformedError(f"takes experiences {first} to {last} away twice")

    def _close(self, row: StoredRow) -> None:
        if totals_of(row, self._path) != self.totals:
            raise MalformedError("does not add up")
        self._open = False
        self.rounds += 1

    @property
    def totals(self) -> Totals:
        return self._totals._replace(agents=self._agents)

    def counts(self, agents: list[str]) -> dict[str, Counts]:
        """Give each agent's counts."""
        return {
            agent_id: Counts(
                int(self._written[number]),
                self._consolidated[number],
                self._gone[number].count - self._consolidated[number],
            )
            for number, agent_id in enumerate(agents, 1)
        }
