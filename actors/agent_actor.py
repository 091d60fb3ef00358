"""The actor with one agent behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, cast

from ..errors import AskError, StoppedError
from ..forks import free_in_children
from ..models import chance
from ..models.agent import Agent, Context
from ..models.profile import Profile, Tunable
from ..models.teachable import Teachable
from .care.lessons import Lessons
from .care.recovery import Recovery
from .care.snapshots import Snapshots, Stateful
from .hearing import NOWHERE, Hearer
from .mail.handling import handling_of
from .mailbox import Letter
from .messages import (
    Call,
    Deliver,
    EpisodeEnded,
    GoOn,
    Perceive,
    Question,
    Retire,
    Retune,
    Suspend,
    Teach,
)
from .seat import Seat
from .talk.openings import Answers, Openings
from .together import Seated, goes_together

__all__ = ["AgentActor", "Seat"]

_GATHERING = free_in_children(threading.Lock())
"""Held for an instant by whoever puts a letter off or lets a host go on."""


class AgentActor(Hearer):
    """Hosts one plain agent: takes calls from the mailbox, hands answers to the round.

    Subclass it for a new kind of actor and override ``decide``, or ``on_start``, ``on_stop``
    and ``on_failure``; pass it as ``society.add(..., host=MyActor)`` or publish it under the
    entry point group ``antiphon.actors``.
    """

    __slots__ = (
        "_entered",
        "_gathered",
        "_lessons",
        "_openings",
        "_profile",
        "_put_off",
        "_snapshots",
        "act",
        "blocks",
        "keeps",
        "seated",
        "together",
    )

    act: Callable[[Any, Context], Any]
    """What a call comes down to: the agent's own ``act``, or what goes round it."""

    seated: Seated
    """The agent as its crowd sees it; where ``together``."""

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
        self.together = False
        """Whether the agent may be answered for with others, by its crowd."""
        self._gathered: tuple[Call, int] | None = None
        """The call and place in which it waits to be."""
        self._put_off: list[Letter] = []
        """What has come meanwhile, in order."""
        self.keeps = False
        """Whether ``keep`` has something to do."""
        self._snapshots: Snapshots | None = None
        self._lessons = Lessons()

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
        decides = type(self).decide is not AgentActor.decide
        self.act = self.decide if decides else agent.act
        self.together = not decides and goes_together(type(agent))
        if self.together and not (hasattr(agent, "crowd") and hasattr(agent, "seat")):
            kind = type(agent).__name__
            raise TypeError(
                f"{kind} says that it goes together with others, and has no crowd or seat"
            )
        self.seated = cast("Seated", agent)
        stateful = self._recovery is not None and isinstance(agent, Stateful)
        self._snapshots = self._recovery.snapshots if self._recovery and stateful else None
        self.keeps = stateful or isinstance(agent, Answers)
        if self.keeps:
            self.act = partial(self._act_and_keep, self.act)

    def _act_and_keep(
        self, act: Callable[[Any, Context], Any], observation: Any, context: Context
    ) -> Any:
        action = act(observation, context)
        self.keep(context.round, self._entered)
        return action

    def keep(self, round: int, episode: int) -> None:
        """Keep what the agent has become by an answer that is about to count.

        Before it does: an agent that cannot give its state has failed in this call.
        """
        agent: Any = self.agent
        if self._snapshots is not None and round >= self._snapshots.due:
            self._snapshots.take(agent, round=round, episode=episode)
            self._lessons.forget()
        if self._openings is not None:
            self._openings.publish(agent, round, episode)

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
            case Suspend() | Retire() | Retune() | Teach():
                return self._change(message)
            case GoOn():
                return None  # what was put off has been read on the way here
            case _:
                raise TypeError(f"{self.name} takes no {type(message).__name__}")

    def _change(self, message: Suspend | Retire | Retune | Teach) -> None:
        match message:
            case Suspend():
                self._suspend(message)
            case Retire():
                self.request_stop()
            case Retune():
                self._retune(message)
            case Teach():
                self._teach(message)

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
            if self.together and call.gathers:
                self._gather(call, index)
                return
            context = Context.at(call, self, started)
            try:
                action = self.act(call.observation_of(index), context)
            finally:
                # Also if it raised: then it is counted, and heard by nobody.
                if said := context.take_said():
                    call.say(index, said)
        except Exception as error:  # an agent's code; what is worse, the actor contains
            call.fail(index, error, started, now())
            return
        call.accept(index, action, started, now())

    def _gather(self, call: Call, index: int) -> None:
        """Wait for others to be answered for; no thread does, and no letter is read meanwhile."""
        # First this, then gather: by the time that returns, it may be over.
        self._gathered = call, index
        try:
            call.gather(index, self)
        except BaseException:  # Ctrl-C too: else it would wait for ever
            self.resume()
            raise

    def resume(self) -> None:
        """Go on after the answer; on any thread."""
        with _GATHERING:
            self._gathered = None
            waits = bool(self._put_off)
        if waits:
            self.actor_inbox.put(Letter(GoOn()))

    def handle(self, letter: Letter) -> None:
        """Take one message; while the agent waits to be answered for, only to stop."""
        if (self._gathered is None and not self._put_off) or handling_of(letter.message).control:
            super().handle(letter)
            return
        with _GATHERING:
            if self._gathered is not None:
                self._put_off.append(letter)
                return
            put_off, self._put_off = self._put_off, []
        for one in (*put_off, letter):
            # One of them may have it wait again; then those behind are put off once more.
            self.handle(one)

    def _end(self) -> None:
        super()._end()
        with _GATHERING:
            gathered, self._gathered = self._gathered, None
            put_off, self._put_off = self._put_off, []
        if gathered is not None:
            call, index = gathered
            call.leave(index, StoppedError(f"{self.name} stopped before it was answered for"))
        for letter in put_off:
            self.actor_inbox.put(letter)  # closed: it is handed back as all that still waits

    def prepare(self, call: Call, index: int) -> None:
        """Do what comes before a call's action; on whichever thread calls the agent.

        It is told with the call and not by messages: a hung agent's mailbox would fill with
        them. If it raises, the call has failed, and what it was to tell is kept.
        """
        try:
            try:
                self._enter_episode(call.episode)
            except BaseException:  # whatever it was, the agent is half in
                if self._recovery is not None:
                    self._recovery.spoil()
                raise
            finally:
                self._hear(call, index)
            self._check_stumbled()
        except BaseException:  # Ctrl-C too: nothing that it lived is lost
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

    def _teach(self, message: Teach) -> None:
        if not isinstance(self.agent, Teachable):
            raise TypeError(f"agent {self.name} cannot be taught: it defines no teach()")
        if self._recovery is not None:
            self._lessons.add(message.gains)
            if self._recovery.is_down:
                return
        try:
            self.agent.teach(message.gains)
        except BaseException as error:
            self._stumbled(error, "teach")
            raise

    def _suspend(self, message: Suspend) -> None:
        assert self._recovery is not None
        self._recovery.suspend(message.until, message.reason)
        self.episode = NOWHERE

    def _come_back(self, episode: int, recovery: Recovery) -> None:
        self._seat(recovery.snapshots.revive(self.seat.create, self._seed_of, episode))
        self._entered = episode
        if self._lessons.gains:
            assert isinstance(self.agent, Teachable)  # it is of the same type
            self.agent.teach(self._lessons.gains)
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
