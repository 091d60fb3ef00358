"""The actor with one agent behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from ..errors import AskError
from ..forks import free_in_children
from ..models import chance
from ..models.agent import Agent, Context
from ..models.profile import Profile, Tunable
from .care.recovery import Recovery
from .care.snapshots import Stateful
from .hearing import NOWHERE, Hearer
from .mailbox import Letter
from .messages import (
    Call,
    Deliver,
    EpisodeEnded,
    Perceive,
    Question,
    Retire,
    Retune,
    Suspend,
)
from .seat import Seat
from .talk.openings import Answers, Openings

__all__ = ["AgentActor", "Seat"]

# Our own numerical agents take turns: numpy lets go of the GIL in every call, and fifty
# threads that fight for it are ten times slower than one. Agents of users are never held
# by it, for one that hangs would hold it for ever.
_COMPUTE_TOKEN = free_in_children(threading.Lock())


class AgentActor(Hearer):
    """Hosts one plain agent: takes calls from the mailbox, hands answers to the round.

    Subclass it for a new kind of actor and override ``decide``, or ``on_start``, ``on_stop``
    and ``on_failure``; pass it as ``society.add(..., host=MyActor)`` or publish it under the
    entry point group ``antiphon.actors``.
    """

    __slots__ = ("_entered", "_openings", "_profile", "act", "blocks")

    act: Callable[[Any, Context], Any]
    """What a call comes down to: the agent's own ``act``, or what goes round it."""

    takes_visits: ClassVar[bool] = True
    """Whether a worker may call ``act`` without a letter, for nothing here hears of letters."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        # Whoever looks at every letter has to get every letter.
        cls.takes_visits = all(getattr(cls, n) is getattr(AgentActor, n) for n in _LETTERS)

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._entered = 0
        self._openings: Openings | None = None
        self.blocks = False
        """Whether a call to the agent waits for something other than the processor."""
        self._profile: Profile | None = None

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
        them. If it raises, the call has failed, and what it was to tell is kept.
        """
        try:
            try:
                self._enter_episode(call.episode)
            except BaseException:
                if self._recovery is not None:
                    self._recovery.spoil()
                raise
            finally:
                self._hear(call, index)
            self._check_stumbled()
        except BaseException:
            call.untold(index)
            raise
        self.episode = self._entered

    def _hear(self, call: Call, index: int) -> None:
        """Have the agent hear its mail, or keep that for when it is decided what it is."""
        recovery = self._recovery
        while recovery is not None and recovery.held and not recovery.holds:
            self.handle(Letter(recovery.held.popleft()))
        for parcel in call.mail_of(self.name):
            self.handle(Letter(Deliver.of(parcel, call.round)))
        if self._unsent:
            unsent, self._unsent = self._unsent, ()
            call.say(index, unsent)

    def _check_stumbled(self) -> None:
        failure = None if self._recovery is None else self._recovery.take_failure()
        if failure is not None:
            self.episode = NOWHERE
            raise failure

    def _enter_episode(self, episode: int) -> None:
        self._check_stumbled()
        if self._recovery is not None and self._recovery.is_down:
            self._come_back(episode, self._recovery)
        if episode != self._entered:
            self.agent.reset(self._seed_of(episode))
        self.episode = self._entered = episode
        if self._recovery is not None:
            self._recovery.go_on()

    def _retune(self, message: Retune) -> None:
        if not isinstance(self.agent, Tunable):
            raise TypeError(f"agent {self.name} cannot be tuned: it defines no retune()")
        self.agent.retune(message.profile)
        self._profile = message.profile

    def _suspend(self, message: Suspend) -> None:
        assert self._recovery is not None
        self._recovery.suspend(message.until, message.reason)
        self.episode = NOWHERE

    def _come_back(self, episode: int, recovery: Recovery) -> None:
        self._seat(recovery.snapshots.revive(self.seat.create, self._seed_of, episode))
        self._entered = episode
        # One that raises is gone, and the agent still down: the rest waits for the next.
        while recovery.held:
            self._receive(recovery.held.popleft())
        recovery.come_up()

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

    def _seed_of(self, episode: int) -> int:
        return chance.seed_for(self.seat.seed, self.seat.agent_id, "reset", episode)


_LETTERS = ("on_receive", "handle", "prepare", "on_wake")


def _in_turn(act: Callable[[Any, Context], Any], observation: Any, context: Context) -> Any:
    with _COMPUTE_TOKEN:
        return act(observation, context)
