"""What a report tells: plain facts about memories, wherever they were gathered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ..memory.ranges import Ranges
from ..memory.trend import Trend, trend_of_life


class Size(NamedTuple):
    """How much an agent's memory held in a round."""

    round: int
    live: int
    """Experiences that were whole."""
    bytes: int


class Consolidation(NamedTuple):
    """Items took the place of a range of experiences."""

    round: int
    """Before which this took effect."""
    first: int
    last: int
    """Sequences of the range."""
    experiences: int
    """How many of them there were."""
    items: int
    """How many items took their place."""
    bytes_before: int
    bytes_after: int


class Kind(NamedTuple):
    """Items of one kind."""

    kind: str
    items: int
    experiences: int
    """How many experiences they stand for."""


class Note(NamedTuple):
    """An alert."""

    round: int
    severity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An item that an agent keeps, and where it came from."""

    id: str
    kind: str
    text: str
    importance: float
    count: int
    """How many experiences it stands for."""
    round: int
    """Of the last of them."""
    members: Ranges = ()
    samples: tuple[str, ...] = ()
    """Some of these experiences, each in a line."""


@dataclass(frozen=True, kw_only=True)
class AgentStory:
    """The memory of one agent through a run; all sequences are oldest first but ``items``."""

    name: str
    limit: int | None = None
    """The most experiences it may hold."""
    written: int = 0
    live: int = 0
    consolidated: int = 0
    evicted: int = 0
    sizes: tuple[Size, ...] = ()
    consolidations: tuple[Consolidation, ...] = ()
    kinds: tuple[Kind, ...] = ()
    items: tuple[Told, ...] = ()
    """Those worth showing, the most important first."""
    items_kept: int = 0
    """How many it holds in all."""
    items_made: int = 0
    """How many there ever were; less important ones made room for others."""
    alerts: tuple[Note, ...] = ()

    @cached_property
    def trend(self) -> Trend:
        """Where the number of whole experiences goes."""
        return trend_of_life([one.round for one in self.sizes], [one.live for one in self.sizes])

    @property
    def peak(self) -> int:
        """The most experiences that it held at once."""
        return max((one.live for one in self.sizes), default=self.live)

    @property
    def bytes_share(self) -> float | None:
        """Bytes kept by bytes before, over all consolidations; None if there was none."""
        before = sum(one.bytes_before for one in self.consolidations)
        after = sum(one.bytes_after for one in self.consolidations)
        return after / before if before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SocietyStory:
    """The memories of all agents of a run."""

    title: str
    agents: tuple[AgentStory, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else a reader should know of the run, such as its seed; by name."""
