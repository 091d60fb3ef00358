"""The contract of everything that decides: one required method, a few optional ones."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

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

    def experiences_of(self, agent_id: str) -> tuple[Experience, ...]:
        return self.experiences


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What all contexts of one agent share."""

    agent_id: str
    rng: Callable[[], np.random.Generator]
    clock: Clock


class Context:
    """What an agent may know and use while it acts; made afresh for every call."""

    __slots__ = ("_moment", "_standing", "_started")

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
        lived = missed if previous is None else (*missed, previous)
        stream = rng or _own_stream(agent_id)
        self._standing = Standing(agent_id, stream, clock or SystemClock())
        self._moment: Moment = OneMoment(round, deadline, lived)
        self._started = 0.0

    @classmethod
    def at(cls, moment: Moment, standing: Standing, started: float = 0.0) -> Self:
        """Make one the short way; for hosts.

        Args:
            started: when the agent was given its call, in the clock's seconds.
        """
        context = cls.__new__(cls)
        context._moment = moment  # noqa: SLF001  its own, and two times as quick as __init__
        context._standing = standing  # noqa: SLF001
        context._started = started  # noqa: SLF001
        return context

    @property
    def agent_id(self) -> str:
        """Whose it is."""
        return self._standing.agent_id

    @property
    def round(self) -> int:
        """The number of the round; before the first, 0."""
        return self._moment.round

    @property
    def deadline(self) -> float:
        """When the round closes for this agent, in the clock's seconds."""
        deadline = self._moment.deadline
        return self._started + self._moment.timeout if deadline is None else deadline

    @property
    def previous(self) -> Experience | None:
        """The last step as this agent lived it; None at the start."""
        lived = self._moment.experiences_of(self._standing.agent_id)
        return lived[-1] if lived else None

    @property
    def missed(self) -> tuple[Experience, ...]:
        """The steps before ``previous`` that passed while the agent was busy, oldest first."""
        return self._moment.experiences_of(self._standing.agent_id)[:-1]

    @property
    def rng(self) -> np.random.Generator:
        """The agent's own random stream, keyed by the society's seed and the agent's id."""
        return self._standing.rng()

    def time_left(self) -> float:
        """Give the seconds until the round closes; negative when it has."""
        return self.deadline - self._standing.clock.now()


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
