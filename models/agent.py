"""The contract of everything that decides: one required method, a few optional ones."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..clock import Clock, SystemClock
from . import chance
from .experience import Experience


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent is about to live; given to ``Agent.create``."""

    agent_id: str
    world: Any = None
    """The environment object, unwrapped; None in a society without one."""
    observation_space: Any = None
    action_space: Any = None
    """Gymnasium spaces; None in a society without an environment."""


class Context:
    """What an agent may know and use while it acts; made afresh for every call."""

    __slots__ = ("_clock", "_rng", "agent_id", "deadline", "missed", "previous", "round")

    def __init__(
        self,
        agent_id: str = "agent-1",
        *,
        round: int = 0,
        deadline: float = math.inf,
        previous: Experience | None = None,
        missed: tuple[Experience, ...] = (),
        rng: Callable[[], np.random.Generator] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Make a context; the defaults are for calling an agent by hand.

        Args:
            deadline: when the round closes, in the clock's seconds.
            previous: the last step as this agent lived it; None at the start.
            missed: the steps before ``previous`` that passed while the agent was busy,
                oldest first.
            rng: gives the agent's own random stream.
        """
        self.agent_id = agent_id
        self.round = round
        self.deadline = deadline
        self.previous = previous
        self.missed = missed
        self._rng = rng or _own_stream(agent_id)
        self._clock = clock or SystemClock()

    @property
    def rng(self) -> np.random.Generator:
        """The agent's own random stream, keyed by the society's seed and the agent's id."""
        return self._rng()

    def time_left(self) -> float:
        """Give the seconds until the round closes; negative when it has."""
        return self.deadline - self._clock.now()


def _own_stream(agent_id: str) -> Callable[[], np.random.Generator]:
    stream = chance.generator(0, agent_id, "act")
    return lambda: stream


class Agent(abc.ABC):
    """A plain object that decides: no threads, testable alone; only ``act`` is required.

    An agent may also define, and has then the right to be called with:

    - ``receive(message, sender, context)``: somebody told it something;
    - ``answer(question, sender, context)``: somebody asks; it reads and changes nothing;
    - ``episode_ended(context)``: ``context.previous`` is the episode's last step;
    - ``get_state()`` and ``set_state(state)``: JSON values and numpy arrays, enough to go on
      from exactly here.

    All of these are called by one thread at a time.
    """

    settings_type: ClassVar[type[Any] | None] = None
    """A frozen settings type whose fields ``Society.add`` resolves for this kind of agent;
    ``create`` is then given it as ``settings=``."""

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        """Make one for a place; override to look at the spaces or the world."""
        return cls(**options)

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode; the seed is the agent's own, different in each episode."""

    @abc.abstractmethod
    def act(self, observation: Any, context: Context) -> Any:
        """Answer an observation with an action."""
