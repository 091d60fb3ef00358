"""The contract of everything that decides: one required method, a few optional ones."""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..clock import Clock, SystemClock
from ..errors import OutboxClosedError
from .board import Board
from .experience import Experience
from .memory import Recall
from .moment import Moment, OneMoment
from .outbox import Outbox, Parcel
from .standing import OwnStream, Standing, Who

__all__ = ["OVER", "Agent", "Context", "Moment", "OneMoment", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent is about to live; given to ``Agent.create``."""

    agent_id: str
    world: Any = None
    """The environment object, unwrapped; None in a society without one."""
    observation_space: Any = None
    action_space: Any = None
    """Gymnasium spaces; None in a society without an environment."""


OVER = Outbox("nobody")
"""What a context has in place of an outbox when its call is over."""


class Context:
    """What an agent may know and use while it acts; made afresh for every call.

    What it says with ``tell`` and the others leaves with its answer: an action that comes late
    or is none of the legal ones takes its messages along, and of an ``act`` that raises none
    was ever said.
    """

    __slots__ = ("_moment", "_outbox", "_started", "_who")

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
        stream = rng or OwnStream(agent_id)
        self._who: Who = Standing(agent_id, stream, clock or SystemClock())
        self._moment: Moment = OneMoment(round, deadline, lived)
        self._started = 0.0
        self._outbox: Outbox | None = None

    @classmethod
    def at(cls, moment: Moment, who: Who, started: float = 0.0) -> Self:
        """Make one the short way; for hosts.

        Args:
            started: when the agent was given its call, in the clock's seconds.
        """
        context = cls.__new__(cls)
        context._moment = moment  # noqa: SLF001  its own, and two times as quick as __init__
        context._who = who  # noqa: SLF001
        context._started = started  # noqa: SLF001
        context._outbox = None  # noqa: SLF001
        return context

    @property
    def agent_id(self) -> str:
        """Whose it is."""
        return self._who.agent_id

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
        lived = self._moment.experiences_of(self._who.agent_id)
        return lived[-1] if lived else None

    @property
    def missed(self) -> tuple[Experience, ...]:
        """The steps before ``previous`` that passed while the agent was busy, oldest first."""
        return self._moment.experiences_of(self._who.agent_id)[:-1]

    @property
    def lived(self) -> tuple[Experience, ...]:
        """All steps since the agent was last called, oldest first; the last is ``previous``."""
        return self._moment.experiences_of(self._who.agent_id)

    @property
    def rng(self) -> np.random.Generator:
        """The agent's own random stream, keyed by the society's seed and the agent's id."""
        return self._who.rng()

    @property
    def memory(self) -> Recall:
        """What the agent remembers: ``recent(k)``, ``recall(query, k)``, ``why(item)``.

        Raises:
            MemoryOffError: when it is read, in a society that was founded without ``memory_size``.
        """
        return self._who.memory

    def time_left(self) -> float:
        """Give the seconds until the round closes; negative when it has."""
        return self.deadline - self._who.clock.now()

    @property
    def topic(self) -> str:
        """What the message that is being heard was published on; empty if it was told."""
        return self._moment.topic

    @property
    def shared(self) -> Board:
        """The state that everyone may read, by key, as it was when the round opened."""
        return self._who.talk.board

    def tell(self, to: str, payload: Any) -> None:
        """Say something to one agent, or to "outside"; it hears it before the next round.

        Args:
            payload: JSON values and numpy arrays; a copy is sent that nobody can change.

        Raises:
            AgentIdError: nobody can have this id.
            PayloadError: this cannot be said.
            OutboxFullError, OutboxClosedError: there is no room, or the call is over.
        """
        self._say().tell(to, payload)

    def tell_many(self, ids: Iterable[str], payload: Any) -> None:
        """Say something to these agents, each once; errors as ``tell``."""
        self._say().tell_many(ids, payload)

    def broadcast(self, payload: Any) -> None:
        """Say something to everyone else; errors as ``tell``."""
        self._say().broadcast(payload)

    def publish(self, topic: str, payload: Any, *, newest: bool = False) -> None:
        """Say something to everyone else who hears a topic such as ``market/oil``.

        Args:
            newest: whoever has not heard what was so published on it before hears only this.

        Raises:
            TopicError: that is no topic.
            PayloadError, OutboxFullError, OutboxClosedError: as ``tell``.
        """
        self._say().publish(topic, payload, newest=newest)

    def subscribe(self, pattern: str) -> None:
        """Hear a topic, or ``market/*``, or ``market/**``, from the next round on.

        Raises:
            TopicError: that is no pattern.
            OutboxFullError, OutboxClosedError: as ``tell``.
        """
        self._say().subscribe(pattern)

    def unsubscribe(self, pattern: str) -> None:
        """Stop hearing by a pattern from the next round on; errors as ``subscribe``."""
        self._say().unsubscribe(pattern)

    def put(self, key: str, value: Any) -> None:
        """Propose a value for the shared state; all read it from the next round on.

        On a key that several write in one round, the last by id stands. Errors as ``publish``.
        """
        self._say().put(key, value)

    def remove(self, key: str) -> None:
        """Propose to take a key out of the shared state; errors as ``subscribe``."""
        self._say().remove(key)

    def watch(self, agent_id: str) -> None:
        """Hear once, by ``agent_died``, when an agent is out for good; at once if it is.

        Raises:
            AgentIdError: nobody can have this id, or it is one's own.
            OutboxFullError, OutboxClosedError: as ``tell``.
        """
        self._say().watch(agent_id)

    def unwatch(self, agent_id: str) -> None:
        """Watch an agent no more; errors as ``watch``."""
        self._say().unwatch(agent_id)

    def ask(self, to: str, question: Any, *, timeout: float | None = None) -> Any:
        """Ask an agent and give what its ``answer`` says.

        With ordered delivery it answers as it was after its last call before this round, for
        which it has to define ``get_state`` and ``set_state``; with immediate delivery the
        agent itself answers, once it is not at work.

        Args:
            timeout: in seconds; by default what is left of the round.

        Raises:
            AskDeadlockError: it waits for this agent already, by whatever detour.
            AskTimeoutError: no answer in time.
            DownError: it is out after a failure.
            AskError: it raised, answers no questions, or is nobody.
        """
        seconds = max(0.0, self.time_left()) if timeout is None else timeout
        who = self._who
        return who.talk.ask(who.agent_id, self._moment, to, question, seconds)

    @property
    def said(self) -> tuple[Parcel, ...]:
        """What has been said in this call; for tests of an agent by hand."""
        return () if self._outbox is None else self._outbox.parcels

    def _say(self) -> Outbox:
        if self._outbox is None:
            who = self._who
            self._outbox = who.talk.outbox(who.agent_id, self._moment)
        elif self._outbox is OVER:
            raise OutboxClosedError(self.agent_id, self.round)
        return self._outbox

    def take_said(self) -> tuple[Parcel, ...]:
        """Give what has been said, and let nothing more be; for hosts."""
        outbox, self._outbox = self._outbox, OVER
        return () if outbox is None else outbox.take()


class Agent(abc.ABC):
    """A plain object that decides: no threads, testable alone; only ``act`` is required.

    An agent may also define, and has then the right to be called with:

    - ``receive(message, sender, context)``: somebody told it something;
    - ``agent_died(agent_id, reason, context)``: one that it watches is out for good;
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

    @classmethod
    def prepare(cls, settings: Any) -> None:
        """Get ready what all of them need and what takes long, such as compiling.

        Called by ``Society.add``, on its caller's thread, so that starting does not wait.

        Args:
            settings: as ``create`` is going to get them; None for a kind without any.
        """

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode; the seed is the agent's own, different in each episode."""

    @abc.abstractmethod
    def act(self, observation: Any, context: Context) -> Any:
        """Answer an observation with an action."""
