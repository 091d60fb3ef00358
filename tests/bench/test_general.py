from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from antiphon.bench import general, parallel, processes, waiting
from antiphon.bench.agents import Adder
from antiphon.bench.checks import unchanged
from antiphon.bench.general import _both, _exploring_society, _spinners
from antiphon.bench.harness import Bench, Case, Quantity, Ratio, Variant, measure
from antiphon.bench.machine import Load, machine
from antiphon.bench.waiting import Waiter
from antiphon.clock import SystemClock
from antiphon.models.agent import Context
from antiphon.tests.bench.test_regression import Nobody

pytestmark = pytest.mark.alone


def done(variant: Variant, units: int = 2) -> str:
    with variant.turn():
        return variant.check(units, variant.run(units))


def variants(manager: Any) -> dict[str, Variant]:
    with manager as offered:
        return {one.name: one for one in offered}


locked = pytest.mark.skipif(not machine()["gil"], reason="this build has no lock")


def figures(case: Case) -> dict[str, float]:
    measured = measure(case, SystemClock, Nobody()).figures()
    return {figure.name: spread.median for figure, spread in measured}


def test_the_speedup_of_twenty_that_wait_is_a_multiple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(general, "_WAIT", 0.05)
    case = general._waiting(20, repeats=1)
    # A slow moment takes from it, and it is not slow every time.
    assert any(figures(case)["speedup_20"] >= 8 for _ in range(4))


@locked
def test_the_speedup_of_who_computes_is_not_the_number_of_agents_inside_act(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(general, "_COMPUTE", 0.02)
    case = general._computing(20, repeats=1)

    def is_told_apart() -> bool:
        found = figures(case)
        # Where others compute too, twenty threads are given more time than one. How many are
        # inside at once is for the pool to say, which seldom adds workers while all compute.
        return found["speedup_computing_20"] <= 2 and 0.9 < found["concurrency_computing_20"] <= 20

    assert any(is_told_apart() for _ in range(4))


@pytest.mark.soak
def test_twenty_that_wait_a_tenth_of_a_second_are_about_twenty_times_faster() -> None:
    case = general._waiting(20, repeats=5)

    def is_as_promised() -> bool:
        found = figures(case)
        return 16 <= found["speedup_20"] <= 20.5 and found["parallel_s_20"] <= 0.12

    assert any(is_as_promised() for _ in range(4))


@pytest.mark.soak
@locked
def test_twenty_that_compute_for_50_ms_gain_nothing() -> None:
    case, load = general._computing(20, repeats=3), Load()
    gains = [figures(case)["speedup_computing_20"]]
    while gains[-1] > 1.1 and len(gains) < 4:
        gains.append(figures(case)["speedup_computing_20"])
    if gains[-1] > 1.1 and (others := load.told()["others_cores"]) > 0.3:
        pytest.skip(f"others kept {others} cores busy, and give twenty threads more time than one")
    assert gains[-1] <= 1.1, gains


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

    # Nothing but the waiters' own, for whatever starts a thread waits for an event too.
    rung = SimpleNamespace(Event=lambda: SimpleNamespace(wait=lambda seconds: True))
    monkeypatch.setattr(waiting, "threading", rung)
    assert done(variants(both())[name])


def test_a_waiter_says_that_it_blocks() -> None:
    assert Waiter.blocking
    assert Waiter(3, 0.001).act(4, Context()) == 7


@pytest.mark.parametrize("name", ["sequential", "parallel"])
def test_who_spins_is_checked(name: str) -> None:
    assert done(variants(_spinners(3, 1e-4))[name]) == ""


def test_explorers_are_counted() -> None:
    with _exploring_society(3) as play:
        explored = play(4)
        assert general._check_run(3, 4, explored) == ""
        assert general._check_run(3, 5, explored)
        assert general._check_run(4, 4, explored)


def test_explorers_that_did_not_infer_are_noticed() -> None:
    with _exploring_society(3) as play:
        explored = play(1)
        anywhere = [SimpleNamespace(beliefs=np.full(100, 0.01)) for _ in range(3)]
        assert "sure of a cell by 0.01" in general._check_run(
            3, 1, explored._replace(agents=anywhere)
        )


@pytest.mark.parametrize("bench", [general, parallel, processes])
@pytest.mark.parametrize("small", [True, False])
def test_what_the_guides_state_stands_beside_ours(bench: Bench, *, small: bool) -> None:
    figures = [figure for case in bench.cases(small=small) for figure in case.ratios]
    assert [figure for figure in figures if figure.guide is not None]


def test_all_columns_of_the_guides_table_of_speedups_stand_beside_ours() -> None:
    figures = {f.name: f for case in general.cases(small=False) for f in case.ratios}
    columns = ("sequential_s", "parallel_s", "speedup")
    table = {n: tuple(figures[f"{what}_{n}"].guide for what in columns) for n in (1, 5, 10, 20)}
    assert table == {
        1: (0.10, 0.10, 1.0),
        5: (0.50, 0.15, 3.3),
        10: (1.00, 0.25, 4.0),
        20: (2.00, 0.50, 4.0),
    }
    assert [figures[f"sequential_s_{n}"].variants for n in table] == [("sequential",)] * 4


@pytest.mark.parametrize(("lock", "bound"), [(True, ("<=", 1.1)), (False, (">=", None))])
def test_where_one_thread_runs_at_a_time_who_computes_may_gain_no_more_than_a_tenth(
    monkeypatch: pytest.MonkeyPatch, *, lock: bool, bound: tuple[str, float | None]
) -> None:
    monkeypatch.setattr(general, "has_lock", lambda: lock)
    case = general._computing(20, repeats=1)
    (speedup,) = [one for one in case.ratios if one.name == "speedup_computing_20"]
    assert (str(speedup.better), speedup.target) == bound
    assert speedup.meaning == "sequential / parallel"


def test_what_has_a_target_is_repeated_often_enough_to_be_compared() -> None:
    few = {
        case.name: case.repeats
        for case in general.cases(small=False)
        if case.repeats < 15 and any(figure.target is not None for figure in case.ratios)
    }
    assert few == {}


def test_twenty_that_wait_have_their_target() -> None:
    figures = {f.name: f for case in general.cases(small=True) for f in case.ratios}
    parallel_s = figures["parallel_s_20"]
    assert (parallel_s.target, parallel_s.guide, str(parallel_s.better)) == (0.12, 0.5, "<=")


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        *((name, 0.0) for name in ("pooled", "threaded", "inline", "thread_pool")),
        *((name, 1e-5) for name in ("pooled", "threaded", "inline", "thread_pool", "processes")),
    ],
)
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
