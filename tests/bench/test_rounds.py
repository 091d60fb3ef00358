from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from types import MappingProxyType

import pytest
from antiphon import Society
from antiphon.bench import rounds
from antiphon.coordination.outcome import Outcome, Status


@pytest.fixture
def outcomes() -> Iterator[list[Outcome]]:
    with rounds._society(3, "inline") as society:
        yield rounds._step(society, 2)


def test_every_variant_does_the_work_that_it_is_checked_for() -> None:
    with rounds._variants(3, 2) as variants:
        assert [variant.name for variant in variants] == ["threaded", "stock", "inline", "loop"]
        assert [variant.check(2, variant.run(2)) for variant in variants] == [""] * 4


def test_a_missing_round_is_noticed(outcomes: list[Outcome]) -> None:
    assert "2 rounds in a row" in rounds._check_outcomes(3, 2, outcomes[:1])
    assert rounds._check_outcomes(3, 2, [])


def test_an_agent_that_did_not_act_is_noticed(outcomes: list[Outcome]) -> None:
    status = {**outcomes[1].status, "adder-2": Status.TIMED_OUT}
    outcomes[1] = dataclasses.replace(outcomes[1], status=MappingProxyType(status))
    assert "timed_out" in rounds._check_outcomes(3, 2, outcomes)


def test_an_outcome_without_times_is_noticed(outcomes: list[Outcome]) -> None:
    outcomes[0] = dataclasses.replace(outcomes[0], latencies={})
    assert rounds._check_outcomes(3, 2, outcomes)


def test_answers_of_the_wrong_agent_are_noticed(outcomes: list[Outcome]) -> None:
    actions = dict(outcomes[0].actions)
    actions["adder-1"], actions["adder-2"] = actions["adder-2"], actions["adder-1"]
    outcomes[0] = dataclasses.replace(outcomes[0], actions=actions)
    assert "another agent's action" in rounds._check_outcomes(3, 2, outcomes)
    assert rounds._check_answers(2, 1, [[2, 1]])


def test_an_agent_that_raises_fails_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(rounds.Adder, "act", broken)
    with Society(dispatcher="inline") as society:
        society.add(rounds.Adder, n=3)
        assert "crashed" in rounds._check_outcomes(3, 1, rounds._step(society, 1))
