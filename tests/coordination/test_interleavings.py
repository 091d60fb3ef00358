"""Rounds under every order of deliveries, answers, delays and time: who counts, and where.

Agents and coordinator run in one thread; what is drawn decides whose turn is next. Agents
answer with the round they were called for, so that an answer in the wrong place shows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pykka
import pytest
from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.actors.messages import Perceive
from antiphon.clock import ManualClock
from antiphon.coordination import coordinator as coordinator_module
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.notices import Returned
from antiphon.coordination.orders import StartRound
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.round import Round
from antiphon.models.experience import Experience
from antiphon.tests.coordination.round_mutants import (
    BatchIgnored,
    CountsInOrderOfArrival,
    DuplicateIsLate,
    ForgetsItsRound,
    LateNotCounted,
    MissedForgotten,
    MissedOutOfOrder,
    NobodyIsBusy,
    StaleWordCloses,
    UnheardForgotten,
    UnheardToldLast,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

TIMEOUT = 1.0


@dataclass
class Member:
    """An agent's host in slow motion: it takes a call at one moment and answers at another."""

    name: str
    report: Callable[[Member, Perceive, Status], bool]
    mailbox: deque[Perceive] = field(default_factory=deque)
    at_work: tuple[Perceive, float] | None = None
    answered: Perceive | None = None
    dead: bool = False
    heard: list[int] = field(default_factory=list)
    """The rounds of the experiences that it was told."""

    def tell(self, message: Perceive) -> None:
        if self.dead:
            self.report(self, message, Status.DOWN)
            message.lose(pykka.ActorDeadError())
        else:
            self.mailbox.append(message)


class Play:
    """Moves one step at a time, and knows by its own book-keeping what must come out."""

    def __init__(self, kind: type[Coordinator], members: int, batch_size: int | None) -> None:
        self.clock = ManualClock(100.0)
        self.members = {name: Member(name, self.report) for name in "abcd"[:members]}
        self.coordinator = kind(self.members, ActionCheck({}), sequential=False, clock=self.clock)
        self.batch_size = batch_size
        self.round = 0
        self.opened = 0.0
        self.reply: Future[Outcome] | None = None
        self.previous: dict[str, Experience] = {}
        # What must come out of the open round, by member; and who is away on an older one.
        self.due: dict[str, Status] = {}
        self.away: dict[str, int] = {}
        self.late = self.late_seen = 0

    # What can happen

    def open(self) -> None:
        if self.reply is not None:
            return
        self.round += 1
        self.opened = self.clock.now()
        self.due = dict.fromkeys(self.away, Status.BUSY)
        self.reply = Future()
        rules = Rules(TIMEOUT, self.batch_size, drop, metrics=False)
        # Each round in another order, so that a slot's number means another member.
        names = sorted(self.members, reverse=self.round % 2 == 0)
        seen = dict.fromkeys(names, self.round)
        self.hear(StartRound(self.round, 0, seen, self.previous, rules, self.reply))

    def take(self, member: Member) -> None:
        if member.at_work or not member.mailbox:
            return
        call = member.mailbox.popleft()
        now = self.clock.now()
        if call.reply_to.over or now >= (call.reply_to.deadline or now):
            self.report(member, call, Status.TIMED_OUT)
            call.reply_to.skip(call.index)
        else:
            member.heard += [lived.round for lived in call.reply_to.experiences_of(member.name)]
            member.at_work = call, now

    def answer(self, member: Member, *, crash: bool = False) -> None:
        if member.at_work is None:
            return
        (call, started), member.at_work = member.at_work, None
        member.answered = call
        now = self.clock.now()
        in_time = now <= self.opened + TIMEOUT
        how = Status.CRASHED if crash else Status.ACTED
        current = self.report(member, call, how if in_time else Status.TIMED_OUT)
        self.late += not (current and in_time)
        if crash:
            call.reply_to.fail(call.index, ValueError(), started, now)
        else:
            call.reply_to.accept(call.index, call.reply_to.round, started, now)

    def answer_again(self, member: Member) -> None:
        if member.answered is not None:
            call, now = member.answered, self.clock.now()
            call.reply_to.accept(call.index, call.reply_to.round, now, now)

    def die(self, member: Member) -> None:
        if member.at_work or member.dead:
            return
        member.dead = True
        while member.mailbox:
            call = member.mailbox.popleft()
            self.report(member, call, Status.DOWN)
            call.lose(pykka.ActorDeadError())

    def report(self, member: Member, call: Perceive, how: Status) -> bool:
        """Note what this word must lead to; whether it is for the round that is open."""
        current = self.reply is not None and call.reply_to.round == self.round
        if current:
            self.due.setdefault(member.name, how)
        return current

    def hear(self, message: Any) -> None:
        self.coordinator.handle(Letter(message))
        self.look()

    def pump(self) -> None:
        """Let the coordinator read one letter."""
        letter = self.coordinator.actor_inbox.get(0)
        if letter is BLANK:
            return
        message = letter.message
        if isinstance(message, Returned) and self.away.get(message.agent_id) == message.round:
            del self.away[message.agent_id]
        self.coordinator.handle(letter)
        self.look()

    def wake(self) -> None:
        wake_at = self.coordinator.wake_at
        if wake_at is not None and self.clock.now() >= wake_at:
            assert wake_at == self.opened + TIMEOUT
            self.coordinator.wake()
            self.look()
            assert self.reply is None, "the deadline closes the round"

    # What must come out

    def look(self) -> None:
        if self.reply is None or not self.reply.is_set():
            return
        outcome = self.reply.get(timeout=0)
        self.reply = None
        expected = {name: self.due.get(name, Status.TIMED_OUT) for name in self.members}
        assert outcome.round == self.round
        full = len(self.due) == len(self.members)
        assert full or self.clock.now() >= self.opened + TIMEOUT, "it closed before its time"
        assert outcome.status == expected
        acted = [name for name, how in expected.items() if how is Status.ACTED]
        assert outcome.actions == dict.fromkeys(acted, self.round)
        self.late_seen += outcome.late
        for name, member in self.members.items():
            if expected[name] is Status.TIMED_OUT and name not in self.due and self.called(member):
                self.away[name] = self.round
        self.previous = {
            name: Experience(self.round, 0, None, None, how.value, 0.0, False, False)
            for name, how in expected.items()
        }

    def called(self, member: Member) -> bool:
        waiting = [*member.mailbox, *([member.at_work[0]] if member.at_work else [])]
        return any(call.reply_to.round == self.round for call in waiting)

    def check_batch(self) -> None:
        if self.reply is not None and self.batch_size is not None:
            assert sum(map(self.called, self.members.values())) <= self.batch_size

    def come_to_rest(self) -> None:
        """Let everyone finish, then play one round in which all answer in time."""
        for _ in range(200):
            self.clock.advance(TIMEOUT)
            self.wake()
            for member in self.members.values():
                self.take(member)
                self.answer(member)
            self.pump()
            if self.reply is None and self.coordinator.actor_inbox.empty() and not self.away:
                break
        self.open()
        while self.reply is not None:
            for member in self.members.values():
                self.take(member)
                self.answer(member)
            self.pump()
        assert self.late_seen == self.late
        for member in self.members.values():
            # Whoever lives has heard of every round, once, in order.
            assert member.dead or member.heard == list(range(1, self.round))


MOVES = ["open", "pump", "take", "answer"] * 2
MOVES += ["crash", "again", "wait", "time out", "wake", "die"]
moves = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 3)), min_size=20, max_size=60)
plays = st.tuples(st.integers(1, 4), st.sampled_from([None, 1, 2]), moves)


def live(kind: type[Coordinator], plan: tuple[int, int | None, list[tuple[str, int]]]) -> None:
    members, batch_size, steps = plan
    play = Play(kind, members, batch_size)
    for move, pick in steps:
        member = list(play.members.values())[pick % members]
        does: dict[str, Callable[[], None]] = {
            "open": play.open,
            "pump": play.pump,
            "take": lambda member=member: play.take(member),
            "answer": lambda member=member: play.answer(member),
            "crash": lambda member=member: play.answer(member, crash=True),
            "again": lambda member=member: play.answer_again(member),
            "die": lambda member=member: play.die(member),
            "wait": lambda: play.clock.advance(0.4),
            "time out": lambda: play.clock.advance(TIMEOUT),
            "wake": play.wake,
        }
        does[move]()
        play.check_batch()
    play.come_to_rest()


@settings(max_examples=300)
@given(plays)
def test_every_interleaving_counts_each_answer_where_it_belongs(plan: Any) -> None:
    live(Coordinator, plan)


@pytest.mark.soak
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(plays)
def test_ten_thousand_interleavings_count_each_answer_where_it_belongs(plan: Any) -> None:
    live(Coordinator, plan)


# One rule taken out


class DeadlineIgnored(Round):
    def _is_too_late(self, started: float, finished: float) -> bool:
        return False


class StaleDeadline(Coordinator):
    def _start(self, message: StartRound) -> None:
        wake_at = self.wake_at
        super()._start(message)
        self.wake_at = wake_at or self.wake_at

    def _close(self) -> None:
        wake_at = self.wake_at
        super()._close()
        self.wake_at = wake_at


@pytest.mark.parametrize(
    ("part", "mutant"),
    [
        ("RoundCall", ForgetsItsRound),
        ("RoundCall", CountsInOrderOfArrival),
        ("Round", DeadlineIgnored),
        ("Round", BatchIgnored),
        ("Coordinator", StaleWordCloses),
        ("Coordinator", StaleDeadline),
        ("Coordinator", LateNotCounted),
        ("Coordinator", DuplicateIsLate),
        ("Absences", NobodyIsBusy),
        ("Absences", MissedForgotten),
        ("Absences", MissedOutOfOrder),
        ("Absences", UnheardForgotten),
        ("Absences", UnheardToldLast),
    ],
)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    part: str, mutant: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator_module, part, mutant)
    kind = mutant if part == "Coordinator" else Coordinator

    @settings(
        max_examples=2000,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    @given(plays)
    def check(plan: Any) -> None:
        live(kind, plan)

    with pytest.raises(AssertionError):
        check()
