from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from antiphon.actors.limits import ThreadLimit
from antiphon.bench import agents, ours, rounds
from antiphon.bench.agents import Adder, Spinner, spin, spun, turns_for
from antiphon.bench.checks import check_answers, check_outcomes, unchanged
from antiphon.bench.harness import Absent, Variant
from antiphon.clock import ManualClock
from antiphon.coordination.outcome import Outcome, Status

EVERYBODY = ["pooled", "stock", "asyncio", "asyncio_slots", "loop", "threaded", "inline"]


def variants(n: int = 5) -> dict[str, Variant]:
    with rounds._variants(n, 4_000) as offered:
        return {one.name: one for one in offered if isinstance(one, Variant)}


def done(variant: Variant, rounds: int = 2) -> str:
    with variant.turn():
        return variant.check(rounds, variant.run(rounds))


@pytest.fixture
def outcomes() -> Iterator[list[Outcome]]:
    with ours.crowd("inline", Adder, 3) as play:
        yield play(2)


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_variant_does_the_work_that_it_is_checked_for(name: str) -> None:
    assert done(variants()[name]) == ""


@pytest.mark.parametrize("name", EVERYBODY)
def test_agents_that_do_not_add_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Adder, "act", lambda self, observation, context: observation)
    assert done(variants()[name])


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_round_too_few_is_noticed(name: str) -> None:
    variant = variants()[name]
    with variant.turn():
        assert variant.check(3, variant.run(2))


def test_threads_are_there_in_their_turn_alone() -> None:
    before = threading.active_count()
    variant = variants()["stock"]
    assert threading.active_count() == before
    with variant.turn():
        assert threading.active_count() == before + 5


def test_ten_thousand_agents_are_not_given_threads_by_us() -> None:
    with rounds._variants(rounds._SIZES[-1], 1) as offered:
        assert "threaded" not in [one.name for one in offered]


def test_who_has_too_many_threads_for_the_machine_is_skipped_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "thread_limit", lambda: ThreadLimit(4, "a rule"))
    with rounds._variants(5, 4_000) as offered:
        absent = [one for one in offered if isinstance(one, Absent)]
    why = "this machine bears 4 more threads (a rule)"
    assert absent == [Absent("stock", why), Absent("threaded", why)]
    with rounds._variants(4, 4_000) as offered:
        assert not [one for one in offered if isinstance(one, Absent)]


def test_a_missing_round_is_noticed(outcomes: list[Outcome]) -> None:
    assert "2 rounds in a row" in check_outcomes(3, unchanged, 2, outcomes[:1])
    assert check_outcomes(3, unchanged, 2, [])


def test_an_agent_that_did_not_act_is_noticed(outcomes: list[Outcome]) -> None:
    status = {**outcomes[1].status, "adder-2": Status.TIMED_OUT}
    outcomes[1] = dataclasses.replace(outcomes[1], status=MappingProxyType(status))
    assert "timed_out" in check_outcomes(3, unchanged, 2, outcomes)


@pytest.mark.parametrize("lacking", ["latencies", "act_seconds", "actions"])
def test_an_outcome_that_is_not_full_is_noticed(lacking: str, outcomes: list[Outcome]) -> None:
    lesser: dict[str, Any] = {lacking: {}}
    outcomes[0] = dataclasses.replace(outcomes[0], **lesser)
    assert check_outcomes(3, unchanged, 2, outcomes)


def test_answers_of_the_wrong_agent_are_noticed(outcomes: list[Outcome]) -> None:
    actions = dict(outcomes[0].actions)
    actions["adder-1"], actions["adder-2"] = actions["adder-2"], actions["adder-1"]
    outcomes[0] = dataclasses.replace(outcomes[0], actions=actions)
    assert "another agent's action" in check_outcomes(3, unchanged, 2, outcomes)
    assert check_answers(2, unchanged, 1, [[2, 1]])
    assert check_answers(2, unchanged, 1, [[1, 2]]) == ""


@pytest.mark.parametrize("turns", [1, 2, 1_000])
def test_what_spinning_comes_to_is_known_without_the_turns(turns: int) -> None:
    assert [spun(turns)(value) for value in range(5)] == [spin(value, turns) for value in range(5)]


@pytest.mark.parametrize("turns", [0, 1, 998, 999, 1_001])
def test_a_turn_more_or_less_is_noticed(turns: int) -> None:
    with ours.crowd("inline", Spinner, 3, turns=turns) as play:
        assert check_outcomes(3, spun(1_000), 1, play(1))


@pytest.mark.parametrize("name", ["pooled", "loop", "threaded", "stock"])
def test_everyone_who_spins_is_checked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_SPINNERS", 3)
    with rounds._spinners() as offered:
        (variant,) = [one for one in offered if isinstance(one, Variant) and one.name == name]
    assert done(variant) == ""
    monkeypatch.setattr(agents, "spin", lambda value, turns: spin(value, turns - 1))
    assert done(variant)


def test_turns_are_found_by_the_fastest_of_several_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    tries = iter([1e-3, 5e-3, 2e-3] * 10)
    monkeypatch.setattr(agents, "spin", lambda value, turns: clock.advance(next(tries)))
    assert turns_for(200e-6, clock) == 200
