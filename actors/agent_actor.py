"""The actor with one agent behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ..clock import Clock, SystemClock
from ..errors import AskError
from ..models import chance
from ..models.agent import Agent, Context, OneMoment, Standing
from ..models.experience import Experience
from .actor import Actor, is_ctrl_c
from .messages import Deliver, EpisodeEnded, Perceive, Question, Retire, Suspend
from .recovery import Recovery
from .snapshots import Snapshots, Stateful

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
    snapshot_interval: int | None = None
    """In rounds; None where nobody is ever restarted."""


# An episode that no call is of: whoever sets it has the next call come by ``enter_episode``.
_NOWHERE = -1


class AgentActor(Actor):
    """Hosts one plain agent: takes calls from the mailbox, hands answers to the round.

    Subclass it for a new kind of actor and override ``decide``, or ``on_start``, ``on_stop``
    and ``on_failure``; pass it as ``society.add(..., host=MyActor)`` or publish it under the
    entry point group ``antiphon.actors``.
    """

    agent: Agent
    act: Callable[[Any, Context], Any]
    """What a call comes down to: the agent's own ``act``, or what goes round it."""

    takes_visits: ClassVar[bool] = True
    """Whether a worker may call ``act`` without a letter, for nothing here hears of letters."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        # Whoever looks at every letter has to get every letter.
        cls.takes_visits = all(getattr(cls, n) is getattr(AgentActor, n) for n in _LETTERS)

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat.agent_id, clock=seat.clock)
        self.seat = seat
        self.episode = 0
        """The one that the agent is in; ``_NOWHERE`` when there is more to do than to act."""
        self._entered = 0
        interval = seat.snapshot_interval
        self._recovery = None if interval is None else Recovery(seat.agent_id, interval)
        self.standing = Standing(seat.agent_id, self._stream, seat.clock)
        self.blocks = False
        """Whether a call to the agent waits for something other than the processor."""
        self._rng: np.random.Generator | None = None

    def on_start(self) -> None:
        self._seat(self.seat.create())
        self.agent.reset(self._seed_of(0))

    def _seat(self, agent: Agent) -> None:
        self.agent = agent
        self.blocks = bool(getattr(agent, "blocking", False))
        self.act = self._way_to_act()
        if self._recovery is not None and isinstance(agent, Stateful):
            self.act = partial(self._act_and_keep, self.act, agent, self._recovery.snapshots)

    def _act_and_keep(
        self,
        act: Callable[[Any, Context], Any],
        agent: Stateful,
        snapshots: Snapshots,
        observation: Any,
        context: Context,
    ) -> Any:
        action = act(observation, context)
        # Before the answer counts: an agent that cannot give its state has failed in this call.
        if context.round >= snapshots.due:
            snapshots.take(agent, round=context.round, episode=self._entered)
        return action

    def _way_to_act(self) -> Callable[[Any, Context], Any]:
        if type(self).decide is not AgentActor.decide:
            return self.decide
        # Read from the class itself, not inherited: a user's subclass is a user's agent.
        if vars(type(self.agent)).get("compute_bound"):
            return partial(_in_turn, self.agent.act)
        return self.agent.act

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
            case Suspend():
                return self._suspend(message)
            case Retire():
                return self.request_stop()
            case _:
                raise TypeError(f"{self.name} takes no {type(message).__name__}")

    def _perceive(self, message: Perceive) -> None:
        call, index = message.reply_to, message.index
        now = self.clock.now
        started = now()
        if call.over or (call.deadline is not None and started >= call.deadline):
            call.skip(index)
            return
        try:
            if call.episode != self.episode:
                self.enter_episode(call.episode)
            context = Context.at(call, self.standing, started)
            action = self.act(call.observation_of(index), context)
        except Exception as error:
            call.fail(index, error, started, now())
            return
        call.accept(index, action, started, now())

    def enter_episode(self, episode: int) -> None:
        """Reset the agent; on whichever thread calls it."""
        # Told with the call, not by a message: a hung agent's mailbox would fill with them.
        if self._recovery is not None:
            if (failure := self._recovery.take_failure()) is not None:
                self.episode = self._entered
                raise failure
            if self._recovery.is_down:
                self._come_back(episode, self._recovery)
        if episode != self._entered:
            self.agent.reset(self._seed_of(episode))
        self.episode = self._entered = episode

    def _suspend(self, message: Suspend) -> None:
        assert self._recovery is not None
        self._recovery.suspend(message.until, message.reason)
        self.episode = _NOWHERE

    def _come_back(self, episode: int, recovery: Recovery) -> None:
        self._seat(recovery.snapshots.revive(self.seat.create, self._seed_of, episode))
        self._entered = episode
        # One that raises is gone, and the agent still down: the rest waits for the next.
        while recovery.held:
            self._receive(recovery.held.popleft())
        recovery.come_up()

    def _stumbled(self, error: BaseException) -> None:
        if self._recovery is not None and not is_ctrl_c(error):
            self._recovery.stumbled(error)
            self.episode = _NOWHERE

    def _deliver(self, message: Deliver) -> None:
        if self._recovery is not None and self._recovery.is_down:
            self._recovery.hold(message)
            return
        if not hasattr(self.agent, "receive"):
            raise TypeError(f"agent {self.name} hears no messages: it defines no receive()")
        try:
            self._receive(message)
        except BaseException as error:
            self._stumbled(error)
            raise

    def _receive(self, message: Deliver) -> None:
        agent: Any = self.agent
        agent.receive(message.payload, message.sender, self._between(message.round))

    def _answer(self, message: Question) -> Any:
        if self._recovery is not None and self._recovery.is_down:
            raise self._recovery.refusal()
        answer = getattr(self.agent, "answer", None)
        if answer is None:
            raise AskError(f"agent {self.name} answers no questions: it defines no answer()")
        try:
            return answer(message.payload, message.sender, self._between(0))
        except BaseException as error:
            self._stumbled(error)
            raise

    def _end_episode(self, message: EpisodeEnded) -> None:
        episode_ended = getattr(self.agent, "episode_ended", None)
        if episode_ended is None or (self._recovery is not None and self._recovery.is_down):
            return
        try:
            episode_ended(self._between(message.round, message.experiences))
        except BaseException as error:
            self._stumbled(error)
            raise

    def _between(self, round: int, experiences: tuple[Experience, ...] = ()) -> Context:
        """Make the context of something that happens between two rounds."""
        return Context.at(OneMoment(round, experiences=experiences), self.standing)

    def _stream(self) -> np.random.Generator:
        if self._rng is None:
            self._rng = chance.generator(self.seat.seed, self.seat.agent_id, "act")
        return self._rng

    def _seed_of(self, episode: int) -> int:
        return chance.seed_for(self.seat.seed, self.seat.agent_id, "reset", episode)


_LETTERS = ("on_receive", "handle", "enter_episode")


def _in_turn(act: Callable[[Any, Context], Any], observation: Any, context: Context) -> Any:
    with _COMPUTE_TOKEN:
        return act(observation, context)
