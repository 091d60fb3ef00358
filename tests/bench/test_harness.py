from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from antiphon.bench.harness import (
    Absent,
    Better,
    Case,
    Figure,
    Measured,
    Quantity,
    Ratio,
    Seconds,
    Spread,
    Variant,
    measure,
)
from antiphon.bench.report import Report, run_bench
from antiphon.bench.turn import in_turn
from antiphon.clock import ManualClock
from antiphon.errors import WorkError
from rich.console import Console

OURS_VS_THEIRS = Ratio("ours_vs_theirs", ours="ours", theirs="theirs", target=2.0)
OURS_OVER_THEIRS = Ratio("ours_over_theirs", "ours", "theirs", 0.5, Better.LESS)
UNITS = Quantity("units", "ours", "units made", lambda made: 10.0 * made, Better.LESS, 19.0)
AGAINST_NOBODY = Ratio("ours_vs_nobody", ours="ours", theirs="nobody")


class Fakes:
    """A bench of two variants whose work only moves a clock by hand."""

    __doc__ = "Which fake is faster?\n\nNothing more."

    def __init__(
        self, *, repeats: int = 3, wrong: str = "", figures: tuple[Figure, ...] = (OURS_VS_THEIRS,)
    ) -> None:
        self.clock = ManualClock()
        self.log: list[str] = []
        self.wrong = wrong
        self.repeats = repeats
        self.figures = figures
        self.speed = {"ours": [9.0, 1.0, 1.0, 2.0], "theirs": [9.0, 3.0, 4.0, 2.0]}

    def cases(self, *, small: bool) -> list[Case]:
        repeats = 1 if small else self.repeats
        return [Case("one", "round", repeats, self.variants, self.figures)]

    @contextmanager
    def variants(self) -> Iterator[list[Variant | Absent]]:
        self.log.append("start")
        yield [
            self._variant("ours", units=2),
            Absent("nobody", "nobody came from antiphon[x]"),
            self._variant("theirs", units=1),
        ]
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
        self.planned: list[str] = []
        self.ended = False

    def plan(self, cases: Sequence[Case]) -> None:
        self.planned = [case.name for case in cases]

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
    assert notes.planned == ["one"]
    assert notes.ended


def test_times_are_per_unit_without_warm_up_and_check() -> None:
    bench = Fakes()
    measured = measure(bench.cases(small=False)[0], bench.clock, Notes())
    assert measured.seconds == {"ours": [1.0, 1.0, 2.0], "theirs": [3.0, 4.0, 2.0]}
    assert measured.units == {"ours": 2, "theirs": 1}


def measured(ours: list[float], theirs: list[float]) -> Measured:
    case = Case("one", "round", 3, Fakes().variants, (OURS_VS_THEIRS, OURS_OVER_THEIRS))
    return Measured(case, {"ours": 1, "theirs": 1}, {"ours": ours, "theirs": theirs}, {}, {})


def test_a_ratio_is_the_median_of_the_pairs_not_the_ratio_of_the_medians() -> None:
    found = measured([1.0, 2.0, 4.0], [8.0, 2.0, 8.0])
    assert OURS_VS_THEIRS.values(found) == [8.0, 1.0, 2.0]
    assert dict(found.figures())[OURS_VS_THEIRS].median == 2.0


def test_a_share_of_so_many_is_the_ratio_by_their_number() -> None:
    efficiency = Ratio("efficiency", ours="ours", theirs="theirs", share_of=10)
    bench = Fakes(figures=(OURS_VS_THEIRS, efficiency))
    report, _ = run(bench)
    assert report.ratios["efficiency"] == pytest.approx(report.ratios["ours_vs_theirs"] / 10)
    assert (OURS_VS_THEIRS.meaning, efficiency.meaning) == ("theirs / ours", "theirs / ours / 10")


def test_where_less_is_better_ours_is_divided_by_theirs() -> None:
    found = measured([1.0, 2.0, 4.0], [8.0, 2.0, 8.0])
    assert OURS_OVER_THEIRS.values(found) == [0.125, 1.0, 0.5]
    assert (OURS_VS_THEIRS.meaning, OURS_OVER_THEIRS.meaning) == ("theirs / ours", "ours / theirs")


@pytest.mark.parametrize(
    ("better", "value", "reached"),
    [
        (Better.MORE, 1.9, False),
        (Better.MORE, 2.0, True),
        (Better.MORE, 2.1, True),
        (Better.LESS, 1.9, True),
        (Better.LESS, 2.0, True),
        (Better.LESS, 2.1, False),
    ],
)
def test_a_target_is_reached_from_its_side(better: Better, value: float, *, reached: bool) -> None:
    assert better.holds(value, 2.0) is reached


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
    assert found["meanings"] == {"ours_vs_theirs": "theirs / ours"}
    assert found["spreads"] == {"ours_vs_theirs": {"median": 3.0, "low": 2.0, "high": 3.5}}
    assert found["targets"] == {
        "ours_vs_theirs": {"better": "more", "target": 2.0, "reached": True}
    }
    assert found["skipped"] == {}
    assert {"python", "cores", "packages", "load_before", "load_after"} <= set(found["environment"])
    (case,) = found["cases"]
    assert case["unit"] == "ms per round"
    assert case["variants"]["ours"]["repeats"] == [1000.0, 1000.0, 2000.0]


def test_a_quantity_is_read_off_every_repeat_but_the_warm_up() -> None:
    read: list[int] = []

    def growing(made: int) -> float:
        read.append(made)
        return 10.0 * len(read)

    figure = Quantity("size", "ours", "bytes", growing, Better.LESS, 19.0)
    report, _ = run(Fakes(figures=(figure,)))
    assert read == [2] * 4
    found = report.to_dict()
    assert found["ratios"] == {"size": 30.0}
    assert found["spreads"] == {"size": {"median": 30.0, "low": 25.0, "high": 35.0}}
    assert found["targets"] == {"size": {"better": "less", "target": 19.0, "reached": False}}
    assert found["meanings"] == {"size": "bytes"}


def test_a_figure_whose_variant_is_absent_is_skipped_by_name() -> None:
    report, _ = run(Fakes(figures=(OURS_VS_THEIRS, AGAINST_NOBODY)))
    found = report.to_dict()
    assert set(found["ratios"]) == {"ours_vs_theirs"}
    assert found["skipped"] == {"ours_vs_nobody": "no nobody: nobody came from antiphon[x]"}
    assert set(found["cases"][0]["variants"]) == {"ours", "theirs"}
    assert "ours_vs_nobody was skipped: no nobody: nobody came from antiphon[x]" in shown(report)


def test_the_table_says_which_targets_were_reached_and_which_way_they_go() -> None:
    report, _ = run(Fakes(figures=(OURS_VS_THEIRS, OURS_OVER_THEIRS, UNITS)))
    table = shown(report)
    assert ">= 2, reached" in table
    assert "<= 0.5, reached" in table
    assert "<= 19, missed" in table


def shown(report: Report) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        report.show(console)
    return capture.get()


def test_small_is_handed_on_and_reported() -> None:
    report, notes = run(Fakes(), small=True)
    assert report.small
    assert max(repeat for _, repeat in notes.seen) == 1


def test_nobody_pays_for_the_garbage_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Fakes()
    monkeypatch.setattr(gc, "collect", lambda: bench.log.append("collect"))
    run(bench, small=True)
    assert bench.log == ["start", *["collect", "ours", "collect", "theirs"] * 2, "stop"]


def test_without_warm_ups_every_repeat_counts() -> None:
    bench, notes = Fakes(), Notes()
    case = Case("one", "round", 2, bench.variants, (OURS_VS_THEIRS,), warm_ups=0)
    found = measure(case, bench.clock, notes)
    assert found.seconds == {"ours": [9.0, 1.0], "theirs": [9.0, 3.0]}
    assert min(repeat for _, repeat in notes.seen) == 1


def test_a_variant_lives_for_its_turn_and_only_its_run_is_timed() -> None:
    clock, log = ManualClock(), list[str]()

    def variant(name: str) -> Variant:
        @contextmanager
        def start() -> Iterator[Any]:
            log.append(f"start {name}")
            clock.advance(100.0)
            yield play
            clock.advance(100.0)
            log.append(f"stop {name}")

        def play(units: int) -> str:
            log.append(f"{name} plays {units}")
            clock.advance(1.0)
            return name

        def check(units: int, made: str) -> str:
            log.append(f"check {made}")
            return ""

        return in_turn(name, 5, start, check, warm_up=2, starts=name == "a")

    @contextmanager
    def variants() -> Iterator[list[Variant]]:
        yield [variant("a"), variant("b")]

    found = measure(Case("one", "round", 1, variants, (), warm_ups=0), clock, Notes())
    assert found.seconds == {"a": [0.2], "b": [0.2]}
    assert found.starts == {"a": [100.0]}
    turn = ["start {}", "{} plays 2", "{} plays 5", "check {}", "stop {}"]
    assert log == [line.format(name) for name in "ab" for line in turn]


def test_a_variant_that_fails_in_its_turn_is_ended() -> None:
    ended: list[bool] = []

    @contextmanager
    def start() -> Iterator[Any]:
        try:
            yield lambda units: None
        finally:
            ended.append(True)

    @contextmanager
    def variants() -> Iterator[list[Variant]]:
        yield [in_turn("a", 1, start, lambda units, made: "nothing done")]

    with pytest.raises(WorkError, match="nothing done"):
        measure(Case("one", "round", 1, variants, ()), ManualClock(), Notes())
    assert ended == [True]


def test_a_time_is_a_figure_with_what_a_guide_states_beside_it() -> None:
    time = Seconds("round_s", "ours", 1.5, 4.0)
    report, _ = run(Fakes(figures=(time, OURS_VS_THEIRS)))
    found = report.to_dict()
    assert found["ratios"]["round_s"] == 1.0
    assert found["targets"]["round_s"] == {"better": "less", "target": 1.5, "reached": True}
    assert found["guides"] == {"round_s": 4.0}
    assert "the guide's" in shown(report)
    assert "the guide's" not in shown(run(Fakes())[0])


def test_every_repeat_of_a_figure_is_kept() -> None:
    found = run(Fakes(figures=(OURS_VS_THEIRS, UNITS)))[0].to_dict()
    assert found["figures"]["ours_vs_theirs"] == {
        "kind": "ratio",
        "case": "one",
        "variants": ["theirs", "ours"],
        "better": "more",
        "repeats": [3.0, 4.0, 1.0],
    }
    assert found["figures"]["units"]["repeats"] == [20.0] * 3


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_quantity_that_is_no_number_is_an_error(value: float) -> None:
    figure = Quantity("size", "ours", "bytes", lambda made: value, Better.LESS)
    with pytest.raises(WorkError, match="size must be finite"):
        run(Fakes(figures=(figure,)))


@contextmanager
def offering(*variants: Variant | Absent) -> Iterator[list[Variant | Absent]]:
    yield list(variants)


def once(name: str, check: Any = lambda units, made: "") -> Variant:
    def run(units: int) -> None:
        ran.append(name)

    ran.clear()
    return Variant(name, 1, run, check)


ran: list[str] = []


@pytest.mark.parametrize(
    ("variants", "why"),
    [
        ([once("ours"), once("their")], r"'one': figure 'ours_vs_theirs' is of 'theirs'; there"),
        ([once("ours"), once("ours"), once("theirs")], "'one': variants need names of their own"),
        ([once("theirs"), once("ours"), Absent("ours", "away")], "names of their own"),
    ],
)
def test_a_name_that_is_of_no_variant_or_of_two_is_refused_before_anything_runs(
    variants: list[Variant | Absent], why: str
) -> None:
    case = Case("one", "round", 3, lambda: offering(*variants), (OURS_VS_THEIRS,))
    with pytest.raises(ValueError, match=why):
        measure(case, ManualClock(), Notes())
    assert ran == []


@pytest.mark.parametrize("said", [None, True, 0])
def test_a_check_that_says_nothing_lets_nothing_pass(said: Any) -> None:
    silent = once("ours", lambda units, made: said)
    with pytest.raises(TypeError, match=f"check of variant 'ours' must give a str, got {said}"):
        measure(Case("one", "round", 1, lambda: offering(silent), ()), ManualClock(), Notes())


def test_a_number_of_repeats_or_units_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="repeats of case 'one' must be >= 1, got 0"):
        Case("one", "round", 0, offering, ())
    with pytest.raises(ValueError, match="warm_ups of case 'one' must be >= 0, got -1"):
        Case("one", "round", 1, offering, (), warm_ups=-1)
    with pytest.raises(ValueError, match="units of variant 'ours' must be >= 1, got 0"):
        Variant("ours", 0, lambda units: None, lambda units, made: "")
