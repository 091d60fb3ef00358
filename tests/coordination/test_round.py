"""The plain round: each rule by example, all together over generated orders of events.

The last part takes one rule out of the protocol at a time; the same check must notice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from antiphon.coordination.outcome import Status
from antiphon.coordination.round import Round
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

OPENED = 100.0
TIMEOUT = 1.0
DEADLINE = OPENED + TIMEOUT
IDS = tuple("abcdefg")


def opened(members: int = 3, **options: Any) -> Round:
    return Round(1, IDS[:members], opened=OPENED, timeout=TIMEOUT, **options)


def statuses(round: Round) -> list[Status | None]:
    return [round.status(index) for index in range(len(round.members))]


# One rule, one example


def test_a_round_is_filled_when_everyone_has_answered() -> None:
    round = opened(2)
    assert list(round.call_next(OPENED)) == [0, 1]
    assert round.accept(0, "left", OPENED, OPENED)
    assert not round.filled
    assert round.accept(1, "right", OPENED, OPENED)
    assert round.filled
    assert round.close() == []
    assert round.actions == ["left", "right"]


def test_each_word_has_its_status() -> None:
    round = opened(4)
    round.call_next(OPENED)
    error = ValueError()
    assert round.accept(0, 1, OPENED, OPENED)
    assert round.fail(1, error, OPENED, OPENED)
    assert round.lose(2, error)
    assert round.skip(3)
    assert statuses(round) == [Status.ACTED, Status.CRASHED, Status.DOWN, Status.TIMED_OUT]
    assert round.errors == {1: error, 2: error}


def test_the_first_word_stands() -> None:
    round = opened(1)
    round.call_next(OPENED)
    round.fail(0, ValueError(), OPENED, OPENED)
    assert not round.accept(0, 1, OPENED, OPENED)
    assert not round.lose(0, ValueError())
    assert not round.skip(0)
    assert (round.status(0), round.actions[0]) == (Status.CRASHED, None)


def test_close_times_out_the_silent_and_names_them() -> None:
    round = opened(3)
    round.call_next(OPENED)
    round.accept(1, 1, OPENED, OPENED)
    assert round.close() == ["a", "c"]
    assert statuses(round) == [Status.TIMED_OUT, Status.ACTED, Status.TIMED_OUT]


def test_a_round_closes_once() -> None:
    round = opened()
    round.close()
    with pytest.raises(RuntimeError, match="round 1 closes once"):
        round.close()


def test_a_reply_to_a_closed_round_changes_nothing() -> None:
    round = opened(1)
    round.call_next(OPENED)
    round.close()
    assert not round.accept(0, 1, OPENED, OPENED)
    assert (round.status(0), round.actions[0]) == (Status.TIMED_OUT, None)


def test_the_deadline_rules_and_not_the_moment_of_closing() -> None:
    round = opened(2)
    round.call_next(OPENED)
    round.accept(0, 1, OPENED, DEADLINE)
    round.accept(1, 1, OPENED, DEADLINE + 0.001)
    assert statuses(round) == [Status.ACTED, Status.TIMED_OUT]
    assert round.actions[1] is None
    assert round.late == 1


def test_a_crash_past_the_deadline_is_a_time_out() -> None:
    round = opened(1)
    round.call_next(OPENED)
    round.fail(0, ValueError(), OPENED, DEADLINE + 0.001)
    assert statuses(round) == [Status.TIMED_OUT]


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("finished", "status"), [(0.0, Status.ACTED), (0.1, Status.TIMED_OUT)])
def test_what_visitors_wrote_past_the_deadline_is_a_time_out_whether_they_tell_when_or_not(
    finished: float, status: Status, *, told: bool
) -> None:
    round = opened(3)
    round.call_all()
    for index, late in [(0, 0.0), (1, finished), (2, 0.0)]:
        round.started[index], round.finished[index] = OPENED, DEADLINE + late
    round.settle(2, *([DEADLINE + finished] if told else []))
    round.settle(1, *([DEADLINE] if told else []))
    assert round.close() == []
    assert statuses(round) == [Status.ACTED, status, Status.ACTED]


def test_busy_members_are_not_called_and_not_waited_for() -> None:
    round = opened(2, busy={"a"})
    assert list(round.call_next(OPENED)) == [1]
    round.accept(1, 1, OPENED, OPENED)
    assert round.filled
    assert round.close() == []
    assert statuses(round) == [Status.BUSY, Status.ACTED]


def test_with_everyone_busy_nobody_can_answer() -> None:
    round = opened(2, busy=("a", "b"))
    assert round.nobody_called
    assert list(round.call_next(OPENED)) == []
    assert round.filled


def test_a_round_without_members_is_over_at_once() -> None:
    round = opened(0)
    assert round.nobody_called
    assert round.filled
    assert round.close() == []


def test_a_batch_bounds_how_many_are_called_at_a_time() -> None:
    round = opened(5, batch_size=2)
    assert list(round.call_next(OPENED)) == [0, 1]
    assert list(round.call_next(OPENED)) == []
    round.accept(1, 1, OPENED, OPENED)
    assert list(round.call_next(OPENED)) == [2]
    round.lose(0, ValueError())
    round.skip(2)
    assert list(round.call_next(OPENED)) == [3, 4]


def test_who_was_never_called_times_out_and_is_not_at_work() -> None:
    round = opened(3, batch_size=1)
    round.call_next(OPENED)
    assert round.close() == ["a"]
    assert statuses(round) == [Status.TIMED_OUT] * 3
    assert round.unread == [1, 2]
    assert list(round.call_next(DEADLINE)) == []


def test_with_time_of_its_own_each_member_counts_from_its_start() -> None:
    round = opened(2, own_time=True)
    assert round.deadline is None
    round.call_next(OPENED)
    round.accept(0, 1, OPENED + 50, OPENED + 50 + TIMEOUT)
    round.accept(1, 1, OPENED + 50, OPENED + 51.5)
    assert statuses(round) == [Status.ACTED, Status.TIMED_OUT]


# All rules together


@dataclass(frozen=True)
class Plan:
    """One generated life of a round."""

    members: int
    busy: frozenset[int]
    batch_size: int | None
    own_time: bool
    events: list[tuple[str, int, float, float]]
    """What happens, to whom (among those it can happen to), after how long, after how much work."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    members = draw(st.sampled_from([0, 1, 2, 3, 5, len(IDS)]))
    everyone = st.integers(0, max(0, members - 1))
    kinds = ["call", "accept", "fail", "lose", "skip", "again", "close"]
    weights = ["call", "accept", "accept", *kinds]
    event = st.tuples(
        st.sampled_from(weights),
        st.integers(0, 6),
        st.sampled_from([0.0, 0.0, 0.1, 0.5]),
        st.sampled_from([0.0, 0.1, TIMEOUT, TIMEOUT + 0.1]),
    )
    return Plan(
        members,
        draw(st.frozensets(everyone, max_size=members)) if members else frozenset(),
        draw(st.sampled_from([None, 1, 2, 3])),
        draw(st.booleans()),
        draw(st.lists(event, max_size=30)),
    )


class Witness:
    """Watches a round from outside and knows, by other means, what it has to say."""

    def __init__(self, kind: type[Round], plan: Plan) -> None:
        self.plan = plan
        self.now = OPENED
        self.round = kind(
            1,
            IDS[: plan.members],
            opened=OPENED,
            timeout=TIMEOUT,
            busy={IDS[i] for i in plan.busy},
            batch_size=plan.batch_size,
            own_time=plan.own_time,
        )
        self.called: list[int] = []
        self.expected: dict[int, Status] = {}
        self.actions: dict[int, int] = {}
        self.skipped: list[int] = []
        self.late = 0
        self.closed = False

    def live(self) -> None:
        for kind, pick, after, work in self.plan.events:
            self.now += after
            if kind == "call":
                self.call()
            elif kind == "close":
                self.close()
            elif kind == "again":
                for member in self.expected:
                    self.report_again(member)
            elif waiting := [i for i in self.called if i not in self.expected]:
                self.report(kind, waiting[pick % len(waiting)], work)
                self.call()
        self.close()
        self.check_the_end()

    def call(self) -> None:
        calls = list(self.round.call_next(self.now))
        left = [
            i for i in range(self.plan.members) if i not in self.plan.busy and i not in self.called
        ]
        free = (self.plan.batch_size or self.plan.members) - len(self.called) + len(self.expected)
        assert calls == ([] if self.closed else left[:free])
        assert all(self.round.called[i] == self.now for i in calls)
        self.called += calls

    def report(self, kind: str, member: int, work: float) -> None:
        started, finished = self.now - work, self.now
        in_time = work <= TIMEOUT if self.plan.own_time else finished <= DEADLINE
        settled = self.say(kind, member, started, finished)
        assert settled is not self.closed
        if self.closed:
            return
        in_word = {"accept": Status.ACTED, "fail": Status.CRASHED, "lose": Status.DOWN}
        timed = kind in ("accept", "fail")
        late = timed and not in_time
        self.late += late
        self.skipped += [member] if kind == "skip" else []
        self.expected[member] = Status.TIMED_OUT if late or kind == "skip" else in_word[kind]
        if self.expected[member] is Status.ACTED:
            self.actions[member] = member * 10

    def report_again(self, member: int) -> None:
        for kind in ("accept", "fail", "lose", "skip"):
            assert not self.say(kind, member, self.now, self.now)

    def say(self, kind: str, member: int, started: float, finished: float) -> bool:
        match kind:
            case "accept":
                return self.round.accept(member, member * 10, started, finished)
            case "fail":
                return self.round.fail(member, ValueError(), started, finished)
            case "lose":
                return self.round.lose(member, ValueError())
        return self.round.skip(member)

    def close(self) -> None:
        if self.closed:
            with pytest.raises(RuntimeError):
                self.round.close()
            return
        waited_for = set(range(self.plan.members)) - self.plan.busy - set(self.expected)
        assert self.round.filled is (not waited_for)
        silent = [i for i in sorted(self.called) if i not in self.expected]
        # With time of its own nobody can be at work when the round closes.
        if self.plan.own_time:
            self.skipped += silent
            silent = []
        assert self.round.close() == [IDS[i] for i in silent]
        self.closed = True

    def check_the_end(self) -> None:
        self.call()
        for member in self.called:
            # Every reply that is still to come is late now.
            assert not self.say("accept", member, OPENED, OPENED)
        for member in range(self.plan.members):
            busy = member in self.plan.busy
            rest = Status.BUSY if busy else Status.TIMED_OUT
            assert self.round.status(member) is self.expected.get(member, rest)
            assert self.round.actions[member] == self.actions.get(member)
        uncalled = set(range(self.plan.members)) - self.plan.busy - set(self.called)
        assert sorted(self.round.unread) == sorted({*self.skipped, *uncalled})
        assert self.round.late == self.late


def hold(kind: type[Round]) -> Callable[[], None]:
    """Make the check: a round of this kind keeps every rule in every order of events."""

    @given(plans())
    def check(plan: Plan) -> None:
        Witness(kind, plan).live()

    return check


@settings(max_examples=400)
@given(plans())
def test_every_rule_holds_in_every_order_of_events(plan: Plan) -> None:
    Witness(Round, plan).live()


@pytest.mark.soak
@settings(max_examples=20_000, suppress_health_check=list(HealthCheck))
@given(plans())
def test_every_rule_holds_in_twenty_thousand_orders_of_events(plan: Plan) -> None:
    Witness(Round, plan).live()


# One rule taken out


class LateCounts(Round):
    def _is_settled(self, index: int) -> bool:
        if self.closed and self.ends.get(index) is Status.TIMED_OUT:
            del self.ends[index]
            return False
        return super()._is_settled(index)


class DuplicateCounts(Round):
    def _is_settled(self, index: int) -> bool:
        return self.closed


class DeadlineNotLookedAt(Round):
    def _is_too_late(self, started: float, finished: float) -> bool:
        return False


class DeadlineMovesWithTheCall(Round):
    def _is_too_late(self, started: float, finished: float) -> bool:
        return finished - started > self.timeout


class OwnTimeCountsFromTheOpening(Round):
    def _is_too_late(self, started: float, finished: float) -> bool:
        return finished > self.opened + self.timeout


class LateActionKept(Round):
    def accept(self, index: int, action: Any, started: float, finished: float) -> bool:
        settled = super().accept(index, action, started, finished)
        if settled:
            self.actions[index] = action
        return settled


class BatchIgnored(Round):
    def call_next(self, now: float) -> Sequence[int]:
        self._batch_size = len(self.members)
        return super().call_next(now)


class PlaceInTheBatchNotGivenBack(Round):
    def skip(self, index: int) -> bool:
        settled = super().skip(index)
        self._in_flight += settled
        return settled


class BusyCalled(Round):
    def __init__(self, number: int, members: Any, *, busy: Any = (), **options: Any) -> None:
        super().__init__(number, members, **options)


class BusyWaitedFor(Round):
    def __init__(self, number: int, members: Any, *, busy: Any = (), **options: Any) -> None:
        super().__init__(number, members, busy=busy, **options)
        self._open_slots = len(self.members)


class ClosesTwice(Round):
    def close(self) -> list[str]:
        self.closed = False
        return super().close()


class CallsAfterItsClose(Round):
    def call_next(self, now: float) -> Sequence[int]:
        closed, self.closed = self.closed, False
        try:
            return super().call_next(now)
        finally:
            self.closed = closed


class UncalledCountAsAtWork(Round):
    def close(self) -> list[str]:
        self.started = [self.opened] * len(self.members)
        return super().close()


class LossNotNoted(Round):
    def lose(self, index: int, error: BaseException) -> bool:
        return not self._is_settled(index)


class UnreadNotNoted(Round):
    def skip(self, index: int) -> bool:
        unread = list(self.unread)
        settled = super().skip(index)
        self.unread = unread
        return settled


@pytest.mark.parametrize(
    "mutant",
    [
        LateCounts,
        DuplicateCounts,
        DeadlineNotLookedAt,
        DeadlineMovesWithTheCall,
        OwnTimeCountsFromTheOpening,
        LateActionKept,
        BatchIgnored,
        PlaceInTheBatchNotGivenBack,
        BusyCalled,
        BusyWaitedFor,
        ClosesTwice,
        CallsAfterItsClose,
        UncalledCountAsAtWork,
        LossNotNoted,
        UnreadNotNoted,
    ],
)
def test_a_round_with_one_rule_taken_out_is_caught(mutant: type[Round]) -> None:
    quick = settings(
        max_examples=1000,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        quick(hold(mutant))()
