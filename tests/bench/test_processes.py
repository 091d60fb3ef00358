"""The bench of processes asks the same of all, and notices who does something else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from antiphon.bench import processes, thinkers
from antiphon.bench.harness import Case, Variant
from antiphon.bench.workers import shares
from antiphon.errors import WorkError
from antiphon.models.agent import Context
from antiphon.models.explorer import Explorer

HOSTS = ["pooled", "threaded", "inline", "cohort", "processes"]


@pytest.fixture(scope="module")
def thinking() -> Case:
    return processes._thinking(repeats=1, n=5, rounds=4)


@pytest.fixture
def offered(thinking: Case) -> Iterator[dict[str, Variant]]:
    with thinking.variants() as all_of_them:
        yield {one.name: one for one in all_of_them if isinstance(one, Variant)}


def test_explorers_are_measured_in_every_host_and_in_processes_with_their_start_apart() -> None:
    (thinking,) = [one for one in processes.cases(small=False) if one.name == "20 explorers"]
    assert {figure.name for figure in thinking.ratios} == {
        "think_cohort_vs_processes",
        "think_pooled_vs_processes",
        "think_threaded_vs_processes",
        "think_cohort_vs_threaded",
        "think_processes_over_inline",
    }
    with thinking.variants() as offered:
        assert [one.name for one in offered] == HOSTS
        assert all(isinstance(one, Variant) and one.starts for one in offered)


@pytest.mark.parametrize("name", HOSTS)
def test_explorers_do_the_same_wherever_they_are(name: str, offered: dict[str, Variant]) -> None:
    variant = offered[name]
    with variant.turn():
        variant.warm()
        walked = variant.run(4)
    assert variant.check(4, walked) == ""
    assert walked.first == 1
    assert "4 rounds after 1, asked for 3" in variant.check(3, walked)


def test_an_action_that_is_not_the_explorers_own_is_noticed() -> None:
    expected = thinkers.by_hand(3, 2)
    others = [expected[0], {**expected[1], "agent-2": (expected[1]["agent-2"] + 1) % 5}]
    assert thinkers.Walked(0, expected).wrong(2, expected) == ""
    found = thinkers.Walked(0, others).wrong(2, expected)
    assert found == "round 1: 1 of 3 actions are not what they should be"


def test_a_round_without_somebody_is_noticed() -> None:
    expected = thinkers.by_hand(3, 1)
    short = {agent_id: did for agent_id, did in expected[0].items() if agent_id != "agent-3"}
    assert "1 of 3 actions" in thinkers.Walked(0, [short]).wrong(1, expected)


def test_what_stands_in_for_an_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    act = Explorer.act

    def failing(self: Explorer, observation: Any, context: Context) -> int:
        if context.agent_id == "agent-2":
            raise RuntimeError("not today")
        return act(self, observation, context)

    monkeypatch.setattr(Explorer, "together", False)
    monkeypatch.setattr(Explorer, "act", failing)
    with thinkers.hosted("inline", 3) as play:
        walked = play(1)
    assert list(walked.actions[0]) == ["agent-1", "agent-3"]


def test_explorers_that_do_not_infer_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinkers._Band, "act", lambda band, seen: [4] * len(seen))
    with pytest.raises(WorkError, match="beliefs in the own place"):
        thinkers.by_hand(3, 5)


def test_a_process_answers_for_its_share_from_its_first_job_to_its_last() -> None:
    thinkers._band.cache_clear()
    world, expected = thinkers._world(4), thinkers.by_hand(4, 3)

    def think(seen: Mapping[str, Any]) -> dict[str, int]:
        table = np.stack(list(seen.values()))
        both = [thinkers.think(thinkers._job(4, p, table[p.start : p.stop])) for p in halves]
        return dict(zip(seen, b"".join(both), strict=True))

    halves = [range(2), range(2, 4)]
    assert [thinkers.think(thinkers._job(4, half)) for half in halves] == [b"", b""]
    assert thinkers._Walk(world, think).play(3).wrong(3, expected) == ""
    thinkers._band.cache_clear()


@pytest.mark.parametrize(("cores", "sizes"), [(1, [5]), (2, [3, 2]), (4, [2, 2, 1]), (9, [1] * 5)])
def test_shares_are_all_of_them_and_about_equal(
    cores: int, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Those that we may use, and not all that there are.
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)), raising=False)
    parts = shares(5)
    assert [len(part) for part in parts] == sizes
    assert [number for part in parts for number in part] == list(range(5))
