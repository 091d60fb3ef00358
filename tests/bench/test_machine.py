from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from antiphon.bench import machine
from antiphon.bench.inference_crowds import Batch
from antiphon.bench.inference_workloads import workload
from antiphon.bench.machine import Load


def test_the_machine_is_named() -> None:
    found = machine.machine()
    assert found["memory_bytes"] > 0
    assert found["clock"]["resolution"] > 0.0
    assert {"cpu", "cores", "python", "packages", "gil"} <= set(found)


def test_where_nobody_tells_which_cores_are_ours_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert machine.machine()["usable_cores"] == os.cpu_count()
    work = workload("W1a")
    with ThreadPoolExecutor(1) as cores:
        batch = Batch(work, "numpy", 2, cores)
        assert len(batch.step(work.seen(2)[0])) == min(2, os.cpu_count() or 1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What the machine says of itself, to be set by hand."""
    told = {"now": 100.0, "busy": 50.0, "own": 5.0, "load": 1.0}

    class Clock:
        @staticmethod
        def now() -> float:
            return told["now"]

    monkeypatch.setattr(machine, "SystemClock", Clock)
    monkeypatch.setattr(machine, "_busy", lambda: told["busy"])
    monkeypatch.setattr(machine, "_own", lambda: told["own"])
    monkeypatch.setattr(machine, "_load", lambda: told["load"])
    return told


def test_what_others_do_counts_apart_from_us(world: dict[str, float]) -> None:
    load = Load()
    world.update(now=110.0, busy=65.0, own=10.0)
    assert load.told()["others_cores"] == 1.0
    # A child that ends adds to ours at once what it did before.
    world.update(own=40.0)
    assert load.told()["others_cores"] == 0.0


def test_the_load_is_told_before_during_and_after(world: dict[str, float]) -> None:
    load = Load()
    for during in (3.0, 9.0, 4.0):
        world["load"] = during
        load.sample()
    world["load"] = 2.0
    told = load.told()
    assert (told["load_before"], told["load_after"]) == (1.0, 2.0)
    assert told["load_during"] == {"median": 4.0, "most": 9.0}


def test_a_load_between_two_is_no_longer_than_they_are(world: dict[str, float]) -> None:
    load = Load()
    for during in (1.3, 1.31):
        world["load"] = during
        load.sample()
    assert load.told()["load_during"] == {"median": 1.31, "most": 1.31}


def test_a_system_that_tells_no_load_is_believed(
    world: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_load", lambda: None)
    load = Load()
    load.sample()
    told = load.told()
    assert told["load_before"] is told["load_during"] is told["load_after"] is None
    assert told["others_cores"] is None
