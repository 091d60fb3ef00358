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
from ..forks import free_in_children
from ..models import chance
from ..models.agent import Agent, Context, OneMoment, Silence, Talk
from ..models.outbox import OUTSIDE, Parcel, Phase
from ..models.payload import seal
from ..models.profile import Profile, Tunable
from .actor import Actor
from .failures import describe, is_ctrl_c
from .mailbox import Letter
from .messages import Call, Deliver, EpisodeEnded, Perceive, Question, Retire, Retune, Suspend
from .openings import Answers, Openings
from .recovery import Recovery
from .snapshots import Stateful

# Our own numerical agents take turns: numpy lets go of the GIL in every call, and fifty
# threads that fight for it are ten times slower than one. Agents of users are never held
# by it, for one that hangs would hold it for ever.
_COMPUTE_TOKEN = free_in_children(threading.Lock())


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


# An episode that no call is of: whoever sets it has the next call come by ``enter_episode``.
_NOWHERE = -1


class AgentActor(Actor):
    """Hosts one plain agent: takes calls from the mailbox, hands answers to the round.

    Subclass it for a new kind of actor and override ``decide``, or ``on_start``, ``on_stop``
    and ``on_failure``; pass it as ``society.add(..., host=MyActor)`` or publish it under the
    entry point group ``antiphon.actors``.
    """

    __slots__ = (
        "_entered",
        "_openings",
        "_profile",
        "_recovery",
        "_rng",
        "_unsent",
        "act",
        "agent",
        "blocks",
        "episode",
        "seat",
    )

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
        self._unsent: tuple[Parcel, ...] = ()
        """Said between rounds; it goes with the next answer."""
        self._openings: Openings | None = None
        self.blocks = False
        """Whether a call to the agent waits for something other than the processor."""
        self._rng: np.random.Generator | None = None
        self._profile: Profile | None = None

    @property
    def agent_id(self) -> str:
        """Whose host it is."""
        return self.seat.agent_id

    @property
    def talk(self) -> Talk:
        """How the agent reaches the others."""
        return self.seat.talk

    def on_start(self) -> None:
        self._seat(self.seat.create())
        self.agent.reset(self._seed_of(0))
        if isinstance(self.agent, Answers):
            self._openings = Openings(self.name, self.agent)

    def _seat(self, agent: Agent) -> None:
        self.agent = agent
        # One that is built anew goes on as the tuner left the one before.
        if self._profile is not None and isinstance(agent, Tunable):
            agent.retune(self._profile)
        self.blocks = bool(getattr(agent, "blocking", False))
        self.act = self._way_to_act()
        if isinstance(agent, Answers) or (
            self._recovery is not None and isinstance(agent, Stateful)
        ):
            self.act = partial(self._act_and_keep, self.act, agent)

    def _act_and_keep(
        self, act: Callable[[Any, Context], Any], agent: Any, observation: Any, context: Context
    ) -> Any:
        action = act(observation, context)
        # Before the answer counts: an agent that cannot give its state has failed in this call.
        snapshots = None if self._recovery is None else self._recovery.snapshots
        if snapshots is not None and context.round >= snapshots.due:
            snapshots.take(agent, round=context.round, episode=self._entered)
        if self._openings is not None:
            self._openings.publish(agent, context.round, self._entered)
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
            case Suspend() | Retire() | Retune():
                return self._change(message)
            case _:
                raise TypeError(f"{self.name} takes no {type(message).__name__}")

    def _change(self, message: Suspend | Retire | Retune) -> None:
        match message:
            case Suspend():
                self._suspend(message)
            case Retire():
                self.request_stop()
            case Retune():
                self._retune(message)

    def _perceive(self, message: Perceive) -> None:
        call, index = message.reply_to, message.index
        now = self.clock.now
        started = now()
        if call.over or (call.deadline is not None and started >= call.deadline):
            call.skip(index)
            return
        try:
            if call.episode != self.episode or call.mail_of(self.name):
                self.prepare(call, index)
            context = Context.at(call, self, started)
            try:
                action = self.act(call.observation_of(index), context)
            finally:
                # Also if it raised: then it is counted, and heard by nobody.
                if said := context.take_said():
                    call.say(index, said)
        except Exception as error:
            call.fail(index, error, started, now())
            return
        call.accept(index, action, started, now())

    def prepare(self, call: Call, index: int) -> None:
        """Do what comes before a call's action; on whichever thread calls the agent.

        It is told with the call and not by messages: a hung agent's mailbox would fill with
        them.
        """
        try:
            self._enter_episode(call.episode)
        finally:
            for parcel in call.mail_of(self.name):
                self.handle(Letter(Deliver.of(parcel, call.round)))
            if self._unsent:
                unsent, self._unsent = self._unsent, ()
                call.say(index, unsent)
        self._check_stumbled()
        self.episode = self._entered

    def _check_stumbled(self) -> None:
        failure = None if self._recovery is None else self._recovery.take_failure()
        if failure is not None:
            self.episode = self._entered
            raise failure

    def _enter_episode(self, episode: int) -> None:
        self._check_stumbled()
        if self._recovery is not None and self._recovery.is_down:
            self._come_back(episode, self._recovery)
        if episode != self._entered:
            self.agent.reset(self._seed_of(episode))
        self.episode = self._entered = episode

    def _retune(self, message: Retune) -> None:
        if not isinstance(self.agent, Tunable):
            raise TypeError(f"agent {self.name} cannot be tuned: it defines no retune()")
        self.agent.retune(message.profile)
        self._profile = message.profile

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
        if not hasattr(self.agent, "receive"):
            raise TypeError(f"agent {self.name} hears no messages: it defines no receive()")
        if self._recovery is not None and self._recovery.is_down:
            self._recovery.hold(message)
            return
        try:
            self._receive(message)
        except BaseException as error:
            self._stumbled(error)
            raise

    def _receive(self, message: Deliver) -> None:
        agent: Any = self.agent
        context = self._between(message.round, Phase.RECEIVE, topic=message.topic, cause=message.id)
        agent.receive(message.payload, message.sender, context)
        self._keep_said(context)

    def _answer(self, message: Question) -> Any:
        if self._recovery is not None and self._recovery.is_down:
            raise self._recovery.refusal()
        answer = getattr(self.agent, "answer", None)
        if answer is None:
            raise AskError(f"agent {self.name} answers no questions: it defines no answer()")
        try:
            context = self._between(message.round, None, deadline=message.deadline)
            given = answer(message.payload, message.sender, context)
            # Here, where nobody changes it meanwhile; the world outside may be given anything.
            return given if message.sender == OUTSIDE else seal(given)
        except BaseException as error:
            self._stumbled(error)
            raise

    def _end_episode(self, message: EpisodeEnded) -> None:
        episode_ended = getattr(self.agent, "episode_ended", None)
        if episode_ended is None or (self._recovery is not None and self._recovery.is_down):
            return
        try:
            context = self._between(
                message.round, Phase.EPISODE_ENDED, experiences=message.experiences
            )
            episode_ended(context)
            self._keep_said(context)
        except BaseException as error:
            self._stumbled(error)
            raise

    def _between(self, round: int, phase: Phase | None, **facts: Any) -> Context:
        """Make the context of something that happens between two rounds."""
        first = sum(parcel.round == round and parcel.phase is phase for parcel in self._unsent)
        moment = OneMoment(round, phase=phase, first=first, **facts)
        return Context.at(moment, self)

    def _keep_said(self, context: Context) -> None:
        """Keep what was said between two rounds, until the agent is called."""
        if said := context.take_said():
            self._unsent += said
            self.episode = _NOWHERE

    def answer_here(self, message: Question) -> Any:
        """Answer on the asker's thread, where all actors run on that one.

        Raises:
            AskError: the agent raised, or answers no questions.
        """
        try:
            return self._answer(message)
        except AskError:
            raise
        except BaseException as error:
            if is_ctrl_c(error):
                raise
            raise AskError(f"{self.name} raised {describe(error)}") from error

    def stand_in(self, round: int) -> Answers:
        """Make another agent like this one, as it was after its last call before this round.

        Any thread may call.

        Raises:
            AskError: the agent answers no questions, or not within rounds.
        """
        if self._openings is None:
            raise AskError(
                f"agent {self.name} cannot be asked within a round: it has to define answer(), "
                "get_state() and set_state()"
            )
        other = self.seat.create()
        assert isinstance(other, Answers)
        other.reset(self._seed_of(self._openings.episode_at(round)))
        other.set_state(self._openings.at(round))
        return other

    def rng(self) -> np.random.Generator:
        """Give the agent's own random stream; it is made when somebody first draws."""
        if self._rng is None:
            self._rng = chance.generator(self.seat.seed, self.seat.agent_id, "act")
        return self._rng

    def _seed_of(self, episode: int) -> int:
        return chance.seed_for(self.seat.seed, self.seat.agent_id, "reset", episode)


_LETTERS = ("on_receive", "handle", "prepare", "on_wake")


def _in_turn(act: Callable[[Any, Context], Any], observation: Any, context: Context) -> Any:
    with _COMPUTE_TOKEN:
        return act(observation, context)
