"""The bench of journals keeps what it says, and notices runs that are not what they should be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from antiphon.bench import journal
from antiphon.bench.harness import Ratio, Variant, measure
from antiphon.clock import SystemClock
from antiphon.coordination.records.run import Run
from antiphon.errors import StoreCorruptError, WorkError
from antiphon.memory.store.schema import DATABASE


class Watched:
    """Looks at which folders there are when a repeat begins."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []

    def plan(self, cases: object) -> None: ...

    def begin(self, case: object, variant: str, repeat: int) -> None:
        self.begun.append((variant, repeat))

    def end(self) -> None: ...


@pytest.fixture(scope="module")
def run() -> Run:
    with journal._played("inline", 4, None) as play:
        ran: Run = play(10)
    return ran


def test_the_promise_is_the_target_for_both_dispatchers() -> None:
    figures = {one.name: one for case in journal.cases(small=False) for one in case.ratios}
    assert figures.keys() == {"rounds_per_s_kept_share", "rounds_per_s_kept_share_threaded"}
    for figure in figures.values():
        assert isinstance(figure, Ratio)
        # The time without a folder by that with one, which is rounds per second the other way.
        assert (figure.variants, figure.target) == (("not_kept", "kept"), 0.9)
    assert {case.repeats for case in journal.cases(small=False)} == {15}


@pytest.mark.parametrize("dispatcher", ["pooled", "threaded"])
def test_runs_with_a_folder_and_without_take_turns_and_do_their_work(dispatcher: str) -> None:
    watched = Watched()
    measured = measure(journal._case(dispatcher, 4, 10, repeats=2), SystemClock(), watched)
    # The first that is kept imports the store, and does not count.
    assert watched.begun == [(name, k) for k in range(3) for name in ("kept", "not_kept")]
    assert measured.units == {"kept": 10, "not_kept": 10}
    assert {name: len(times) for name, times in measured.starts.items()} == {
        "kept": 2,
        "not_kept": 2,
    }


def test_a_run_of_another_course_or_length_is_noticed(run: Run) -> None:
    assert journal.wrong(4, run.trace, 10, run) == ""
    assert "10 rounds of 4 agents" in journal.wrong(4, run.trace, 11, run)
    assert "acted" in journal.wrong(5, run.trace, 10, run)
    other = dataclasses.replace(run, trace="0" * len(run.trace))
    assert "its trace is 000" in journal.wrong(4, run.trace, 10, other)


def test_each_run_has_a_new_folder_and_only_the_last_stays(tmp_path: Path) -> None:
    folders = journal._Folders(tmp_path)
    for name in ("run-1", "run-2"):
        with folders.kept("pooled", 4) as play:
            assert play(10).out == tmp_path / name
        assert [one.name for one in tmp_path.iterdir()] == [name]
    folders.verify(10)
    with pytest.raises(WorkError, match="10 of 11 rounds are on disk"):
        folders.verify(11)


def broken_afterwards() -> None:
    """Keep a run as the bench does, and lose half of it before the bench is through."""
    with journal._variants("pooled", 4, 10) as (kept, _):
        assert isinstance(kept, Variant)
        with kept.turn():
            run = kept.run(10)
        assert kept.check(10, run) == ""
        assert run.out is not None
        file = run.out / DATABASE
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def test_the_last_run_is_verified_when_all_are_measured() -> None:
    with pytest.raises(StoreCorruptError):
        broken_afterwards()
