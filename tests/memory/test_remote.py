"""Consolidation in a worker process: the same items, bit for bit, or a typed failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from antiphon.actors.workers.processes import WorkerProcess
from antiphon.errors import WorkerError
from antiphon.memory.consolidation import Consolidated, Consolidation, Failed
from antiphon.memory.consolidations import Consolidations
from antiphon.memory.remote import JOBS, RemoteConsolidation
from antiphon.memory.strategies.catalogue import strategy as named
from antiphon.tests.memory.consolidating import FUSE, LIVES, forms, handed, lived, names

STRATEGIES = """
import os, signal
from antiphon.memory.item import Draft

def members(window):
    return tuple(one.sequence for one in window)

def in_one(window):
    yield None
    yield Draft("all", {"count": len(window)}, "", members(window))

def broken(window):
    raise ValueError("so it is")

def leaves(window):
    raise SystemExit("bye")

def no_drafts(window):
    return [7]

def deadly(window):
    if window[0].experience.observation == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return in_one(window)
"""


@pytest.fixture
def worker(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerProcess]:
    (tmp_path / "strategies_of_a_test.py").write_text(STRATEGIES)
    monkeypatch.syspath_prepend(tmp_path)
    worker = WorkerProcess(JOBS, patience=FUSE)
    yield worker
    worker.stop()


def remote(worker: WorkerProcess, name: str) -> Consolidations:
    target = named(name).target
    assert target is not None
    return Consolidations(lambda made: RemoteConsolidation(made, target, name, worker), name)


@pytest.mark.parametrize("name", ["merge", "prototypes"])
def test_items_are_the_same_bit_for_bit_as_those_made_here(
    worker: WorkerProcess, name: str
) -> None:
    here = Consolidations(lambda made: Consolidation(made, named(name).call, name), name)
    there = remote(worker, name)
    for life, make in LIVES.items():
        for work in (here, there):
            work.take(handed(*make(200), agent_id=life))
    there.work(lambda: False)
    ours, theirs = here.collect(3), there.collect(3)
    assert names(ours) == names(theirs)
    assert [forms(result) for result in ours] == [forms(result) for result in theirs]
    assert [result.ratio for result in ours] == [result.ratio for result in theirs]
    assert there.statistics() == here.statistics()


def test_items_from_there_can_be_changed_by_nobody_either(worker: WorkerProcess) -> None:
    work = remote(worker, "prototypes")
    work.take(handed(*LIVES["explored"](50)))
    (result,) = work.collect(3)
    assert isinstance(result, Consolidated)
    content = result.items[0].content
    with pytest.raises(TypeError, match="cannot be changed"):
        content["mean"] = None
    with pytest.raises(ValueError, match="read-only"):
        content["mean"][0] = 7.0


def test_odd_observations_are_the_same_there(worker: WorkerProcess) -> None:
    odd = [
        float("nan"), float("inf"), -0.0, 0.0, "é\ud800", b"raw", object(), None, True, 1 << 70,
        np.float32(1.5), np.array([np.nan, -0.0]), np.array(["a", "bc"]), np.zeros((0, 3)),
        {"a": [1, (2.5, None)]}, np.array(["2020-01-01"], "datetime64[D]"), np.ones(9000),
    ]  # fmt: skip
    life = [lived(n, seen) for n, seen in enumerate(odd * 2)]
    for name in ("merge", "prototypes"):
        here = Consolidation(handed(*life), named(name).call, name)
        here.finish()
        there = remote(worker, name)
        there.take(handed(*life))
        (result,) = there.collect(3)
        assert forms(result) == forms(here.result(0))


def test_work_does_not_wait_for_the_process(worker: WorkerProcess) -> None:
    work = remote(worker, "merge")
    work.take(handed())
    work.work(lambda: False)
    assert work.open == 1
    assert names(work.collect(3)) == [("a", 1, "")]
    assert worker.statistics().jobs == 1


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("broken", "it raised ValueError: so it is"),
        ("leaves", "it raised SystemExit: bye"),
        ("no_drafts", "must yield drafts, or None to pause; got type int"),
    ],
)
def test_a_strategy_fails_there_in_the_same_words_as_here(
    worker: WorkerProcess, name: str, rule: str
) -> None:
    full = f"strategies_of_a_test:{name}"
    there, here = remote(worker, full), Consolidation(handed(), named(full).call, full)
    there.take(handed())
    (result,) = there.collect(3)
    here.finish()
    ours = here.result(0)
    assert isinstance(result, Failed)
    assert isinstance(ours, Failed)
    assert str(result.error) == str(ours.error)
    assert result.error.rule == rule


def test_a_worker_that_dies_fails_one_hand_over_which_can_come_again(
    worker: WorkerProcess,
) -> None:
    work = remote(worker, "strategies_of_a_test:deadly")
    for agent_id, seen in (("a", "live"), ("b", "die"), ("c", "live")):
        work.take(handed(lived(1, seen), agent_id=agent_id))
    results = work.collect(3)
    assert names(results) == [("a", 1, ""), ("b", 1, "failed"), ("c", 1, "")]
    failed = results[1]
    assert isinstance(failed, Failed)
    assert "it died of signal 9" in failed.error.rule
    assert isinstance(failed.error.__cause__, Exception)
    assert isinstance(failed.error.__cause__.__cause__, WorkerError)
    work.take(handed(lived(1, "live"), agent_id="b", number=2, round=failed.retry_at, due=99))
    assert names(work.collect(99)) == [("b", 2, "")]


def test_no_more_than_a_few_are_on_their_way_at_once(worker: WorkerProcess) -> None:
    work = remote(worker, "merge")
    for number in range(100):
        work.take(handed(agent_id=f"a-{number:03}"))
    work.work(lambda: worker.statistics().jobs > 20)
    assert worker.statistics().jobs <= worker.statistics().done + 8 + 1
    assert len(work.collect(3)) == 100
