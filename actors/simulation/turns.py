"""An actor's turn in a simulated society: it takes a letter now, and answers when it is done."""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, cast

from ...models.standing import Silence
from ..actor import Actor
from ..future import Future
from ..hearing import Hearer
from ..mailbox import BLANK, Letter, Mailbox, refuse
from ..messages import Call, Perceive
from ..talk.interview import Interviews
from ..together import Gathered
from .agenda import Agenda, Step
from .choices import Choices
from .faults import Faults
from .strand import Strand
from .virtual_clock import VirtualClock
from .waits import Waits

HISTORY = 10_000
"""How many events are kept."""
_EIGHTHS = 8

Latency = Callable[[str, int], float]
"""By an agent's id and the round: seconds of virtual time that its answer takes beside what the
agent itself spends; ``math.inf`` if it never comes."""


class Event(NamedTuple):
    """One thing that happened in a simulated society."""

    time: float
    what: str
    """The type of the message that was taken, or what else was done."""
    who: str
    round: int | None = None
    """The round of the message or the act, where it has one."""


@dataclass(slots=True, eq=False)
class Work:
    """What an actor is at, from the taking of a letter to the answer."""

    mailbox: Mailbox
    outer: Work | None
    """What goes on only when this is done: it is waiting for an answer."""
    outer_time: float
    words: list[Step] = field(default_factory=list)
    """What is to be said at the end."""


class Turns:
    """Has actors take their turns, each in time of its own."""

    def __init__(self, clock: VirtualClock, choices: Choices, faults: Faults) -> None:
        self.agenda = Agenda(clock, self.take)
        self.history: deque[Event] = deque(maxlen=HISTORY)
        self._clock = clock
        self._choices = choices
        self.faults = faults
        self.latency: Latency | None = None
        self._work: Work | None = None
        self.waits = Waits(clock, self.agenda.ready.append, self._run)
        self.agenda.keep(self.waits)

    def take(self, mailbox: Mailbox) -> None:
        """Let an actor do what its timer says, if that is due, and handle one letter."""
        actor: Actor = mailbox.owner
        if actor.ended.is_set():
            self.agenda.forget(mailbox)
        elif _may_wait(actor):
            turn = partial(self.spend, mailbox, lambda: self._look(actor))
            self._run(Strand(turn, self))
        else:
            self.spend(mailbox, lambda: self._look(actor))

    def _run(self, strand: Strand) -> None:
        """Have a turn go on until it is over or waits."""
        work, own = self._work, self._clock.own
        try:
            strand.go_on()
        finally:
            self._work, self._clock.own = work, own

    def wait(self, strand: Strand, reply: Future[Any], timeout: float) -> None:
        """Stop in the middle of a turn, until there is an answer or the time is up."""
        work, own = self._work, self._clock.own
        self.waits.pause(strand, reply, self._clock.now() + timeout)
        self._work, self._clock.own = work, own

    def spend(self, mailbox: Mailbox, do: Callable[[], object]) -> float:
        """Have an actor do something; give when it is done, which may be later than now."""
        work = Work(mailbox, self._work, self._clock.begin())
        self._work = work
        self.agenda.occupied.add(mailbox)
        try:
            do()
        finally:
            Strand.here(self)
            self._work = work.outer
            ended = self._clock.end(work.outer_time)
            if ended <= self._clock.world:
                self._come_back(work)
            else:
                self.agenda.add_later(ended, lambda: self._come_back(work))
        return ended

    def _come_back(self, work: Work) -> None:
        # Words first: while it is at work its actor says nothing else.
        for word in work.words:
            word()
        self.agenda.occupied.discard(work.mailbox)
        actor: Actor = work.mailbox.owner
        if not actor.actor_stopped.is_set():
            self.agenda.look_at(work.mailbox)
        elif actor.begun:
            actor.finish()

    def _look(self, actor: Actor) -> None:
        letter = actor.actor_inbox.get(0)
        if actor.wake_at is not None and self._clock.now() >= actor.wake_at:
            self.note("wake", actor.name)
            actor.wake()
        if letter is not BLANK:
            message = letter.message
            about = message.reply_to if isinstance(message, Perceive) else message
            self.note(type(message).__name__, actor.name, getattr(about, "round", None))
            self._handle(actor, letter)

    def _handle(self, actor: Actor, letter: Letter) -> None:
        message = letter.message
        if letter.reply_to is not None:
            # It answers as a future does, and that is all that anybody wants of it here.
            letter = Letter(message, cast("Any", _LateReply(letter.reply_to, self)))
        elif isinstance(message, Perceive):
            message.reply_to = cast("Any", _LateCall(message.reply_to, self, actor.name))
        try:
            actor.read(letter)
        except KeyboardInterrupt as error:
            # Nobody else is going to say that this letter is lost.
            refuse(letter, error)
            raise

    def say(self, word: Step) -> None:
        """Say something: now, or when whoever says it is done."""
        if self._work is not None and self._clock.now() > self._clock.world:
            self._work.words.append(word)
        else:
            word()

    def answer(self, answer: Step) -> None:
        """Give an answer in the same way, and now and then a second time."""
        self.say(partial(self._answer, answer))

    def _answer(self, answer: Step) -> None:
        answer()
        if self.faults.repeat and self._choices.weigh((self.faults.repeat,)):
            self.agenda.ready.append(answer)

    def spoil(self, name: str, round: int) -> BaseException | None:
        """Let something go wrong with an act, now and then; give what it raised."""
        risks = self.faults.of_act
        match self._choices.weigh(risks) if any(risks) else 0:
            case 1:
                self._take_long(1 + self._choices.pick(_EIGHTHS))
                self.note("slow", name, round)
            case 2:
                self.note("hang", name, round)
                self._clock.advance(math.inf)
            case 3:
                self._take_long(self._choices.pick(1 + _EIGHTHS))
                self.note("crash", name, round)
                return RuntimeError("a simulated fault")
        return None

    def take_time(self, name: str, round: int) -> float:
        """Let an answer take what it takes; give how many seconds that was."""
        Strand.here(self)
        if self.latency is None:
            return 0.0
        seconds = self.latency(name, round)
        self._clock.advance(seconds)
        return seconds

    def _take_long(self, eighths: int) -> None:
        self._clock.advance(self.faults.longest * eighths / _EIGHTHS)

    def now(self) -> float:
        """Say what time it is for whoever is at work."""
        return self._clock.now()

    def note(self, what: str, who: str, round: int | None = None) -> None:
        """Write down what happens."""
        self.history.append(Event(self._clock.now(), what, who, round))


def _may_wait(actor: Actor) -> bool:
    """Whether an actor may stop in the middle of a turn; others need no stack of their own."""
    return isinstance(actor, Hearer) and not isinstance(actor.talk, Interviews | Silence)


class _LateReply:
    """Stands for the future of an ask, which is answered when the answer's time has come."""

    __slots__ = ("_reply", "_turns")

    def __init__(self, reply: Any, turns: Turns) -> None:
        self._reply = reply
        self._turns = turns

    def set(self, value: Any = None) -> None:
        self._turns.answer(partial(self._reply.set, value))

    def set_exception(self, exc_info: Any = None) -> None:
        self._turns.answer(partial(self._reply.set_exception, exc_info or sys.exc_info()))


class _LateCall:
    """Stands for a call, and tells it what a host says when its time has come."""

    __slots__ = ("_call", "_joins", "_name", "_said", "_took", "_turns")

    def __init__(self, call: Call, turns: Turns, name: str) -> None:
        self._call = call
        self._turns = turns
        self._name = name
        self._said: list[Step] = []
        self._joins = False
        self._took = False

    def __getattr__(self, name: str) -> Any:
        # What a host reads of a call, it reads at once.
        return getattr(self._call, name)

    def say(self, index: int, parcels: Any) -> None:
        # It is said when the answer is known; how long that takes is chosen only then.
        self._said.append(lambda: self._call.say(index, parcels))

    def _take_time(self) -> float:
        # Once: what is gathered may yet fail.
        took, self._took = self._took, True
        return 0.0 if took else self._turns.take_time(self._name, self._call.round)

    def accept(self, index: int, action: Any, started: float, finished: float) -> None:
        self._take_time()
        error = self._turns.spoil(self._name, self._call.round)
        finished = self._turns.now()
        if error is not None:
            self._said.clear()
            self.fail(index, error, started, finished)
        else:
            self._answer(lambda: self._call.accept(index, action, started, finished))

    def gather(self, index: int, host: Gathered) -> None:
        self._take_time()
        if (error := self._turns.spoil(self._name, self._call.round)) is not None:
            raise error
        self._joins = True
        self._turns.say(partial(self._join, index, host))

    def _join(self, index: int, host: Gathered) -> None:
        if self._joins:
            self._joins = False
            self._call.gather(index, host)

    def leave(self, index: int, error: BaseException) -> None:
        if self._joins:
            self._joins = False  # it was not there yet
            self._call.lose(index, error)
        else:
            self._call.leave(index, error)

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> None:
        finished += self._take_time()
        self._answer(lambda: self._call.fail(index, error, started, finished))

    def lose(self, index: int, error: BaseException) -> None:
        self._answer(lambda: self._call.lose(index, error))

    def skip(self, index: int) -> None:
        self._answer(lambda: self._call.skip(index))

    def _answer(self, answer: Step) -> None:
        # What is said twice would be heard twice, and no host does that.
        for word in self._said:
            self._turns.say(word)
        self._said.clear()
        self._turns.answer(answer)
