"""The supervisor, each rule by example."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.care.decision import Decision
from antiphon.actors.care.directive import Directive, Failure, by_type
from antiphon.actors.care.supervision import SupervisionRules
from antiphon.errors import AskError, DownError, RestartError
from antiphon.tests.actors.care.cast import (
    ERROR,
    ESCALATE,
    RESTART,
    RESUME,
    STOP,
    at_once,
    failed,
    supervisor,
)


def test_resume_leaves_the_agent_as_it_is() -> None:
    boss = supervisor(RESUME)
    (decision,) = boss.decide(3, failed("a"))
    assert decision == Decision("a", 3, RESUME, "ValueError: no")
    assert decision.error is ERROR
    assert not decision.final
    assert dict(boss.down) == {}
    assert boss.due(4) == ()


def test_restart_brings_it_back_in_the_next_round() -> None:
    boss = supervisor()
    (decision,) = boss.decide(3, failed("a"))
    assert decision == Decision("a", 3, RESTART, "ValueError: no", restart_at=4)
    assert list(boss.down) == ["a"]
    assert boss.due(3) == ()
    assert boss.due(4) == ("a",)
    assert boss.due(4) == ()
    assert dict(boss.down) == {}


def test_a_pause_is_sat_out_before_the_restart() -> None:
    boss = supervisor(rules=SupervisionRules(backoff=8, max_restarts=9))
    (decision,) = boss.decide(3, failed("a"))
    assert decision.restart_at is not None
    assert 3 + 1 + 4 <= decision.restart_at <= 3 + 1 + 8
    backs = {round: boss.due(round) for round in range(4, 20)}
    assert {round for round, back in backs.items() if back} == {decision.restart_at}


def test_pauses_grow_with_the_restarts_of_late_and_shrink_again() -> None:
    boss = supervisor(rules=SupervisionRules(backoff=16, restart_window=200, backoff_limit=10**6))
    pauses, round = [], 0
    for calm in (0, 0, 0, 300):
        round += calm
        (decision,) = boss.decide(round, failed("a"))
        assert decision.restart_at is not None
        pauses.append(decision.restart_at - round - 1)
        round = decision.restart_at
        boss.due(round)
    assert 8 <= pauses[0] <= 16 <= pauses[1] <= 32 <= pauses[2] <= 64
    assert 8 <= pauses[3] <= 16


def test_past_the_budget_is_quarantine_for_good() -> None:
    boss = supervisor(rules=at_once(max_restarts=2, restart_window=50))
    for round in (1, 2):
        (decision,) = boss.decide(round, failed("a"))
        assert decision.restart_at == round + 1
        boss.due(round + 1)
    (decision,) = boss.decide(3, failed("a"))
    assert (decision.quarantined, decision.final, decision.restart_at) == (True, True, None)
    assert decision.reason == "no more than 2 restarts in 50 rounds; ValueError: no"
    assert boss.due(10**6) == ()
    assert list(boss.down) == ["a"]


def test_a_restart_counts_in_the_round_in_which_it_happens() -> None:
    boss = supervisor(rules=SupervisionRules(backoff=1, max_restarts=1, restart_window=3))
    assert boss.decide(1, failed("a"))[0].restart_at == 3
    boss.due(3)
    assert boss.decide(3, failed("a"))[0].quarantined


def test_one_that_fails_rarely_is_never_quarantined() -> None:
    boss = supervisor(rules=at_once(max_restarts=2, restart_window=50))
    for round in range(1, 2000, 25):
        assert not boss.decide(round, failed("a"))[0].final
        boss.due(round + 1)


def test_no_restarts_at_all_is_quarantine_at_the_first_failure() -> None:
    (decision,) = supervisor(rules=at_once(max_restarts=0)).decide(1, failed("a"))
    assert decision.quarantined


def test_stop_is_for_good() -> None:
    boss = supervisor(STOP)
    (decision,) = boss.decide(3, failed("a"))
    assert decision == Decision("a", 3, STOP, "ValueError: no")
    assert decision.final
    assert not decision.quarantined
    assert boss.due(10**6) == ()
    assert list(boss.down) == ["a"]


def test_escalate_takes_nobody_down_and_hands_the_error_on() -> None:
    boss = supervisor(ESCALATE)
    (decision,) = boss.decide(3, failed("a"))
    assert (decision.directive, decision.error, decision.final) == (ESCALATE, ERROR, False)
    assert dict(boss.down) == {}


def test_who_is_down_is_told_why_and_for_how_long() -> None:
    boss = supervisor(by_type({KeyError: STOP}, otherwise=RESTART))
    boss.decide(3, {"a": KeyError("x"), "b": ERROR})
    a, b = boss.down["a"], boss.down["b"]
    assert isinstance(a, DownError)
    assert (a.agent_id, a.until, str(a)) == ("a", None, "agent a is down for good: KeyError: 'x'")
    assert (b.until, str(b)) == (4, "agent b is down until round 4: ValueError: no")
    assert isinstance(a, AskError)


def test_a_failure_of_one_that_is_down_decides_nothing() -> None:
    boss = supervisor(rules=at_once(max_restarts=1))
    boss.decide(3, failed("a"))
    assert boss.decide(3, failed("a")) == ()
    assert boss.due(4) == ("a",)
    assert boss.statistics().failures == 2


def test_a_late_failure_counts_unless_the_agent_was_suspended_meanwhile() -> None:
    boss = supervisor(RESTART, "ab")
    assert boss.counts("a", 1)
    boss.decide(3, failed("b"))
    boss.due(4)
    assert not boss.counts("a", 2)
    assert not boss.counts("a", 3)
    assert boss.counts("a", 4)
    assert boss.counts("c", 1)


def test_an_agent_that_cannot_be_restarted_is_restarted_until_it_has_had_enough() -> None:
    boss = supervisor(rules=at_once(max_restarts=3))
    boss.decide(1, failed("a"))
    for round in (2, 3, 4):
        assert boss.due(round) == ("a",)
        last = boss.decide(round, failed("a", RestartError("a", "create", "OSError")))
    assert last[0].quarantined


def test_a_strategy_is_told_of_earlier_failures_of_the_same_agent() -> None:
    told: list[Failure] = []

    def strategy(failure: Failure) -> Directive:
        told.append(failure)
        return RESUME

    boss = supervisor(strategy)
    for round in range(1, 41):
        boss.decide(round, failed("b" if round == 2 else "a"))
    assert [failure.earlier for failure in told[:3]] == [(), (), (1,)]
    last = told[-1]
    assert (last.agent_id, last.round, last.error) == ("a", 40, ERROR)
    assert last.earlier == tuple(range(8, 40))


@pytest.mark.parametrize("answer", [None, "hope", 3])
def test_an_answer_that_is_no_directive_is_escalated(answer: Any) -> None:
    (decision,) = supervisor(lambda failure: answer).decide(1, failed("a"))
    assert decision.directive is ESCALATE
    assert "is not a valid Directive" in decision.reason


def test_a_strategy_that_raises_is_escalated_with_what_the_agent_raised() -> None:
    trouble = KeyError("mine")

    def strategy(failure: Failure) -> Directive:
        raise trouble

    (decision,) = supervisor(strategy).decide(1, failed("a"))
    assert (decision.directive, decision.error) == (ESCALATE, trouble)
    assert trouble.__context__ is ERROR


def test_a_word_will_do_for_a_directive() -> None:
    (decision,) = supervisor(lambda failure: "restart").decide(1, failed("a"))  # type: ignore[arg-type,return-value]
    assert decision.directive is RESTART


def test_the_statistics_are_a_picture_and_not_the_thing() -> None:
    strategy = by_type({KeyError: STOP}, otherwise=RESTART)
    boss = supervisor(strategy, rules=at_once(max_restarts=1))
    boss.decide(1, {"a": ERROR, "b": KeyError(), "c": ERROR})
    early = boss.statistics()
    boss.due(2)
    boss.decide(2, failed("a"))
    late = boss.statistics()
    assert (early.failures, early.restarts, early.waiting) == (3, {}, {"a": 2, "c": 2})
    assert (late.failures, late.restarts, late.waiting) == (4, {"a": 1, "c": 1}, {})
    assert (late.quarantined, late.stopped) == (("a",), ("b",))


def test_the_view_of_who_is_down_is_live_and_read_only() -> None:
    boss = supervisor()
    down = boss.down
    boss.decide(1, failed("a"))
    assert list(down) == ["a"]
    with pytest.raises(TypeError):
        down["a"] = DownError("a", 1, "no")  # type: ignore[index]


def test_rows_tell_decisions_apart_and_not_what_errors_say() -> None:
    def row(how: Directive, reason: str = "", at: int | None = None) -> tuple[Any, ...]:
        return Decision("a", 7, how, reason, at).row()

    assert row(RESTART, "<object at 0x7f>", 9) == row(RESTART, "<object at 0x80>", 9)
    assert row(RESTART, at=9) == ("suspended", 7, "a", 9)
    assert [row(how)[0] for how in Directive] == ["resumed", "quarantined", "stopped", "escalated"]


@pytest.mark.parametrize(
    ("name", "least"),
    [("max_restarts", 0), ("restart_window", 1), ("backoff", 0), ("backoff_limit", 0)],
)
def test_a_rule_out_of_bounds_is_refused(name: str, least: int) -> None:
    SupervisionRules(**{name: least})
    with pytest.raises(ValueError, match=f"{name} must be >= {least}, got {least - 1}"):
        SupervisionRules(**{name: least - 1})


def test_who_is_gone_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    boss = supervisor(by_type({KeyError: STOP}, otherwise=RESTART), rules=at_once(max_restarts=0))
    boss.decide(1, {"a": ERROR, "b": KeyError()})
    boss.decide(2, {"a": ERROR, "b": KeyError()})
    said = [record.getMessage() for record in caplog.records]
    assert [text.split()[0] for text in said] == ["event=agent.quarantined", "event=agent.stopped"]
