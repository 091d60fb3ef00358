"""What a host is told about the agent that it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..clock import Clock, SystemClock
from ..models.agent import Agent
from ..models.memory import MEMORY_OFF, Recall
from ..models.standing import Silence, Talk
from .once import OncePerRound


@dataclass(frozen=True, slots=True)
class Seat:
    """Everything that a host needs to know about the agent it is for."""

    agent_id: str
    create: Callable[[], Agent]
    """Makes the agent; called on the actor's own thread."""
    seed: int = 0
    """The society's; the agent's own seeds are derived from it and the id."""
    clock: Clock = field(default_factory=SystemClock)
    snapshot_interval: int | None = None
    """In rounds; None where nobody is ever restarted."""
    talk: Talk = field(default_factory=Silence)
    """How the agent reaches others."""
    warnings: OncePerRound = field(default_factory=OncePerRound)
    """Shared by all of a society."""
    memory: Recall = MEMORY_OFF
    """What the agent remembers."""
