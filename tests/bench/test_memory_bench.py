"""The bench of memory measures what it says, and notices work that was not done."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.bench import memory
from antiphon.bench.elsewhere import elsewhere
from antiphon.bench.harness import Quantity, measure
from antiphon.bench.long_run import LongRun, long_run
from antiphon.bench.paired_rounds import Paired, paired_rounds
from antiphon.clock import SystemClock
from antiphon.memory.episodic import EpisodicMemory
from antiphon.models.experience import Experience


class Quiet:
    def begin(self, case: object, variant: str, repeat: int) -> None: ...

    def end(self) -> None: ...


def test_reading_writing_consolidating_and_storing_do_their_work() -> None:
    cases = [memory._reading(1, 10), memory._writing(1, 10), memory._consolidating(1)]
    for case in [*cases, memory._storing(2, repeats=1)]:
        measured = measure(case, SystemClock(), Quiet())
        assert all(spread.median > 0 for _, spread in measured.figures())


@pytest.mark.parametrize("name", ["after 1e3", "after 1e4"])
def test_a_memory_that_records_nothing_more_is_noticed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with memory._writers(10) as variants:
        (one,) = [one for one in variants if one.name == name]
        assert [one.check(1_000, one.run(1_000)) for _ in range(3)] == ["", "", ""]
    real = EpisodicMemory.record

    def full(self: EpisodicMemory, lived: Experience, *rest: Any, **options: Any) -> Any:
        # As before when it is filled, and then it forgets to.
        if self.written < 10_000:
            real(self, lived, *rest, **options)

    monkeypatch.setattr(EpisodicMemory, "record", full)
    with memory._writers(10) as variants:
        (one,) = [one for one in variants if one.name == "after 1e4"]
        assert "the newest is of round 2000, not 1000" in one.check(1_000, one.run(1_000))


def test_a_pair_plays_the_same_rounds_with_and_without_and_goes_on() -> None:
    with paired_rounds(5) as play:
        for paired in (play(100), play(100)):
            assert paired.wrong == ""
            assert len(paired.without) == len(paired.consolidating) == 100
            assert 0 < paired.calls <= paired.bound


def test_rounds_in_which_too_little_was_consolidated_are_no_pair() -> None:
    with paired_rounds(1) as play:
        # Fewer rounds than a window has experiences: in some of them nothing takes effect.
        assert any("were consolidated" in play(1).wrong for _ in range(3))


def test_the_p99_is_a_round_that_was_played() -> None:
    assert Paired.p99([float(n) for n in range(100)]) == 99.0
    assert Paired.p99([3.0]) == 3.0


def test_a_long_run_is_played_here_or_elsewhere() -> None:
    run = long_run(600, bounded=True)
    assert run.wrong == ""
    assert LongRun(*elsewhere("long_run", 600, "unbounded")).wrong == ""


def test_the_targets_are_those_that_were_set() -> None:
    targets = {
        figure.name: (figure.target, str(figure.better))
        for case in memory.cases(small=False)
        for figure in case.ratios
        if figure.target is not None
    }
    assert targets == {
        "recent_1e6_over_1e3": (2.0, "<="),
        "consolidated_size_ratio": (0.5, "<="),
        "rounds_per_s_consolidating_share": (0.67, ">="),
        "round_p99_consolidating_over_not": (1.5, "<="),
        "consolidation_calls_over_bound": (1.0, "<="),
        "rss_growth_mb_per_1000_steps": (1.0, "<="),
        "store_rows_per_s": (100_000, ">="),
    }
    assert all(
        isinstance(f, Quantity) or f.ours for c in memory.cases(small=False) for f in c.ratios
    )


def test_a_small_run_says_that_its_memories_have_seen_less() -> None:
    names = {f.name for c in memory.cases(small=True) for f in c.ratios}
    assert {"recent_1e5_over_1e3", "record_1e5_over_1e3"} <= names
    assert not any("1e6" in name for name in names)
