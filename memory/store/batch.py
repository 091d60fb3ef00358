"""What one round adds to the store of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..item import Item
from ..remembered import Remembered

EVERYONE = ""
"""Whose a row is that belongs to no agent."""
KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
OWN_KINDS = frozenset({"agents", "experiences", "evictions", "replacement", "item", "round"})
"""The kinds of rows that the store makes itself."""


class Eviction(NamedTuple):
    """Experiences of one agent that the clean-up let go, side by side."""

    agent: str
    first: int
    last: int
    """Both are sequences, inclusive."""
    reason: str


class Replacement(NamedTuple):
    """A range of experiences of one agent, and what took its place."""

    agent: str
    number: int
    """Which of the agent's replacements."""
    first: int
    last: int
    """Both are sequences, inclusive."""
    items: Sequence[Item]
    """Each experience of the range that was not evicted is a member of one."""

    @property
    def experiences(self) -> int:
        """How many the items stand for."""
        return sum(item.count for item in self.items)


class Row(NamedTuple):
    """A row of somebody else's, for example of a journal."""

    kind: str
    """Its table, so to say: a lower-case word that is none of ``OWN_KINDS``."""
    value: Any
    """Anything that ``values.encode`` takes, also what it made of it."""
    agent: str = EVERYONE
    number: int = 0
    """What tells it from the agent's other rows of this kind, of which there may be one each."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """All that a round adds; it is there whole or not at all."""

    round: int
    """At least 0; one more than that of the batch before."""
    experiences: Mapping[str, Remembered] = field(default_factory=dict)
    evictions: Sequence[Eviction] = ()
    replacements: Sequence[Replacement] = ()
    rows: Sequence[Row] = ()


class Totals(NamedTuple):
    """How many experiences there were up to the end of a round, all agents together."""

    agents: int = 0
    """How many were ever met."""
    written: int = 0
    consolidated: int = 0
    evicted: int = 0
    items: int = 0
    """What stands for those that were consolidated."""

    @property
    def live(self) -> int:
        return self.written - self.consolidated - self.evicted

    def plus(self, batch: Batch, *, agents: int) -> Totals:
        """Give the totals after one more batch."""
        if not (batch.experiences or batch.evictions or batch.replacements):
            return self if agents == self.agents else self._replace(agents=agents)
        return Totals(
            agents,
            self.written + len(batch.experiences),
            self.consolidated + sum(r.experiences for r in batch.replacements),
            self.evicted + sum(e.last - e.first + 1 for e in batch.evictions),
            self.items + sum(len(r.items) for r in batch.replacements),
        )
