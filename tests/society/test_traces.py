"""One seed gives one trace, whatever runs the agents and whatever the clocks say."""

from __future__ import annotations

import sys
import time

import pytest
from antiphon.clock import ManualClock
from antiphon.tests.society.cast import DISPATCHERS, play, world_of_six

WORKERS = (
    {"pool_initial": 8},
    {"pool_maximum": 1},
    {"pool_initial": 8, "pool_threshold": 1e9, "pool_interval": 1e-4},
)


def test_dispatcher_and_batch_size_change_nothing() -> None:
    traces = {
        play(world_of_six(), steps=20, seed=5, **settings)[1].trace
        for settings in (
            {"dispatcher": "inline"},
            {"dispatcher": "inline", "batch_size": 2},
            {"dispatcher": "threaded"},
            *({"dispatcher": "threaded", "batch_size": size} for size in (1, 2, 3, 4, 5, 50)),
            {"dispatcher": "pooled"},
            *({"dispatcher": "pooled", "batch_size": size} for size in (1, 2, 3, 4, 5, 50)),
            *({"dispatcher": "pooled", **workers} for workers in WORKERS),
        )
    }
    assert len(traces) == 1
    assert play(world_of_six(), steps=20, seed=6)[1].trace not in traces


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
@pytest.mark.parametrize("interval", [1e-6, 5e-3])
@pytest.mark.parametrize("runs", [3, pytest.param(200, marks=pytest.mark.soak)])
def test_how_often_threads_change_places_changes_nothing(
    runs: int, interval: float, dispatcher: str
) -> None:
    # On a pool that takes every moment for one in which nobody gets on.
    many = {"pool_threshold": 1e9, "pool_interval": 1e-4} if dispatcher == "pooled" else {}
    settings = {"steps": 10, "dice": 20, "seed": 5}
    before = sys.getswitchinterval()
    sys.setswitchinterval(interval)
    try:
        traces = {
            play(world_of_six(), dispatcher=dispatcher, **settings, **many)[1].trace
            for _ in range(runs)
        }
    finally:
        sys.setswitchinterval(before)
    assert traces == {play(world_of_six(), dispatcher="inline", **settings)[1].trace}


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_clocks_that_jump_change_nothing(dispatcher: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steady, run = play(world_of_six(), seed=5, dispatcher=dispatcher)
    jump, now = iter([3600.0, -3600.0] * 100_000), time.time
    monkeypatch.setattr(time, "time", lambda: now() + next(jump))
    clock = ManualClock(100.0)
    shaken, other = play(
        world_of_six(),
        seed=5,
        dispatcher=dispatcher,
        clock=clock,
        then=lambda step: clock.advance(3600.0),
    )
    assert other.trace == run.trace
    assert shaken.everybody() == steady.everybody()
