"""Ranges of memory on their way to be consolidated, and the book that is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..models.crowds.pupil import Pupil
from .compact import sizes_of, unpack
from .remembered import Remembered


@dataclass(frozen=True, slots=True, eq=False)
class HandOver:
    """A frozen range of one agent's memory, and when what is made of it takes effect."""

    agent_id: str
    number: int
    """1 for the agent's first hand-over, and so on."""
    round: int
    """In which it was handed over."""
    due: int
    """The round before which the result takes its place."""
    packed: Sequence[bytes] = field(repr=False)
    """The experiences in lived order, as the memory keeps them; at least one."""
    pupil: Pupil | None = field(default=None, repr=False)
    """The agent as it stands until the result takes effect, if it can be taught."""

    def entries(self, start: int = 0, stop: int | None = None) -> list[Remembered]:
        """Unpack them, or a part of them."""
        return [unpack(one) for one in self.packed[start:stop]]

    @property
    def size(self) -> int:
        """The bytes that they take in memory."""
        return sizes_of(self.packed)


class Settles(Protocol):
    """What comes back for a hand-over."""

    @property
    def agent_id(self) -> str: ...

    @property
    def number(self) -> int: ...


class HandOvers:
    """The book of hand-overs: one under way for each agent, and each is settled once.

    It belongs to whoever owns the memories, and is all that has to outlive a supervisor: what
    is under way can be handed over again, or be given up and thawed. Whatever comes back for
    a hand-over that is settled or given up is recognised, counted and dropped.
    """

    def __init__(self, lag: int) -> None:
        """Begin a book.

        Args:
            lag: rounds from a hand-over to its effect; 0 for the round that follows at once.
        """
        if lag < 0:
            raise ValueError(f"lag must be >= 0, got {lag}")
        self._lag = lag
        self._numbers: dict[str, int] = {}
        self._under_way: dict[str, HandOver] = {}
        self.strays = 0
        """How many results came for nothing that is under way."""

    def open(
        self,
        agent_id: str,
        packed: Sequence[bytes],
        *,
        round: int,
        lag: int | None = None,
        pupil: Pupil | None = None,
    ) -> HandOver:
        """Enter a range that is to be handed over in this round.

        Args:
            lag: rounds until it takes effect; by default the book's.
            pupil: the agent, if it can be taught.

        Raises:
            ValueError: there is nothing in it, or another one of this agent is under way.
        """
        if not packed:
            raise ValueError(f"a hand-over of agent {agent_id!r} must hold an experience")
        if agent_id in self._under_way:
            raise ValueError(f"a hand-over of agent {agent_id!r} is under way already")
        number = self._numbers.get(agent_id, 0) + 1
        due = round + (self._lag if lag is None else lag)
        made = HandOver(agent_id, number, round, due, packed, pupil)
        self._numbers[agent_id] = number
        self._under_way[agent_id] = made
        return made

    def settle(self, result: Settles) -> HandOver | None:
        """Close the hand-over that this is the result of; None for a stray, to be dropped."""
        made = self._under_way.get(result.agent_id)
        if made is None or made.number != result.number:
            self.strays += 1
            return None
        del self._under_way[result.agent_id]
        return made

    def give_up(self, agent_id: str) -> HandOver | None:
        """Close an agent's hand-over without a result, for its range to be thawed."""
        return self._under_way.pop(agent_id, None)

    def is_open(self, agent_id: str) -> bool:
        """Whether one of this agent is under way."""
        return agent_id in self._under_way

    def due(self, round: int) -> tuple[HandOver, ...]:
        """Give those that take effect before this round or should have, in agent-id order."""
        # Asked before every round, when mostly none is.
        due = [made for made in self._under_way.values() if made.due <= round]
        return tuple(sorted(due, key=lambda made: made.agent_id))

    @property
    def under_way(self) -> tuple[HandOver, ...]:
        """Those that are not settled, in agent-id order."""
        return tuple(self._under_way[agent_id] for agent_id in sorted(self._under_way))
