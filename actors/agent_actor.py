"""The actor with one agent behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..clock import Clock, SystemClock
from ..errors import AskError
from ..models import chance
from ..models.agent import Agent, Context
from ..models.experience import Experience
from .actor import Actor
from .messages import Deliver, EpisodeEnded, Perceive, Question

# Our own numerical agents take turns: numpy lets go of the GIL in every call, and fifty
# threads that fight for it are ten times slower than one. Agents of users are never held
# by it, for one that hangs would hold it for ever.
_COMPUTE_TOKEN = threading.Lock()


@dataclass(frozen=True, slots=True)
class Seat:
    """Everything that a host needs to know about the agent it is for."""

    agent_id: str
    create: Callable[[], Agent]
    """Makes the agent; called on the actor's own thread."""
    seed: int = 0
    """The society's; the agent's own seeds are derived from it and the id."""
    clock: Clock = field(default_factory=SystemClock)


class AgentActor(Actor):
    """Hosts one plain agent: takes calls from the mailbox, hands answers to the round.

    Subclass it for a new kind of actor and override ``decide``, or ``on_start``, ``on_stop``
    and ``on_failure``; pass it as ``society.add(..., host=MyActor)`` or publish it under the
    entry point group ``antiphon.actors``.
    """

    agent: Agent

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat.agent_id, clock=seat.clock)
        self.seat = seat
        self._episode = 0
        self._rng: np.random.Generator | None = None
        self._turn: threading.Lock | None = None

    def on_start(self) -> None:
        self.agent = self.seat.create()
        if self._is_all_ours():
            self._turn = _COMPUTE_TOKEN
        self.agent.reset(self._seed_of(0))

    def _is_all_ours(self) -> bool:
        """Whether nothing that a user wrote runs inside ``act``."""
        # Read from the class itself, not inherited: a user's subclass is a user's agent, and
        # a host that decides otherwise is a user's host.
        ours = bool(vars(type(self.agent)).get("compute_bound"))
        return ours and type(self).decide is AgentActor.decide

    def decide(self, observation: Any, context: Context) -> Any:
        """Give the agent's action; runs on this actor's thread, timed."""
        return self.agent.act(observation, context)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Perceive():
                return self._perceive(message)
            case Deliver():
                return self._deliver(message)
            case Question():
                return self._answer(message)
            case EpisodeEnded():
                return self._end_episode(message)
            case _:
                raise TypeError(f"{self.name} takes no {type(message).__name__}")

    def _perceive(self, message: Perceive) -> None:
        if self._turn is None:
            self._act(message)
        else:
            with self._turn:
                self._act(message)

    def _act(self, message: Perceive) -> None:
        call, index = message.reply_to, message.index
        now = self.clock.now
        started = now()
        deadline = call.deadline
        if call.over or (deadline is not None and started >= deadline):
            call.skip(index)
            return
        if deadline is None:
            deadline = started + call.timeout
        try:
            if call.episode != self._episode:
                self._enter_episode(call.episode)
            context = self._context(call.round, message.experiences, deadline)
            action = self.decide(message.observation, context)
        except Exception as error:
            call.fail(index, error, started, now())
            return
        call.accept(index, action, started, now())

    def _enter_episode(self, episode: int) -> None:
        # Told with the call, not by a message: a hung agent's mailbox would fill with them.
        self.agent.reset(self._seed_of(episode))
        self._episode = episode

    def _deliver(self, message: Deliver) -> None:
        receive = getattr(self.agent, "receive", None)
        if receive is None:
            raise TypeError(f"agent {self.name} hears no messages: it defines no receive()")
        receive(message.payload, message.sender, self._context(message.round))

    def _answer(self, message: Question) -> Any:
        answer = getattr(self.agent, "answer", None)
        if answer is None:
            raise AskError(f"agent {self.name} answers no questions: it defines no answer()")
        return answer(message.payload, message.sender, self._context(0))

    def _end_episode(self, message: EpisodeEnded) -> None:
        episode_ended = getattr(self.agent, "episode_ended", None)
        if episode_ended is not None:
            episode_ended(self._context(message.round, message.experiences))

    def _context(
        self,
        round: int,
        experiences: tuple[Experience, ...] = (),
        deadline: float = float("inf"),
    ) -> Context:
        return Context(
            self.seat.agent_id,
            round=round,
            deadline=deadline,
            previous=experiences[-1] if experiences else None,
            missed=experiences[:-1],
            rng=self._stream,
            clock=self.clock,
        )

    def _stream(self) -> np.random.Generator:
        if self._rng is None:
            self._rng = chance.generator(self.seat.seed, self.seat.agent_id, "act")
        return self._rng

    def _seed_of(self, episode: int) -> int:
        return chance.seed_for(self.seat.seed, self.seat.agent_id, "reset", episode)
