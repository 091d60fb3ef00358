"""What the supervisor decides of those who go together with one that failed."""

from __future__ import annotations

import pytest
from antiphon.actors.care.directive import Directive, by_type
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


def test_one_for_one_leaves_the_others_alone() -> None:
    assert [d.agent_id for d in supervisor().decide(1, failed("b"))] == ["b"]


@pytest.mark.parametrize("directive", [RESTART, STOP])
def test_one_for_all_takes_the_whole_group(directive: Directive) -> None:
    boss = supervisor(directive, "abc", "de")
    decisions = boss.decide(1, failed("b"))
    assert [d.agent_id for d in decisions] == ["a", "b", "c"]
    assert {(d.directive, d.restart_at) for d in decisions} == {
        (directive, 2 if directive is RESTART else None)
    }
    assert [d.reason for d in decisions] == ["goes with b", "ValueError: no", "goes with b"]
    assert [d.error for d in decisions] == [None, ERROR, None]
    assert sorted(boss.down) == ["a", "b", "c"]


@pytest.mark.parametrize("directive", [RESUME, ESCALATE])
def test_what_concerns_the_one_that_failed_does_not_reach_its_group(directive: Directive) -> None:
    boss = supervisor(directive, "abc")
    assert [d.agent_id for d in boss.decide(1, failed("b"))] == ["b"]
    assert dict(boss.down) == {}


def test_a_group_has_one_budget_and_failing_together_is_failing_once() -> None:
    boss = supervisor(RESTART, "abc", rules=at_once(max_restarts=2))
    for round, who in ((1, "abc"), (2, "b")):
        assert {d.restart_at for d in boss.decide(round, failed(who))} == {round + 1}
        assert boss.due(round + 1) == ("a", "b", "c")
    decisions = boss.decide(3, failed("c"))
    assert [d.agent_id for d in decisions] == ["a", "b", "c"]
    assert all(d.quarantined for d in decisions)


def test_of_a_group_the_one_that_fares_worst_decides() -> None:
    strategy = by_type({KeyError: STOP, OSError: RESUME}, otherwise=RESTART)
    boss = supervisor(strategy, "abc")
    decisions = boss.decide(1, {"a": OSError(), "b": KeyError(), "c": ERROR})
    assert [d.directive for d in decisions] == [STOP] * 3
    mild = supervisor(strategy, "abc").decide(1, {"a": OSError(), "c": ERROR})
    assert [d.restart_at for d in mild] == [2, 2, 2]


def test_of_two_that_fail_alike_the_first_by_id_is_named_whoever_was_reported_first() -> None:
    for reported in ("bc", "cb"):
        decisions = supervisor(RESTART, "abc").decide(1, failed(reported))
        assert decisions[0].reason == "goes with b"


def test_an_escalation_is_never_lost_in_a_group() -> None:
    strategy = by_type({KeyError: ESCALATE}, otherwise=STOP)
    decisions = supervisor(strategy, "ab").decide(1, {"a": ERROR, "b": KeyError()})
    assert [(d.agent_id, d.directive) for d in decisions] == [("b", ESCALATE)]
