from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from antiphon.bench import bootstrap
from antiphon.bench.bootstrap import Resamples
from antiphon.bench.compare import Comparison, Verdict, compare
from antiphon.bench.comparison_page import comparison_page
from antiphon.bench.comparison_text import between, remarks, show, verdict
from antiphon.bench.results import Results
from antiphon.cli import main
from antiphon.commands import bench_results
from antiphon.errors import UnknownNameError
from antiphon.tests.bench.results_cast import Figures, made_up, one_bench, written
from rich.console import Console

HEADS = ["metric", "first", "second", "change", "interval", "pairs", "better"]


def noisy(
    seed: int, *, metrics: int = 20, repeats: int = 9, factor: float = 1.0, tail: int = 30
) -> Figures:
    """Ratios as a machine gives them; the fewer degrees of freedom, the more lie far off."""
    rng = np.random.default_rng(seed)
    noise = 0.04 * rng.standard_t(tail, size=(metrics, repeats))
    medians = np.exp(np.linspace(-3, 4, metrics))
    return {
        f"ratio_{k}": ("more", (medians[k] * factor * np.exp(noise[k])).tolist())
        for k in range(metrics)
    }


def interval(values: list[float], confidence: float, seed: int = 1) -> tuple[float, float]:
    return Resamples(len(values), confidence, np.random.default_rng(seed)).interval(values)


def differing(comparison: Comparison) -> list[str]:
    claims = (Verdict.WORSE, Verdict.BETTER)
    return [row.name for row in comparison.rows if row.verdict in claims]


def test_ten_comparisons_of_equals_say_no_difference() -> None:
    for seed in range(10):
        found = compare(made_up(noisy(seed)), made_up(noisy(100 + seed), "B.json"))
        assert differing(found) == []
        assert verdict(found) == "A.json and B.json: no difference, of 20 metrics"


@pytest.mark.parametrize(
    ("metrics", "repeats"), [(1, 4), (1, 9), (1, 15), pytest.param(12, 9, marks=pytest.mark.soak)]
)
def test_equals_are_told_apart_no_more_often_than_the_confidence_says(
    metrics: int, repeats: int
) -> None:
    tries = 200
    claims = 0
    for seed in range(tries):
        first = made_up(noisy(seed, metrics=metrics, repeats=repeats, tail=4))
        second = made_up(noisy(10_000 + seed, metrics=metrics, repeats=repeats, tail=4))
        claims += bool(differing(compare(first, second, margin=0.0)))
    # However many metrics there are, one comparison of twenty may be wrong, and of 200 fair tries
    # hardly ever more than 15 are. Resampled means without their errors come to 20 and more.
    assert claims <= 15


@pytest.mark.parametrize(("metrics", "repeats"), [(1, 9), (20, 15)])
def test_a_slowdown_of_thirty_percent_is_found_every_time_and_nothing_beside_it(
    metrics: int, repeats: int
) -> None:
    for seed in range(25):
        slow = dict(noisy(1_000 + seed, metrics=metrics, repeats=repeats))
        planted = f"ratio_{seed % metrics}"
        slow[planted] = ("more", [one / 1.3 for one in slow[planted][1]])
        first = made_up(noisy(seed, metrics=metrics, repeats=repeats))
        found = compare(first, made_up(slow, "B.json"))
        assert [row.name for row in found.regressed] == [planted]


def test_where_less_is_better_more_is_worse() -> None:
    before, after = noisy(1, metrics=1), noisy(2, metrics=1, factor=1.3)
    (more,) = compare(made_up(before), made_up(after)).rows
    less = [
        made_up({name: ("less", repeats) for name, (_, repeats) in one.items()})
        for one in (before, after)
    ]
    (row,) = compare(*less).rows
    assert (more.verdict, row.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert row.change == pytest.approx(0.3, abs=0.1)
    assert row.low < row.change < row.high


def test_a_change_within_the_margin_is_nobodys_concern() -> None:
    before, after = noisy(1, metrics=1, repeats=60), noisy(2, metrics=1, repeats=60, factor=0.9)
    assert differing(compare(made_up(before), made_up(after), margin=0.0)) == ["ratio_0"]
    assert differing(compare(made_up(before), made_up(after), margin=0.2)) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], Verdict.SAME),
        ([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], Verdict.WORSE),
        ([5.0, 5.0, 5.0, 5.0], [5.0, 5.0, 5.0, 5.0], Verdict.SAME),
        ([-2.0, -2.1, -1.9, -2.0, -2.05], [-2.02, -2.0, -1.95, -2.1, -2.0], Verdict.SAME),
        ([-2.0, -2.1, -1.9, -2.0, -2.05], [4.0, 4.1, 4.2, 3.9, 4.0], Verdict.WORSE),
        ([4.0, 4.1, 4.2, 3.9, 4.0], [-2.0, -2.1, -1.9, -2.0, -2.05], Verdict.BETTER),
    ],
)
def test_what_may_be_nothing_or_negative_is_compared_by_difference(
    before: list[float], after: list[float], expected: Verdict
) -> None:
    (row,) = compare(made_up({"x": ("less", before)}), made_up({"x": ("less", after)})).rows
    assert row.verdict is expected


@pytest.mark.parametrize("repeats", [1, 2, 3])
def test_three_repeats_show_nothing_however_far_apart(repeats: int) -> None:
    first = made_up({"x": ("more", [100.0, 101.0, 99.5][:repeats])})
    second = made_up({"x": ("more", [1.0, 1.1, 0.9][:repeats])})
    found = compare(first, second)
    assert found.rows[0].verdict is Verdict.TOO_FEW
    assert found.to_dict()["metrics"]["x"]["low"] is None
    assert between(found.rows[0]) == ""
    assert not found.regressed


def test_two_repeats_show_nothing_though_both_say_the_same() -> None:
    first, second = made_up({"x": ("more", [5.0, 5.0])}), made_up({"x": ("more", [9.0, 9.0])})
    assert compare(first, second).rows[0].verdict is Verdict.TOO_FEW


def test_repeats_are_compared_pair_by_pair() -> None:
    # Seeds differ tenfold from one another, and each is a tenth worse.
    seeds = [1.0, 10.0, 100.0, 3.0, 30.0, 7.0]
    jitter = [1.0, 1.001, 0.999, 1.0, 1.002, 0.998]
    worse = [0.9 * one * j for one, j in zip(seeds, jitter, strict=True)]
    (row,) = compare(made_up({"x": ("more", seeds)}), made_up({"x": ("more", worse)})).rows
    assert row.verdict is Verdict.WORSE
    assert row.change == pytest.approx(-0.1, abs=0.01)


def test_of_other_numbers_of_repeats_as_many_as_both_have_are_paired() -> None:
    first, second = (made_up(noisy(1, metrics=1, repeats=n)) for n in (9, 5))
    assert compare(first, second).rows[0].pairs == 5


def test_the_same_files_give_the_same_intervals_whatever_else_is_asked_for() -> None:
    first, second = made_up(noisy(1, metrics=3)), made_up(noisy(2, metrics=3))
    once, again = (compare(first, second).to_dict() for _ in range(2))
    assert once == again
    narrow = compare(first, second, metrics=["ratio_1"]).rows[0]
    wide = next(row for row in compare(first, second).rows if row.name == "ratio_1")
    # Alone it need not be as sure as among others.
    assert wide.low < narrow.low < narrow.high < wide.high


def test_what_one_file_lacks_is_named() -> None:
    first = made_up({"x": ("more", [1.0] * 4), "gone": ("more", [1.0] * 4)})
    second = made_up({"x": ("more", [1.0] * 4), "new": ("less", [1.0] * 4)}, "B.json")
    found = compare(first, second)
    assert found.missing == {"gone": Path("A.json"), "new": Path("B.json")}
    assert [row.name for row in found.rows] == ["x"]
    assert remarks(found)[:2] == ["only in A.json: gone", "only in B.json: new"]
    assert {"gone", "new"} == set(found.to_dict()["missing"])


def test_a_metric_that_is_asked_for_and_lacking_is_an_error() -> None:
    first, second = made_up({"x": ("more", [1.0] * 4)}), made_up({"y": ("more", [1.0] * 4)})
    with pytest.raises(UnknownNameError, match="no metric is called 'z'"):
        compare(first, first, metrics=["x", "z"])
    with pytest.raises(ValueError, match="no metric in common"):
        compare(first, second)


def test_times_are_compared_by_name_alone() -> None:
    one = made_up({"x": ("more", [1.0] * 5)})
    assert [row.name for row in compare(one, one).rows] == ["x"]
    (row,) = compare(one, one, metrics=["made-up/*/ours"]).rows
    assert (row.name, str(row.better), row.first) == ("made-up/one/ours", "<=", 1.0)


def test_a_small_run_is_not_held_against_a_full_one() -> None:
    full, small = (made_up(noisy(1), f"{small}.json", small=small) for small in (False, True))
    with pytest.raises(ValueError, match=r"'made-up' is small in True\.json and in full in False"):
        compare(full, small)
    with pytest.raises(ValueError, match=r"'made-up' is small in True\.json and in full in False"):
        compare(small, full)


def test_in_what_the_machines_differ_is_said() -> None:
    found = compare(made_up(noisy(1)), made_up(noisy(2), cores=64))
    assert list(found.unlike) == ["cores: 2 and 64"]
    assert "not alike: cores: 2 and 64" in remarks(found)


@pytest.mark.parametrize(("option", "value"), [("confidence", 1.0), ("confidence", 0.2),
                                               ("margin", -0.1), ("margin", math.inf)])  # fmt: skip
def test_a_share_that_makes_no_sense_is_refused(option: str, value: float) -> None:
    one = made_up(noisy(1))
    with pytest.raises(ValueError, match=f"{option} must be"):
        compare(one, one, **{option: value})


@pytest.mark.parametrize(
    ("schema", "came"), [(2, "got 2"), (None, "got none"), ("1", "got '1'"), (0, "got 0")]
)
def test_a_file_of_another_schema_is_refused_by_name(
    schema: object, came: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "old.json", schema=schema)
    with pytest.raises(ValueError, match=f"old.json: results must be of schema 1, {came}"):
        Results.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "3",
        '{"ratios": {}}',
        '{"schema": 1}',
        '{"schema": 1, "benches": [{"bench": "rounds"}]}',
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "strange.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"strange\.json"):
        Results.read(path)


@pytest.mark.parametrize("repeats", [[], [1.0, None], ["1"], [True], [float("nan")]])
def test_repeats_that_are_no_numbers_are_refused(repeats: list[object]) -> None:
    broken = Results(Path("A.json"), [one_bench({"x": ("more", repeats)})])  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="repeats of x must be finite numbers"):
        compare(broken, broken)


def test_the_command_exits_1_on_a_regression_and_0_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = written(tmp_path / "a.json", one_bench(noisy(1, metrics=6)))
    b = written(tmp_path / "b.json", one_bench(noisy(2, metrics=6)))
    slow = written(tmp_path / "slow.json", one_bench(noisy(2, metrics=6, factor=1 / 1.6)))
    page, data = tmp_path / "c.html", tmp_path / "c.json"
    assert main(["bench", "compare", str(a), str(b)]) == 0
    assert "no difference, of 6 metrics" in " ".join(capsys.readouterr().out.split())
    outputs = ["--html", str(page), "--json", str(data)]
    assert main(["bench", "compare", str(a), str(slow), *outputs]) == 1
    assert "6 worse, of 6 metrics" in " ".join(capsys.readouterr().out.split())
    assert json.loads(data.read_text())["regressed"] == [f"ratio_{k}" for k in range(6)]
    assert page.read_text().startswith("<!DOCTYPE html>")
    few = ["--metric", "ratio_1", "ratio_2*", "--confidence", "0.9", "--margin", "0.9"]
    assert main(["bench", "compare", str(a), str(slow), *few]) == 0
    assert "no difference, of 2 metrics" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("factor", "status"), [(1.0, 0), (1 / 1.6, 1)])
def test_its_status_is_the_verdict_though_nobody_reads_on(
    tmp_path: Path, factor: float, status: int
) -> None:
    a = written(tmp_path / "a.json", one_bench(noisy(1, metrics=2)))
    b = written(tmp_path / "b.json", one_bench(noisy(2, metrics=2, factor=factor)))
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "wb") as nobody:
        command = [sys.executable, "-m", "antiphon", "bench", "compare", a, b]
        # What is still in Python's buffer is what it would complain of in the end.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, env=env, stdout=nobody, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (status, b"")


def test_a_file_that_cannot_be_written_is_no_regression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bench_results, "write_json", full)
    a = written(tmp_path / "a.json", one_bench(noisy(1, metrics=2)))
    assert main(["bench", "compare", str(a), str(a), "--json", str(tmp_path / "c.json")]) == 2
    assert "No space left" in capsys.readouterr().err


def test_the_files_are_written_though_nobody_reads_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*args: object) -> None:
        raise RuntimeError("nobody reads")

    monkeypatch.setattr(bench_results, "show", closed)
    a = written(tmp_path / "a.json", one_bench(noisy(1, metrics=2)))
    page, data = tmp_path / "c.html", tmp_path / "c.json"
    with pytest.raises(RuntimeError, match="nobody reads"):
        main(["bench", "compare", str(a), str(a), "--html", str(page), "--json", str(data)])
    assert page.is_file()
    assert data.is_file()


def test_numbers_stay_whole_in_a_narrow_window_and_names_too_where_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "round_10000_of_agents_that_wait_for_each_other_pooled_vs_stock"
    metrics: Figures = {name: ("more", [70.25, 71.5, 70.5, 70.75])}
    found = compare(made_up(metrics), made_up(metrics))
    console = Console(file=io.StringIO(), width=80)
    show(found, console)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == HEADS
    assert all(word in lines[1] for word in ("70.62  ", "+0.0 % to +0.0 %", "more"))
    assert "".join(line.split()[0] for line in lines[1:]).startswith(name)
    monkeypatch.setenv("COLUMNS", "80")
    file = str(written(tmp_path / "a.json", one_bench(metrics)))
    assert main(["bench", "compare", file, file]) == 0
    assert f"{name} " in capsys.readouterr().out


def test_it_says_of_what_the_columns_are() -> None:
    uneven: Figures = {"ratio": ("more", [1.0, 2.0, 8.0])}
    found = compare(made_up(uneven), made_up({"ratio": ("more", [1.0, 4.0, 8.0])}))
    (row,) = found.rows
    # From 2 to 4 the medians double, and the pairs do so once in three.
    assert (row.first, row.second) == (2.0, 4.0)
    assert row.change == pytest.approx(2 ** (1 / 3) - 1)
    for text in (" ".join(remarks(found)), comparison_page(found)):
        assert "are medians; the change is the geometric mean over pairs of repeats" in text


def test_where_nothing_can_be_told_no_interval_is_drawn() -> None:
    few: Figures = {"ratio": ("more", [1.0, 1.1])}
    page = comparison_page(compare(made_up(few), made_up(few)))
    assert 'class="line"' not in page
    assert "too few repeats" in page
    both = {**few, "other": ("more", [1.0, 1.1, 0.9, 1.05])}
    assert comparison_page(compare(made_up(both), made_up(both))).count('class="line"') == 1


@pytest.mark.parametrize("small", [True, False])
def test_of_small_runs_it_says_how_to_come_to_a_verdict(*, small: bool) -> None:
    few = made_up({"ratio": ("more", [1.0, 1.1])}, small=small)
    enough = made_up({"ratio": ("more", [1.0, 1.1, 0.9, 1.05])}, small=small)
    hinted = [
        "run without --small" in " ".join(remarks(compare(one, one))) for one in (few, enough)
    ]
    assert hinted == [small, False]
    assert ("run without --small" in comparison_page(compare(few, few))) is small


def test_the_command_refuses_files_that_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = written(tmp_path / "old.json", schema=7)
    assert main(["bench", "compare", str(old), str(old)]) == 2
    assert "old.json: results must be of schema 1, got 7" in capsys.readouterr().err
    # Not 1, which says that something became worse.
    assert main(["bench", "compare", str(tmp_path / "none.json"), str(old)]) == 2
    assert "none.json" in capsys.readouterr().err
    same = written(tmp_path / "same.json", one_bench(noisy(1, metrics=2)))
    assert main(["bench", "compare", str(same), str(same), "--html", "nowhere/c.html"]) == 2
    assert "--html" in capsys.readouterr().err


def test_a_page_is_one_file_and_shows_names_as_text() -> None:
    hostile = "<script>alert(1)</script>"
    first = made_up({hostile: ("more", [1.0, 1.1, 0.9, 1.0, 1.0])}, hostile)
    page = comparison_page(compare(first, first))
    assert hostile not in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "http" not in page.replace('http-equiv="', "")
    assert "prefers-color-scheme: dark" in page
    assert "default-src 'none'" in page.replace("&#x27;", "'")


def test_an_interval_has_the_breadth_that_theory_gives_it() -> None:
    # Of many normal values the studentised bootstrap comes to mean ± 1.96 errors.
    values = np.random.default_rng(3).normal(0.3, 1.0, 400)
    low, high = interval(values.tolist(), 0.95)
    error = values.std(ddof=1) / 20
    assert (low + high) / 2 == pytest.approx(values.mean())
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_a_surer_interval_is_wider_and_takes_more_resamples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(3).normal(0.3, 1.0, 9).tolist()
    widths = [np.diff(interval(values, confidence))[0] for confidence in (0.8, 0.95, 0.99, 0.999)]
    assert widths == sorted(widths)
    # With too few draws the bound of a tail would rest on one of them.
    monkeypatch.setattr(bootstrap, "_DRAWS", 1)
    surest = [interval(values, 0.99, seed)[1] for seed in (1, 2)]
    assert surest[0] == pytest.approx(surest[1], rel=0.2)
