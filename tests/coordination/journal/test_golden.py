"""Journals that were written long ago are played as they were, and tell who changed them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from antiphon.coordination.journal.archive import unpack
from antiphon.errors import DivergedError
from antiphon.memory.store.verify import verify
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import rewritten
from antiphon.tests.coordination.journal.golden_runs import GOLDEN, RUNS, STEPS

OF_THREADS: dict[str, Any] = {"dispatcher": "threaded", "latency": None}


def golden(name: str, tmp_path: Path) -> Path:
    assert unpack(GOLDEN / f"{name}.run", tmp_path / name) == STEPS
    return tmp_path / name


def test_ten_are_kept_and_they_are_small() -> None:
    files = sorted(GOLDEN.iterdir())
    assert [file.name for file in files] == sorted(f"{name}.run" for name in RUNS)
    assert len(files) == 10
    assert sum(file.stat().st_size for file in files) < 200 << 10


@pytest.mark.parametrize("name", RUNS)
def test_a_journal_of_long_ago_is_played_as_it_was(tmp_path: Path, name: str) -> None:
    run = golden(name, tmp_path)
    if not RUNS[name].pause:
        # What somebody outside lets pass is in no journal.
        assert Society.verify(run).rounds == STEPS
    # And as if it had been written by threads, whose times nobody knows any more.
    assert Society.verify(run, **OF_THREADS).rounds == STEPS


def is_back_later(value: Any) -> Any:
    agent_id, called, place, read = value["back"][0]
    return {**value, "back": [[agent_id, called, 2 if place != 2 else 0, read]]}


def was_not_away(value: Any) -> Any:
    return {name: held for name, held in value.items() if name != "away"}


def was_there(value: Any) -> Any:
    missing = dict(value["missing"])
    missing.popitem()
    return {**value, "missing": missing}


def acted_otherwise(value: Any) -> Any:
    return {**value, "intended": {"ints": np.array([3, 2, 1])}}


def earned_more(value: Any) -> Any:
    return {**value, "reward": {"floats": np.array([9.0, 0.0, 0.0])}}


MUTATED: list[tuple[str, str, int, Callable[[Any], Any], str]] = [
    ("chance", "lived", 3, acted_otherwise, "intended of agent a"),
    ("late", "lived", 2, earned_more, "reward of agent a"),
    ("late", "events", 3, was_not_away, "away of agent a"),
    ("late", "events", 3, was_there, "missing of agent a"),
    ("quorum", "events", 3, is_back_later, "intended of agent b"),
]


@pytest.mark.parametrize("mutated", MUTATED)
def test_the_first_round_and_agent_that_somebody_changed_are_named(
    tmp_path: Path, mutated: tuple[str, str, int, Callable[[Any], Any], str]
) -> None:
    name, kind, round, change, what = mutated
    other = rewritten(golden(name, tmp_path), kind, round, change)
    verify(other)
    with pytest.raises(DivergedError, match=f"round {round} goes another way: {what}") as caught:
        Society.verify(other, **OF_THREADS)
    assert (caught.value.round, caught.value.agent_id) == (round, what[-1])
