from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from antiphon.bench.harness import Case, Measured, Ratio, Spread, Variant, measure
from antiphon.bench.report import Report, run_bench
from antiphon.clock import ManualClock
from antiphon.errors import WorkError

OURS_VS_THEIRS = Ratio("ours_vs_theirs", ours="ours", theirs="theirs", target=2.0)


class Fakes:
    """A bench of two variants whose work only moves a clock by hand."""

    __doc__ = "Which fake is faster?\n\nNothing more."

    def __init__(self, *, repeats: int = 3, wrong: str = "") -> None:
        self.clock = ManualClock()
        self.log: list[str] = []
        self.wrong = wrong
        self.repeats = repeats
        self.speed = {"ours": [9.0, 1.0, 1.0, 2.0], "theirs": [9.0, 3.0, 4.0, 2.0]}

    def cases(self, *, small: bool) -> list[Case]:
        repeats = 1 if small else self.repeats
        return [Case("one", "round", repeats, self._variants, (OURS_VS_THEIRS,))]

    @contextmanager
    def _variants(self) -> Iterator[list[Variant]]:
        self.log.append("start")
        yield [self._variant("ours", units=2), self._variant("theirs", units=1)]
        self.log.append("stop")

    def _variant(self, name: str, *, units: int) -> Variant:
        turns = iter(self.speed[name])

        def run(units: int) -> int:
            self.clock.advance(units * next(turns))
            self.log.append(name)
            return units

        def check(units: int, made: Any) -> str:
            assert made == units
            self.clock.advance(100.0)
            return self.wrong if name == "theirs" else ""

        return Variant(name, units, run, check)


class Notes:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.ended = False

    def begin(self, case: Case, variant: str, repeat: int) -> None:
        self.seen.append((variant, repeat))

    def end(self) -> None:
        self.ended = True


def run(bench: Fakes, *, small: bool = False) -> tuple[Report, Notes]:
    notes = Notes()
    return run_bench("fakes", bench, small=small, watcher=notes, clock=bench.clock), notes


def test_variants_take_turns_after_a_warm_up() -> None:
    bench = Fakes()
    _, notes = run(bench)
    assert bench.log == ["start", *["ours", "theirs"] * 4, "stop"]
    assert notes.seen == [(name, k) for k in range(4) for name in ("ours", "theirs")]
    assert notes.ended


def test_times_are_per_unit_without_warm_up_and_check() -> None:
    bench = Fakes()
    measured = measure(bench.cases(small=False)[0], bench.clock, Notes())
    assert measured.seconds == {"ours": [1.0, 1.0, 2.0], "theirs": [3.0, 4.0, 2.0]}
    assert measured.units == {"ours": 2, "theirs": 1}


def test_a_ratio_is_the_median_of_the_pairs_not_the_ratio_of_the_medians() -> None:
    measured = Measured(
        Case("one", "round", 3, Fakes()._variants, (OURS_VS_THEIRS,)),
        {"ours": 1, "theirs": 1},
        {"ours": [1.0, 2.0, 4.0], "theirs": [8.0, 2.0, 8.0]},
    )
    assert measured.pairs(OURS_VS_THEIRS) == [8.0, 1.0, 2.0]
    assert Spread.of(measured.pairs(OURS_VS_THEIRS)).median == 2.0


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        ([3.0], (3.0, 3.0, 3.0)),
        ([1.0, 3.0], (2.0, 1.5, 2.5)),
        ([5.0, 1.0, 4.0, 2.0, 3.0], (3.0, 2.0, 4.0)),
    ],
)
def test_spread_is_the_median_with_its_quartiles(
    values: list[float], spread: tuple[float, ...]
) -> None:
    assert Spread.of(values) == spread


def test_a_variant_that_did_not_do_its_work_is_an_error_and_no_number() -> None:
    bench = Fakes(wrong="2 of 3 rounds")
    notes = Notes()
    with pytest.raises(WorkError, match=r"'theirs' did not do its work: 2 of 3 rounds") as caught:
        run_bench("fakes", bench, small=True, watcher=notes, clock=bench.clock)
    assert caught.value.variant == "theirs"
    # Already the warm-up is checked.
    assert bench.log == ["start", "ours", "theirs"]
    assert notes.ended


def test_a_report_holds_flat_ratios_spreads_targets_and_the_environment() -> None:
    report, _ = run(Fakes())
    found = report.to_dict()
    assert found["question"] == "Which fake is faster?"
    assert found["ratios"] == {"ours_vs_theirs": 3.0}
    assert found["spreads"] == {"ours_vs_theirs": {"median": 3.0, "low": 2.0, "high": 3.5}}
    assert found["targets"] == {"ours_vs_theirs": 2.0}
    assert {"python", "cores", "packages", "load_before", "load_after"} <= set(found["environment"])
    (case,) = found["cases"]
    assert case["unit"] == "ms per round"
    assert case["variants"]["ours"]["repeats"] == [1000.0, 1000.0, 2000.0]


def test_small_is_handed_on_and_reported() -> None:
    report, notes = run(Fakes(), small=True)
    assert report.small
    assert max(repeat for _, repeat in notes.seen) == 1


def test_nobody_pays_for_the_garbage_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Fakes()
    monkeypatch.setattr(gc, "collect", lambda: bench.log.append("collect"))
    run(bench, small=True)
    assert bench.log == ["start", *["collect", "ours", "collect", "theirs"] * 2, "stop"]
