"""The actor that calls, gathers, and closes each round at its one deadline."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..actors.actor import Actor, harmless
from ..actors.address import Address
from ..actors.care.decision import Decision
from ..actors.care.directive import Directive, always
from ..actors.care.supervision import SupervisionRules, Supervisor
from ..actors.failures import describe
from ..actors.mail.dead_letters import DeadLetter, DeadLetters, Reason
from ..actors.mail.letters import copy_of
from ..actors.messages import EpisodeEnded, Retire, Suspend
from ..clock import Clock
from ..errors import StoppedError
from ..logs import get_logger
from ..models.outbox import Parcel
from .absence import Absences
from .actions import ActionCheck
from .attendance import Attendance
from .call import RoundCall, Visit
from .joint_action import AllActed, conclude, is_legal
from .notices import EnoughCame, Gathering, Returned, RoundFilled
from .orders import AbandonRound, EndEpisode, Leave, Post, StartRound, WhoIsBusy
from .outcome import Outcome, Status
from .polled_round import PolledRound
from .reply import reply
from .round import Round
from .talk.correspondence import Correspondence
from .talk.exchange import Deliveries
from .talk.inquiries import Ask, Inquiries, Reaches

log = get_logger(__name__)

REMOVED = "removed"
"""What those who watch an agent are told when it has been taken out."""
GRACE = 0.005
"""Seconds for which those who wait to be answered for together wait for one more."""


class Coordinator(Actor):
    """Runs one round at a time; never waits, so it can always be stopped.

    The round lives in a plain ``Round``; answers reach it through its ``RoundCall`` without
    passing this mailbox, which hears only that the round is full or that time is up.
    """

    urgent = True

    def __init__(
        self,
        addresses: Mapping[str, Reaches],
        check: ActionCheck,
        *,
        supervisor: Supervisor | None = None,
        sequential: bool,
        correspondence: Correspondence | None = None,
        visit: Visit | None = None,
        on_death: Callable[[str, str, int], object] = lambda *_: None,
        dead_letters: DeadLetters | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Make a coordinator.

        Args:
            dead_letters: where answers are counted that came too late.
            on_death: told who is out for good, why, and since which round.
            correspondence: what agents say to each other; by default it begins with this.
            sequential: whether each agent has time of its own.
            visit: how to call many at once; None where each has to have a letter.
        """
        super().__init__("coordinator", clock=clock)
        self._addresses = addresses
        self._check = check
        # These two may change while nothing runs this actor.
        self.sequential = sequential
        self.visit = visit
        self._supervisor = supervisor or Supervisor(
            always(Directive.RESUME), SupervisionRules(), seed=0
        )
        self._dead_letters = dead_letters or DeadLetters()
        self._inquiries = Inquiries(addresses)
        self._on_death = on_death
        self._late_failures: dict[str, BaseException] = {}
        self._correspondence = correspondence or Correspondence(addresses.keys())
        self._absences = Absences(self._supervisor.down)
        self._all_acted = AllActed()
        self.attendance = Attendance(self._absences)
        self._late = 0
        self._open: tuple[StartRound, Round, RoundCall] | None = None
        self._last_round = 0
        self._answering = 0.0

    @property
    def busy(self) -> list[str]:
        """Who is still at work on a closed round; any thread may look."""
        return sorted(copy_of(self._absences.busy))

    def on_receive(self, message: Any) -> Any:
        match message:
            case RoundFilled() | Gathering() | EnoughCame():
                self._hear_of_round(message)
            case StartRound():
                self._start(message)
            case Returned():
                self._welcome(message)
            case EndEpisode():
                self._end_episode(message)
            case Post():
                self._post(message)
            case Ask():
                self._ask(message)
            case AbandonRound():
                self._close()
            case Leave():
                self._part_with(message)
            case WhoIsBusy():
                return self.busy
            case _:
                raise TypeError(f"the coordinator takes no {type(message).__name__}")
        return None

    def on_wake(self) -> None:
        if self._open is None:
            return
        _, round, call = self._open
        now, latest = self.clock.now(), self._latest(round)
        if now >= _end_of(round):
            self._close()
        elif now >= latest:
            call.answer_now()
            self.wake_at = _end_of(round)
        elif call.answer_if_quiet():
            self.wake_at = min(latest, now + GRACE)
        else:
            self.wake_at = _end_of(round)

    def _hear_of_round(self, message: RoundFilled | Gathering | EnoughCame) -> None:
        if isinstance(message, RoundFilled):
            self._close_if(message.round)
        else:
            self._look_soon(message)

    def _close_if(self, number: int) -> None:
        # It may have been closed by its deadline while this message was under way.
        if self._open is not None and self._open[0].round == number:
            self._close()

    def _look_soon(self, message: Gathering | EnoughCame) -> None:
        """Look whether those who have been gathered wait for somebody who does not come.

        Or whether whoever has not answered by then is needed no more.
        """
        if self._open is not None and self._open[0].round == message.round:
            latest = self._latest(self._open[1])
            self.wake_at = min(latest, self.clock.now() + GRACE)

    def _latest(self, round: Round) -> float:
        """Give when those who wait have to be answered for, so that it is in time."""
        return _end_of(round) - 2 * self._answering

    def on_stop(self) -> None:
        if self._open is not None:
            self._open[0].lose(StoppedError())
        for ask in self._inquiries.take_kept():
            ask.lose(StoppedError())

    def _start(self, message: StartRound) -> None:
        if self._open is not None:
            raise RuntimeError(f"round {self._open[0].round} is still open")
        self._supervisor.due(message.round)
        self.attendance.open()
        round = self._new_round(message)
        call = RoundCall(
            round,
            self._addresses,
            Address(self),
            episode=message.episode,
            observations=list(message.observations.values()),
            news=self._absences.news(round.members, message.previous),
            mail=self._correspondence.open(message.round, lambda: _called(round)),
            clock=self.clock,
        )
        self._open = (message, round, call)
        self._last_round = message.round
        self.wake_at = round.deadline
        call.send(self.visit)
        if round.nobody_called:
            self._close()

    def _new_round(self, message: StartRound) -> Round:
        rules = message.rules
        ids = list(message.observations)
        options: dict[str, Any] = {
            "opened": self.clock.now() if message.asked is None else message.asked,
            "timeout": rules.timeout,
            "busy": self._absences.busy,
            "down": self._supervisor.down,
            "batch_size": rules.batch_size,
            "own_time": self.sequential,
        }
        if rules.protocol is None:
            return Round(message.round, ids, **options)
        return PolledRound(
            message.round,
            ids,
            protocol=rules.protocol,
            counts=partial(is_legal, self._check),
            patience=rules.patience,
            **options,
        )

    def _close(self) -> None:
        if self._open is None:
            return
        message, round, call = self._open
        self._open = self.wake_at = None
        try:
            self._leave_behind(round, call)
            outcome = self._conclude(message, round)
            self._correspondence.close(call.take_said(), outcome.status)
            # Before anybody hears of the round: what comes after it is to find them down.
            decisions = self._supervise(round)
            outcome = _with_events(outcome, self._correspondence.take_heard(), decisions)
        except BaseException as error:
            # Somebody waits, and the round that would answer is closed.
            message.fail(harmless(error, self.name))
            raise
        _log_closed(outcome)
        reply(message, outcome, round.broken)
        self._let_in()

    def _leave_behind(self, round: Round, call: RoundCall) -> None:
        """End a round for those who have not answered, and keep what they have not heard."""
        self._absences.leave(call.close(), round.number)
        self._answering = call.answering or self._answering
        call.answer_rest()
        for agent_id, experiences, mail in call.unheard():
            self._absences.give_back(agent_id, experiences)
            self._correspondence.give_back(agent_id, mail)

    def _conclude(self, message: StartRound, round: Round) -> Outcome:
        self.attendance.close(round)
        late, self._late = self._late, 0
        if round.late:
            self._bury_late(round)
        return conclude(
            round,
            self._check,
            message.rules,
            message.previous,
            acted=self._all_acted,
            now=self.clock.now(),
            late=late,
        )

    def _bury_late(self, round: Round) -> None:
        for index, how in round.ends.items():
            if how is Status.TIMED_OUT and round.finished[index] is not None:
                self._bury(Returned(round.number, round.members[index], late=True))

    def _bury(self, answer: Returned) -> None:
        self._dead_letters.record(DeadLetter(answer, Reason.LATE, self.name, answer.agent_id))

    def _supervise(self, round: Round) -> tuple[Decision, ...]:
        """Decide what becomes of those that failed, and carry it out."""
        failures, self._late_failures = self._late_failures, {}
        ids, ends = round.members, round.ends
        for index, error in round.errors.items():
            if ends[index] is not Status.DOWN:
                failures[ids[index]] = error
            elif ids[index] not in self._supervisor.down:
                # Somebody else has stopped its actor.
                self._mourn(ids[index], describe(error), round.number)
        if not failures:
            return ()
        decisions = self._supervisor.decide(round.number, failures)
        for decision in decisions:
            if decision.final:
                self._mourn(decision.agent_id, decision.reason, round.number)
                self._addresses[decision.agent_id].tell(Retire())
            elif decision.restart_at is not None:
                order = Suspend(decision.restart_at, decision.reason)
                self._addresses[decision.agent_id].tell(order)
        return decisions

    def _mourn(self, agent_id: str, reason: str, round: int) -> None:
        """Keep nothing for one who is out for good, and let it be known."""
        self._absences.forget(agent_id)
        self._correspondence.died(agent_id, reason, round)
        self._on_death(agent_id, reason, round)

    def _part_with(self, message: Leave) -> None:
        for agent_id in message.agent_ids:
            self._late_failures.pop(agent_id, None)
            self._supervisor.dismiss(agent_id)
            self._mourn(agent_id, REMOVED, self._last_round)

    def _welcome(self, message: Returned) -> None:
        self.attendance.welcome(message, self._last_round, is_open=self._open is not None)
        # A host that answers twice is neither away nor late.
        mail: Sequence[Parcel] = ()
        if self._absences.come_back(message.agent_id, message.round):
            mail = message.mail
            if message.late and not message.unneeded:
                self._late += 1
                self._bury(message)
            if message.error is not None and self._supervisor.counts(
                message.agent_id, message.round
            ):
                self._late_failures[message.agent_id] = message.error
            self._absences.give_back(message.agent_id, message.unheard)
        self._correspondence.come_back(
            message.agent_id, message.said, mail, unneeded=message.unneeded
        )

    def _end_episode(self, message: EndEpisode) -> None:
        self.attendance.end_episode()
        for agent_id, experience in message.previous.items():
            if self._absences.is_away(agent_id):
                self._absences.miss(agent_id, experience)
            else:
                news = self._absences.catch_up(agent_id, experience)
                self._addresses[agent_id].tell(EpisodeEnded(message.round, news))

    def _post(self, message: Post) -> None:
        self._correspondence.enter(message.parcels, self._last_round)
        if self._open is None:
            self._let_in()

    def _let_in(self) -> None:
        """Have what was said outside be heard, before the next round."""
        round = self._last_round + 1
        for agent_id, parcels in self._correspondence.let_in(round).items():
            if self._absences.is_away(agent_id):
                # It reads no letters; they would pile up.
                self._correspondence.keep(agent_id, parcels)
                continue
            # What came while it was at work first: nobody's words overtake each other.
            before = self._correspondence.take_from_outside(agent_id)
            self._inquiries.tell(agent_id, [*before, *parcels], round)
        for ask in self._inquiries.take_kept():
            self._pass_on(ask)

    def _ask(self, message: Ask) -> None:
        if self._open is not None and self._correspondence.waits_outside:
            self._inquiries.keep(message)  # what was told before it is heard when this closes
        else:
            self._pass_on(message)

    def _pass_on(self, message: Ask) -> None:
        agent_id = message.agent_id
        if agent_id not in self._supervisor.down:
            # A busy agent reads letters when it is back, and its mail with its next call only.
            mail = self._correspondence.take_from_outside(agent_id)
            self._inquiries.tell(agent_id, mail, self._last_round + 1)
        self._inquiries.ask(message)


def _end_of(round: Round) -> float:
    """Give when the round closes whoever is missing."""
    return round.until if round.deadline is None else min(round.deadline, round.until)


def _called(round: Round) -> set[str]:
    """Give the ids of the members that are called."""
    return {name for index, name in enumerate(round.members) if index not in round.ends}


def _with_events(
    outcome: Outcome, heard: tuple[Deliveries, ...], decisions: tuple[Decision, ...]
) -> Outcome:
    if not heard and not decisions:
        return outcome
    return dataclasses.replace(outcome, heard=heard, decisions=decisions)


def _log_closed(outcome: Outcome) -> None:
    # Counting a thousand outcomes for a line that nobody reads is a part of every round.
    if log.isEnabledFor(logging.DEBUG):
        elapsed_ms = round(outcome.elapsed * 1000, 3)
        log.debug(
            "round.closed",
            round=outcome.round,
            elapsed_ms=elapsed_ms,
            late=outcome.late,
            **outcome.counts,
        )
