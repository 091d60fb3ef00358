"""What is recommended for so many agents, and the reason for each part of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.setup import Setup
from antiphon.coordination.vitals import measured
from antiphon.coordination.vitals.machine import Machine, memory_limit, resident_bytes, usable_cores
from antiphon.coordination.vitals.measured import CROWD, POOLED_CALL, TAIL, act_seconds_of
from antiphon.coordination.vitals.recommend import COMPUTING, KINDS, WAITING, recommend
from antiphon.settings import SocietySettings
from hypothesis import given
from hypothesis import strategies as st

TWO_CORES = Machine(2, 16_000, "vm.max_map_count is 65,530", 8 * 2**30)
REASONS = {"dispatcher", "workers", "batch_size", "timeout", "round", "memory"}


@pytest.mark.parametrize("kind", COMPUTING)
@pytest.mark.parametrize("n_agents", [1, 50, 200_000])
def test_agents_that_compute_share_a_pool_that_starts_with_one_worker(
    kind: str, n_agents: int
) -> None:
    advice = recommend(n_agents, kind, TWO_CORES)
    assert advice.dispatcher == "pooled"
    assert advice.workers.initial == 1
    without_gil = recommend(n_agents, kind, replace(TWO_CORES, gil=False)).workers
    assert without_gil.initial == 2


@pytest.mark.parametrize(
    ("kind", "n_agents", "workers"),
    [
        ("blocking", 10, 10),
        ("blocking", CROWD, CROWD),
        ("blocking", CROWD + 1, CROWD),
        ("llm", CROWD + 1, CROWD + 1),
    ],
)
def test_agents_that_wait_have_a_worker_each_in_a_pool_those_that_wait_briefly_up_to_a_crowd(
    kind: str, n_agents: int, workers: int
) -> None:
    advice = recommend(n_agents, kind, TWO_CORES)
    assert advice.dispatcher == "pooled"
    assert advice.workers == (1, workers, workers)


def test_what_was_measured_is_why_agents_that_wait_share_a_pool() -> None:
    assert measured.DECLARED_WAIT < measured.POOLED_WAIT < measured.THREADED_WAIT
    assert measured.POOLED_CALL < measured.THREADED_CALL < measured.CROWDED_CALL
    assert recommend(10, "blocking", TWO_CORES).reasons["dispatcher"] == (
        "1,000 agents that wait 5 ms took 31 ms a round, 86 ms when the pool had to find out "
        "that they wait, and 70 ms with a thread each; blocking = True in their class makes it "
        "29 ms"
    )


@pytest.mark.parametrize("kind", WAITING)
def test_workers_are_never_recommended_beyond_what_the_machine_bears(kind: str) -> None:
    small = replace(TWO_CORES, threads=100)
    advice = recommend(101, kind, small)
    assert advice.workers == (1, 100, 100)
    assert small.threads_bound in advice.reasons["workers"]
    assert small.threads_bound not in recommend(100, kind, small).reasons["workers"]


@given(
    st.integers(1, 200_000),
    st.sampled_from([None, *KINDS]),
    st.integers(1, 30_000),
    st.one_of(st.none(), st.integers(1, 300_000)),
)
def test_pools_are_within_agents_threads_and_batch_and_every_part_has_its_reason(
    n_agents: int, kind: str | None, threads: int, at_once: int | None
) -> None:
    machine = replace(TWO_CORES, threads=threads)
    advice = recommend(n_agents, kind, machine, at_once=at_once)
    low, first, high = advice.workers
    assert 1 <= low <= first <= high <= threads
    assert kind not in WAITING or high <= min(n_agents, at_once or n_agents)
    assert set(advice.reasons) == REASONS
    assert all(advice.reasons.values())
    json.dumps(advice.to_dict())
    # What is recommended can be set.
    Setup.of(SocietySettings(**advice.settings()), ManualClock())


def test_a_language_model_that_serves_a_few_at_once_sets_the_batch_size_and_the_time() -> None:
    advice = recommend(500, "llm", TWO_CORES, act_seconds=4.0, at_once=32)
    assert advice.batch_size == 32
    assert advice.round_seconds == pytest.approx(16 * 4.0, rel=0.01)
    assert advice.timeout == math.ceil(TAIL * advice.round_seconds)
    assert "--batch-size 32" in advice.command()
    assert f"--timeout {advice.timeout}" in advice.command()
    assert recommend(30, "llm", TWO_CORES, at_once=32).batch_size is None
    assert recommend(5000, "llm", TWO_CORES, at_once=32).workers == (1, 32, 32)


def test_the_estimate_of_a_round_reproduces_what_was_measured() -> None:
    explorers = recommend(1000, "fast", TWO_CORES).round_seconds
    act = act_seconds_of("fast")
    assert act is not None
    assert explorers == pytest.approx(1000 * (act + POOLED_CALL))
    blocking = recommend(1000, "blocking", TWO_CORES, act_seconds=0.005).round_seconds
    assert blocking == pytest.approx(0.0311, rel=0.01)


def test_without_the_time_of_an_act_there_is_no_estimate_of_the_round() -> None:
    for kind in (None, "cpu", "llm"):
        advice = recommend(10, kind, TWO_CORES)
        assert advice.round_seconds is None
        assert "not known" in advice.reasons["round"]
        assert advice.timeout == SocietySettings().timeout


def test_the_timeout_is_the_usual_fuse_unless_a_round_may_take_longer() -> None:
    assert recommend(50, "accurate", TWO_CORES).timeout == SocietySettings().timeout
    slow = recommend(200_000, "cpu", TWO_CORES, act_seconds=0.001)
    assert slow.round_seconds is not None
    assert slow.timeout == math.ceil(TAIL * slow.round_seconds)


def test_memory_that_does_not_suffice_is_said() -> None:
    small = replace(TWO_CORES, memory_bytes=100 * 2**20)
    assert recommend(200_000, "fast", TWO_CORES).fits
    advice = recommend(200_000, "fast", small)
    assert not advice.fits
    assert "use fewer agents" in advice.reasons["memory"]
    actors_alone = recommend(200_000, "cpu", TWO_CORES)
    assert advice.memory_bytes > actors_alone.memory_bytes == 200_000 * 2_119


def test_the_summary_is_the_settings_with_their_reasons_and_a_line_to_type() -> None:
    text = recommend(10_000, "fast", TWO_CORES).summary()
    assert text.startswith("dispatcher pooled: ")
    assert text.endswith("antiphon run --agents 10000 --profile fast --dispatcher pooled")
    assert "workers    1 to 1,024, 1 at first" in text
    assert "--type package.module:Class" in recommend(1, "cpu", TWO_CORES).summary()


def test_settings_of_the_pool_go_in_front_of_the_line_to_type() -> None:
    advice = recommend(5000, "blocking", TWO_CORES)
    assert advice.settings() == {
        "dispatcher": "pooled",
        "pool_initial": CROWD,
        "pool_maximum": CROWD,
    }
    assert advice.command().startswith("ANTIPHON_POOL_INITIAL=1000 ANTIPHON_POOL_MAXIMUM=1000 ant")


@pytest.mark.parametrize(
    ("n_agents", "options", "why"),
    [
        (0, {}, "n_agents must be a whole number >= 1, got 0"),
        (True, {}, "n_agents must be"),
        (1.5, {}, "n_agents must be"),
        (1, {"kind": "fats"}, "kind must be one of cpu, fast"),
        (1, {"act_seconds": 0.0}, "act_seconds must be a finite number > 0"),
        (1, {"act_seconds": math.inf}, "act_seconds must be"),
        (1, {"at_once": 0}, "at_once must be a whole number >= 1"),
    ],
)
def test_what_makes_no_sense_is_refused(n_agents: int, options: dict, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}"):
        recommend(n_agents, machine=TWO_CORES, **options)


def test_this_machine_is_what_it_says() -> None:
    here = Machine.here()
    assert here.cores == usable_cores() >= 1
    assert here.threads > 0
    assert resident_bytes() < here.memory_bytes == memory_limit()
    assert recommend(3).dispatcher == "pooled"


def test_memory_is_what_the_control_group_leaves(tmp_path: Path) -> None:
    everything = memory_limit(tmp_path / "no such group")
    group = tmp_path / "memory.max"
    for text, limit in (("max\n", everything), ("4096\n", 4096), (f"{2**62}\n", everything)):
        group.write_text(text)
        assert memory_limit(group) == limit
