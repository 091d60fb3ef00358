"""Killed at any instant, a run goes on, and ends as if nothing had been."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal.origin import World
from antiphon.memory.store import writer
from antiphon.memory.store.verify import verify
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import RING, SPREAD, Diary, Gossip, founded, ran

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

FUSE = 120.0
GRID = World("grid-world", {"size": 8, "goals": 5, "max_steps": 70})
CASES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "grid world": ((GRID, "explorer", 5), {}),
    "mid-episode": ((SPREAD, Diary), {}),
    "messages": ((World(RING, {"length": 40}), Gossip), {"on_missing": "repeat"}),
    "memories": ((RING, Diary), {"memory_size": 30, "consolidation_lag": 3}),
}
DISPATCHERS = ("threaded", "pooled")


@pytest.fixture(autouse=True)
def quick_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs as short as these be killed between two commits, and in many of them."""
    monkeypatch.setattr(writer, "PAUSE", 0.005)


def go(folder: Path, steps: int, case: tuple[Any, ...], settings: dict[str, Any]) -> None:
    """Begin a run, or go on with it; in a process of its own."""
    if not (folder / "manifest.json").exists():
        # Killed before anybody could know what it was.
        shutil.rmtree(folder, ignore_errors=True)
        with founded(*case, **settings) as society:
            society.run(steps, out=folder)
    else:
        with Society.resume(folder) as society:
            society.run()


def until_it_has_ended(
    folder: Path, steps: int, case: Any, settings: Any, patience: Callable[[int], float]
) -> int:
    """Kill whoever runs it when patience is at an end, but not for ever; say how often."""
    kills = 0
    while True:
        work = (folder, steps, case, settings)
        process = multiprocessing.get_context("fork").Process(target=go, args=work)
        process.start()
        process.join(patience(kills))
        process.kill()  # SIGKILL, which nothing hears of that runs there
        process.join()
        if process.exitcode == 0:
            return kills
        assert process.exitcode == -9, "it failed"
        kills += 1


def killed(folder: Path, name: str, dispatcher: str, seed: int, steps: int = 150) -> int:
    case, settings = CASES[name]
    settings = {**settings, "dispatcher": dispatcher, "seed": seed}
    before = time.perf_counter()
    whole = ran(steps, *case, **settings)
    seconds, rng = time.perf_counter() - before, random.Random(seed)

    def patience(kills: int) -> float:
        return rng.uniform(0.0, 1.1 * seconds) if kills < 2 else FUSE

    kills = until_it_has_ended(folder, steps, case, settings, patience)
    again = ran_again(folder)
    assert (again.trace, again.events) == (whole.trace, whole.events), f"seed {seed}"
    assert verify(folder).rounds == steps
    return kills


def ran_again(folder: Path) -> Any:
    with Society.resume(folder) as society:
        return society.run()


@pytest.fixture(autouse=True)
def _states_are_taken_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "20")


@pytest.mark.parametrize(
    ("name", "dispatcher", "seed"),
    [("grid world", "threaded", 1), ("mid-episode", "pooled", 2), ("messages", "threaded", 3)],
)
def test_a_run_that_is_killed_ends_as_ever(
    tmp_path: Path, name: str, dispatcher: str, seed: int
) -> None:
    killed(tmp_path / "r", name, dispatcher, seed)


@pytest.mark.parametrize(
    "seed",
    [
        *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(15)),
        # Each run is killed one and three quarter times, so these are two thousand kills.
        *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(15, 158)),
    ],
)
@pytest.mark.parametrize("dispatcher", DISPATCHERS)
@pytest.mark.parametrize("name", CASES)
def test_any_run_that_is_killed_ends_as_ever(
    tmp_path: Path, name: str, dispatcher: str, seed: int
) -> None:
    killed(tmp_path / "r", name, dispatcher, 100 + seed)
