"""What an agent's context knows of the call that it was made for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from .experience import Experience
from .outbox import Phase


class Moment(Protocol):
    """What the members of one round share; a call to many agents is one of these."""

    @property
    def round(self) -> int: ...

    @property
    def deadline(self) -> float | None:
        """In the clock's seconds; None where each agent has ``timeout`` from its own start."""
        ...

    @property
    def timeout(self) -> float: ...

    @property
    def phase(self) -> Phase | None:
        """What is said now is said in this phase; None where nothing may be said."""
        ...

    @property
    def topic(self) -> str: ...

    @property
    def cause(self) -> str:
        """The id of the message that is being heard; empty where none is."""
        ...

    @property
    def first(self) -> int:
        """How many messages the agent has said in this phase of the round already."""
        ...

    @property
    def path(self) -> tuple[str, ...]:
        """Who asked whom, until it came to this; empty where nobody asked."""
        ...

    def experiences_of(self, agent_id: str) -> tuple[Experience, ...]:
        """Give what this agent lived since its last call, oldest first."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class OneMoment:
    """A moment that is one agent's alone: a message, an episode's end, a test."""

    round: int = 0
    deadline: float | None = math.inf
    experiences: tuple[Experience, ...] = ()
    timeout: float = math.inf
    phase: Phase | None = Phase.ACT
    topic: str = ""
    cause: str = ""
    first: int = 0
    path: tuple[str, ...] = ()
    """Who asked whom, until it came to this."""

    def experiences_of(self, agent_id: str) -> tuple[Experience, ...]:
        return self.experiences
