from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from antiphon.bench import general, parallel, processes, waiting
from antiphon.bench.agents import Adder
from antiphon.bench.checks import unchanged
from antiphon.bench.general import _both, _exploring_society, _spinners
from antiphon.bench.harness import Bench, Quantity, Ratio, Variant, measure
from antiphon.bench.machine import machine
from antiphon.bench.waiting import Waiter
from antiphon.clock import SystemClock
from antiphon.models.agent import Context
from antiphon.tests.bench.test_regression import Nobody


def done(variant: Variant, units: int = 2) -> str:
    with variant.turn():
        return variant.check(units, variant.run(units))


def variants(manager: Any) -> dict[str, Variant]:
    with manager as offered:
        return {one.name: one for one in offered}


def speedup(case: Any) -> float:
    figures = measure(case, SystemClock, Nobody()).figures()
    return next(spread.median for figure, spread in figures if figure.name.startswith("speedup"))


def test_twenty_that_wait_are_about_twenty_times_faster_in_parallel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(general, "_WAIT", 0.05)
    case = general._waiting(20, repeats=1)
    # A slow moment takes from it, and a second try is no slow moment.
    assert any(10 <= speedup(case) <= 25 for _ in range(2))


def test_who_computes_gains_nothing_where_there_is_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    if not machine()["gil"]:
        pytest.skip("this build has no lock")
    monkeypatch.setattr(general, "_COMPUTE", 0.005)
    case = general._computing(20, repeats=3)
    assert any(speedup(case) <= 1.1 for _ in range(4))


def test_concurrency_is_reported_under_its_own_name() -> None:
    names = {
        type(figure): figure.name
        for case in general.cases(small=True)
        for figure in case.ratios
        if figure.name.endswith("computing_20")
    }
    assert names == {Ratio: "speedup_computing_20", Quantity: "concurrency_computing_20"}


@pytest.mark.parametrize("name", ["sequential", "parallel"])
def test_agents_that_do_not_wait_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    both = partial(_both, Waiter, 3, unchanged, seconds=0.01)
    assert done(variants(both())[name]) == ""

    class Rung(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return True

    monkeypatch.setattr(waiting.threading, "Event", Rung)
    assert done(variants(both())[name])


def test_a_waiter_says_that_it_blocks() -> None:
    assert Waiter.blocking
    assert Waiter(3, 0.001).act(4, Context()) == 7


@pytest.mark.parametrize("name", ["sequential", "parallel"])
def test_who_spins_is_checked(name: str) -> None:
    assert done(variants(_spinners(3, 1e-4))[name]) == ""


def test_explorers_are_counted() -> None:
    with _exploring_society(3) as play:
        run = play(4)
    assert general._check_run(3, 4, run) == ""
    assert general._check_run(3, 5, run)
    assert general._check_run(4, 4, run)


@pytest.mark.parametrize("bench", [general, parallel, processes])
@pytest.mark.parametrize("small", [True, False])
def test_what_the_guides_state_stands_beside_ours(bench: Bench, *, small: bool) -> None:
    figures = [figure for case in bench.cases(small=small) for figure in case.ratios]
    assert [figure for figure in figures if figure.guide is not None]


def test_twenty_that_wait_have_their_target() -> None:
    figures = {f.name: f for case in general.cases(small=True) for f in case.ratios}
    parallel_s = figures["parallel_s_20"]
    assert (parallel_s.target, parallel_s.guide, str(parallel_s.better)) == (0.12, 0.5, "<=")


@pytest.mark.parametrize("name", ["pooled", "threaded", "inline", "thread_pool", "processes"])
@pytest.mark.parametrize("seconds", [0.0, 1e-5])
def test_everyone_in_the_bench_of_processes_answers(name: str, seconds: float) -> None:
    assert done(variants(processes._variants(5, seconds))[name]) == ""


@pytest.mark.parametrize("name", ["thread_pool", "inline"])
def test_agents_that_do_not_add_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Adder, "act", lambda self, observation, context: observation)
    assert done(variants(processes._variants(3, 0.0))[name])


def test_processes_answer_for_each_agent_in_order() -> None:
    assert processes.answers(b"[[1, 2, 5], 10, 0]") == b"[11, 12, 15]"
    # One more than a share each, so that the shares differ.
    with processes._sent(3, 0) as play:
        assert play(2) == [[1, 2, 3], [2, 3, 4]]
