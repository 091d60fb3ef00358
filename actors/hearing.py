"""The half of an agent's host that hears what comes between the calls: words and questions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import AskError, AskTimeoutError
from ..logs import get_logger
from ..models import chance
from ..models.agent import Agent, Context, OneMoment
from ..models.memory import Recall
from ..models.outbox import OUTSIDE, Parcel, Phase
from ..models.payload import seal
from ..models.standing import Talk
from .actor import Actor
from .care.recovery import Recovery
from .failures import describe, is_ctrl_c, log_traceback, shown
from .mail.dead_letters import DeadLetter, Reason
from .mailbox import Letter
from .messages import Deliver, DeliverInOrder, EpisodeEnded, Question
from .seat import Seat

log = get_logger(__name__)

NOWHERE = -1
"""An episode that no call is of: whoever sets it has the next call come by ``prepare``."""


class Hearer(Actor):
    """Has an agent hear messages and answer questions, and keeps what it says meanwhile."""

    __slots__ = (
        "_recovery",
        "_rng",
        "_told",
        "_unsent",
        "agent",
        "episode",
        "failures",
        "last_failure",
        "seat",
    )

    agent: Agent

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat.agent_id, clock=seat.clock)
        self.seat = seat
        self.episode = 0
        """The one that the agent is in; ``NOWHERE`` when there is more to do than to act."""
        interval = seat.snapshot_interval
        self._recovery = None if interval is None else Recovery(seat.agent_id, interval)
        self._unsent: tuple[Parcel, ...] = ()
        """Said between rounds; it goes with the next answer."""
        self._told = 0
        """How many messages have come in one row with the calls."""
        self.failures = 0
        """How often the agent has raised at something else than a call."""
        self.last_failure = ""
        """At what, and what it raised, in a line for people."""
        self._rng: np.random.Generator | None = None

    @property
    def agent_id(self) -> str:
        """Whose host it is."""
        return self.seat.agent_id

    @property
    def talk(self) -> Talk:
        """How the agent reaches the others."""
        return self.seat.talk

    @property
    def memory(self) -> Recall:
        """What the agent remembers."""
        return self.seat.memory

    def rng(self) -> np.random.Generator:
        """Give the agent's own random stream; it is made when somebody first draws."""
        if self._rng is None:
            self._rng = chance.generator(self.seat.seed, self.seat.agent_id, "act")
        return self._rng

    def _stumbled(self, error: BaseException, method: str) -> None:
        if is_ctrl_c(error):
            return
        self.last_failure = f"{method}() raised {shown(error)}"
        self.failures += 1
        if self._recovery is None:
            log_traceback(self.name, error, self.seat.warnings)
        else:
            # The call that fails for it comes with the traceback.
            self._recovery.stumbled(error)
            self.episode = NOWHERE

    def _deliver(self, message: Deliver) -> None:
        self._told += isinstance(message, DeliverInOrder)
        hears_by = "agent_died" if message.death else "receive"
        if not hasattr(self.agent, hears_by):
            self._leave_unheard(message, f"defines no {hears_by}()")
            return
        if self._recovery is not None and self._recovery.holds:
            if not self._recovery.hold(message):
                self._leave_unheard(message, "has too many waiting while it is down")
            return
        try:
            self._receive(message)
        except BaseException as error:
            self._stumbled(error, hears_by)
            raise

    def _receive(self, message: Deliver) -> None:
        agent: Any = self.agent
        context = self._between(message.round, Phase.RECEIVE, topic=message.topic, cause=message.id)
        if message.death:
            agent.agent_died(message.sender, message.payload, context)
        else:
            agent.receive(message.payload, message.sender, context)
        self._keep_said(context)

    def _leave_unheard(self, message: Deliver, why: str) -> None:
        kind = type(self.agent).__qualname__
        if self.seat.warnings.is_first((kind, why), message.round):
            log.warning("message.unheard", agent=self.name, kind=kind, round=message.round, why=why)
        self._bury(message, Reason.UNDELIVERABLE)

    def _bury(self, message: Deliver | Question, reason: Reason) -> None:
        dead_letters = self.actor_inbox.rules.dead_letters
        if dead_letters is not None:
            dead_letters.record(DeadLetter(message, reason, self.name, message.sender))

    def _answer(self, message: Question) -> Any:
        if message.after > self._told:
            raise _TooSoon(message)
        if self.clock.now() > message.deadline:
            self._bury(message, Reason.EXPIRED)
            raise AskTimeoutError(f"{self.name} was too late to answer")
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
            self._stumbled(error, "answer")
            raise

    def fail(self, letter: Letter, error: BaseException) -> None:
        if isinstance(error, _TooSoon):
            # In a crowd senders take turns, and this one's told us something by the kernel.
            self.actor_inbox.put(Letter(error.question.in_order(), letter.reply_to))
        else:
            super().fail(letter, error)

    def _report(self, message: Any, error: BaseException) -> None:
        # Of a class that hears nothing right there may be thousands, each told by each.
        if isinstance(message, (Deliver, EpisodeEnded)):
            kind = (type(self.agent).__qualname__, type(message), type(error).__qualname__)
            if not self.seat.warnings.is_first(kind, message.round):
                return
        super()._report(message, error)

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
            self._stumbled(error, "episode_ended")
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
            self.episode = NOWHERE

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


class _TooSoon(Exception):  # noqa: N818  nothing is wrong
    """A question is read before what its sender told the agent first."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
