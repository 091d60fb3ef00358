"""The plain round, each rule by example."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.outcome import Status
from antiphon.coordination.round import Round
from antiphon.tests.coordination.round_witness import DEADLINE, IDS, OPENED, TIMEOUT


def opened(members: int = 3, **options: Any) -> Round:
    return Round(1, IDS[:members], opened=OPENED, timeout=TIMEOUT, **options)


def statuses(round: Round) -> list[Status | None]:
    return [round.status(index) for index in range(len(round.members))]


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
