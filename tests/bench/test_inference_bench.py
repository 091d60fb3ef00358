"""The inference bench is about what it says: all workloads and sizes, with the work checked."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
from antiphon.bench import inference, inference_crowds
from antiphon.bench.harness import Absent, Case, Ratio, Variant
from antiphon.bench.inference_crowds import Amount
from antiphon.bench.inference_workloads import Workload, workload
from antiphon.bench.tmaze import LEFT
from antiphon.errors import WorkError

WORKLOADS = ("W1a", "W1b", "W2", "W3a")
OURS = Amount(5, kernel=3, rounds=2, batch="left out: slow", legacy="left out: slower")

needs_pymdp = pytest.mark.skipif(
    importlib.util.find_spec("pymdp") is None, reason="pymdp is not installed"
)


def test_every_workload_is_measured_at_every_size_alone_and_in_rounds() -> None:
    figures = {figure.name for case in inference.cases(small=False) for figure in case.ratios}
    for size in (1, 10, 100, 1000, 10_000):
        for name in WORKLOADS:
            alone = f"kernel_{size}" + ("" if name == "W1a" else f"_{name}")
            for ours in (alone, f"rounds_{size}_{name}"):
                assert {f"{ours}_vs_pymdp_batch", f"{ours}_vs_legacy_threads"} <= figures


def of(case: Case) -> tuple[str, Amount]:
    """Give the workload and the amount of a case of crowds."""
    made = case.variants
    assert isinstance(made, partial)
    return made.args


def left_out() -> dict[tuple[str, int, str], str]:
    """Say by workload, size and kind who of pymdp's is left out of a full run, and why."""
    cases = [one for one in inference.cases(small=False) if one.unit == "step of all"]
    assert {of(one)[0] for one in cases} == set(WORKLOADS)
    return {
        (name, one.agents, theirs): steps
        for name, one in map(of, cases)
        for theirs, steps in (("batch", one.batch), ("legacy", one.legacy))
        if isinstance(steps, str)
    }


def test_nothing_of_pymdp_is_left_out_but_ten_thousand_legacy_agents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inference, "memory_limit", lambda: 12 * 2**30)
    found = left_out()
    assert found.keys() == {(name, 10_000, "legacy") for name in WORKLOADS}
    assert all(re.search(r"\d+ s\b", why) for why in found.values())


def test_what_does_not_fit_into_memory_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "memory_limit", lambda: 8 * 2**30)
    found = {key: why for key, why in left_out().items() if key[2] == "batch"}
    assert found.keys() == {(name, 10_000, "batch") for name in ("W1b", "W3a")}
    assert all("12 GiB in all, and this machine has 8.0" in why for why in found.values())


def test_a_thousand_legacy_agents_take_few_steps_in_a_case_of_their_own() -> None:
    cases = {one.name: one for one in inference.cases(small=False)}
    for name in WORKLOADS:
        alone = cases[f"{name}, 1,000 agents, legacy"]
        assert (alone.repeats, alone.warm_ups) == (2, 0)
        assert {one.theirs for one in alone.ratios if isinstance(one, Ratio)} == {"legacy_threads"}
        beside = cases[f"{name}, 1,000 agents"]
        assert all("legacy_threads" not in one.variants for one in beside.ratios)


def test_every_figure_is_of_variants_that_there_are_or_that_are_left_out_with_a_word() -> None:
    few = OURS._replace(batch=0, legacy="left out: slower")
    for amount in (OURS, few):
        case = inference._case("W1a", amount, gated=False)
        with case.variants() as offered:
            names = [one.name for one in offered]
        assert {name for one in case.ratios for name in one.variants} <= set(names)
    assert names == ["fastest", "cohort", "legacy_threads"]


def test_what_has_a_target_is_repeated_often_enough_to_be_compared() -> None:
    gated = {
        figure.name: case.repeats
        for case in inference.cases(small=False)
        for figure in case.ratios
        if isinstance(figure, Ratio) and figure.target is not None
    }
    assert gated.keys() == {
        "kernel_1000_vs_pymdp_batch",
        "kernel_1000_of_roofline",
        "single_L1_vs_pymdp_jit",
        "single_L1_vs_legacy",
        "single_L3_vs_pymdp_jit",
    }
    assert min(gated.values()) >= 15


@pytest.mark.parametrize("name", WORKLOADS)
def test_ours_does_its_work_and_what_is_left_out_says_so(name: str) -> None:
    with inference_crowds.variants(name, OURS) as offered:
        for one in offered:
            if isinstance(one, Variant):
                assert one.check(2, one.run(2)) == ""
        absent = {one.name: one.why for one in offered if isinstance(one, Absent)}
    assert absent == {"pymdp_batch": "left out: slow", "legacy_threads": "left out: slower"}


def test_rounds_in_which_somebody_did_not_act_are_noticed() -> None:
    with inference_crowds.variants("W2", OURS) as offered:
        cohort = next(one for one in offered if one.name == "cohort")
        assert isinstance(cohort, Variant)
        taken = cohort.run(2)
        assert "10 actions in 3 rounds" in cohort.check(3, taken)


def wrong(work: Workload, beliefs: Any, counted: float | None = None) -> str:
    return work.wrong(np.zeros(len(beliefs), int), np.array(beliefs), counted)


def test_agents_that_did_not_infer_are_noticed() -> None:
    grid, maze, learners = workload("W1a"), workload("W2"), workload("W3a")
    known = np.eye(100)[:2]
    assert wrong(grid, known) == ""
    assert "at the start" in wrong(grid, np.full((2, 100), 0.01))
    assert "sum to" in wrong(grid, known / 2)
    assert "actions" in grid.wrong(np.array([5]), known[:1])
    in_arm = [*np.eye(4)[LEFT], 0.9, 0.1]
    assert wrong(maze, [in_arm]) == ""
    assert "in the arm" in wrong(maze, [[*np.eye(4)[0], 0.9, 0.1]])
    assert wrong(learners, known, 1002.0) == ""
    assert "counts of A" in wrong(learners, known, 1000.0)


@needs_pymdp
@pytest.mark.filterwarnings("ignore")  # JAX and pymdp are not ours
@pytest.mark.parametrize("name", ["W2", "W3a"])
def test_legacy_agents_do_the_same_work(name: str) -> None:
    with inference_crowds.variants(name, OURS._replace(agents=2, legacy=1)) as offered:
        legacy = next(one for one in offered if one.name == "legacy_threads")
        assert isinstance(legacy, Variant)
        assert legacy.check(2, legacy.run(2)) == ""


@needs_pymdp
@pytest.mark.filterwarnings("ignore")  # JAX and pymdp are not ours
def test_who_believes_something_else_is_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    other = np.full((2, 100), 0.01)
    monkeypatch.setattr(inference_crowds.LegacyAgents, "beliefs", other)
    amount = OURS._replace(agents=2, legacy=1)
    with (
        pytest.raises(WorkError, match="beliefs differ by"),
        inference_crowds.variants("W1a", amount),
    ):
        pass


def batch_does_its_work(name: str) -> None:
    with inference_crowds.variants(name, OURS._replace(agents=3, batch=1)) as offered:
        batch = next(one for one in offered if one.name == "pymdp_batch")
        assert isinstance(batch, Variant)
        assert batch.check(2, batch.run(2)) == ""


@pytest.mark.soak
@needs_pymdp
@pytest.mark.parametrize("name", WORKLOADS)
def test_batches_of_pymdp_do_the_same_work(name: str) -> None:
    # In a process of its own: JAX leaves threads, and after that none should be forked here.
    home = "antiphon.tests.bench.test_inference_bench"
    code = f"from {home} import {batch_does_its_work.__name__} as work; work({name!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
