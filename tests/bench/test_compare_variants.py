"""Variants of one run held against each other: protocols, dispatchers, over the same seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from antiphon.bench import compare as comparing
from antiphon.bench.bootstrap import Resamples
from antiphon.bench.compare import compare
from antiphon.bench.comparison_page import comparison_page
from antiphon.bench.results import Results
from antiphon.cli import main
from antiphon.tests.bench.results_cast import Figures, made_up, one_bench, written

SEEDS = 20
WORSE = {"barrier": 1.0, "quorum:0.8": 0.7, "first:3": 0.4}
"""What the return of a protocol is multiplied with."""


def played(path: str, *protocols: str, seed: int = 1) -> Results:
    """What a run with these protocols comes to: some seeds are far more lucrative than others."""
    luck = np.exp(np.random.default_rng(7).normal(0.0, 1.0, SEEDS))
    noise = np.exp(np.random.default_rng(seed).normal(0.0, 0.02, (len(protocols), 2, SEEDS)))
    figures: dict[str, Any] = {}
    variants: dict[str, Any] = {}
    for way, own in zip(protocols, noise, strict=True):
        for dispatcher, values in zip(("pooled", "threaded"), own * luck * WORSE[way], strict=True):
            name = f"{way}, {dispatcher}"
            figures[f"world, 3, {name}: return"] = ("more", values.tolist())
            variants[name] = {"repeats": (1.0 / values).tolist()}
    ratio: Figures = {"world, 3, pooled: quorum:0.8_vs_barrier": ("more", [1.0] * SEEDS)}
    bench = one_bench({**figures, **ratio})
    bench["cases"] = [{"case": "world, 3", "variants": variants}]
    return Results(Path(path), [bench])


def test_protocols_are_compared_over_the_same_seeds_with_an_interval() -> None:
    both = played("A.json", "barrier", "quorum:0.8")
    found = compare(both, both, between=("barrier", "quorum:0.8"))
    assert [row.name for row in found.regressed] == [
        "world, 3, barrier, pooled: return",
        "world, 3, barrier, threaded: return",
    ]
    for row in found.rows:
        # Pair by pair, for what one seed is worth beside another hides the difference.
        assert row.pairs == SEEDS
        assert row.low < 0.7 - 1 < row.high
        assert row.high - row.low < 0.1


def test_a_protocol_against_itself_is_no_different() -> None:
    one, other = played("A.json", "barrier"), played("B.json", "barrier", seed=2)
    found = compare(one, other, between=("barrier", "barrier"))
    assert len(found.rows) == 2
    assert not found.regressed


def test_what_is_better_is_so_from_the_first_to_the_second() -> None:
    one, other = played("A.json", "quorum:0.8"), played("B.json", "barrier")
    found = compare(one, other, between=("quorum:0.8", "barrier"))
    assert {str(row.verdict) for row in found.rows} == {"better"}


def test_dispatchers_are_compared_too_and_times_by_name() -> None:
    both = played("A.json", "barrier", "first:3")
    found = compare(both, both, between=("pooled", "threaded"), metrics=["made-up/*"])
    assert [row.name for row in found.rows] == [
        "made-up/world, 3/barrier, pooled",
        "made-up/world, 3/first:3, pooled",
    ]
    assert not found.regressed
    times = compare(both, both, between=("barrier", "first:3"), metrics=["made-up/*"])
    assert len(times.regressed) == 2


def test_figures_that_are_of_several_variants_are_left_out() -> None:
    both = played("A.json", "barrier", "quorum:0.8")
    found = compare(both, both, between=("barrier", "quorum:0.8"))
    assert all(row.name.endswith(": return") for row in found.rows)
    assert found.missing == {}


def test_a_part_of_a_name_is_not_the_part_between_commas() -> None:
    both = played("A.json", "barrier", "quorum:0.8")
    with pytest.raises(
        ValueError, match=r"A\.json has no variant 'quorum'; there are barrier, poo"
    ):
        compare(both, both, between=("barrier", "quorum"))


def test_what_is_compared_with_what_stands_in_text_page_and_data() -> None:
    one, other = played("A.json", "barrier"), played("B.json", "first:3")
    found = compare(one, other, between=("barrier", "first:3"))
    said = "barrier of A.json and first:3 of B.json: 2 worse, of 2 metrics"
    assert said in comparison_page(found)
    assert found.to_dict()["between"] == ["barrier", "first:3"]
    assert compare(one, one).to_dict()["between"] is None


def test_the_command_takes_two_variants_of_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, data = tmp_path / "runs.json", tmp_path / "found.json"
    written(file, *played("", "barrier", "quorum:0.8").benches)
    words = ["bench", "compare", str(file), str(file), "--between", "barrier"]
    assert main([*words, "barrier"]) == 0
    assert main([*words, "quorum:0.8", "--json", str(data)]) == 1
    assert len(json.loads(data.read_text())["regressed"]) == 2
    assert main([*words, "nobody"]) == 2
    assert "has no variant 'nobody'" in capsys.readouterr().err


def test_resamples_are_drawn_once_for_all_metrics_of_so_many_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[int] = []

    def counted(pairs: int, confidence: float, rng: np.random.Generator) -> Resamples:
        drawn.append(pairs)
        return Resamples(pairs, confidence, rng)

    monkeypatch.setattr(comparing, "Resamples", counted)
    repeats = [1.0, 1.1, 0.9, 1.05]
    figures: Figures = {f"ratio_{k}": ("more", repeats) for k in range(5)}
    compare(
        made_up({**figures, "x": ("more", [*repeats, 1.0])}),
        made_up({**figures, "x": ("more", [*repeats, 1.1])}),
    )
    assert sorted(drawn) == [4, 5]


def test_an_interval_is_the_same_in_one_piece_and_in_many(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(0.3, 1.0, 9).tolist()
    resamples = Resamples(9, 0.999, np.random.default_rng(1))
    whole = resamples.interval(values)
    monkeypatch.setattr("antiphon.bench.bootstrap._AT_ONCE", 7)
    assert resamples.interval(values) == pytest.approx(whole)


def test_an_interval_is_what_its_resamples_come_to_one_by_one() -> None:
    values = np.random.default_rng(3).normal(0.3, 1.0, 6)
    resamples = Resamples(6, 0.9, np.random.default_rng(1))
    scores = []
    for counts in resamples._counts:
        drawn = np.repeat(values, counts)
        error = drawn.std(ddof=1) / np.sqrt(6)
        scores.append(abs(drawn.mean() - values.mean()) / error if error > 1e-9 else np.inf)
    arm = np.sort(scores)[int(0.9 * len(scores)) - 1] * values.std(ddof=1) / np.sqrt(6)
    expected = (values.mean() - arm, values.mean() + arm)
    assert resamples.interval(values.tolist()) == pytest.approx(expected)


def test_resamples_are_taken_with_replacement() -> None:
    # Of three values every ninth resample is of one alone, and says that anything may be.
    assert Resamples(3, 0.5, np.random.default_rng(1)).interval([1.0, 2.0, 4.0])[1] < 100.0
    assert Resamples(3, 0.95, np.random.default_rng(1)).interval([1.0, 2.0, 4.0])[1] == np.inf
