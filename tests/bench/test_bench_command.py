from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from antiphon.bench import blocking, messaging, rounds, scale, stragglers
from antiphon.bench.catalogue import BENCHES
from antiphon.bench.harness import Bench, Case, Figure
from antiphon.bench.report import question
from antiphon.cli import main

TARGETS = {
    "round_1000_pooled_vs_stock": ">= 60",
    "round_10000_pooled_vs_stock": ">= 60",
    "round_1000_pooled_vs_asyncio": ">= 10",
    "round_1000_pooled_over_loop": "<= 10",
    "round_1000_threaded_vs_stock": ">= 1.5",
    "cpu200us_over_loop": "<= 1.05",
    "pingpong_vs_stock": ">= 5",
    "ring_vs_stock": ">= 5",
    "pingpong_vs_asyncio": ">= 1",
    "create_vs_stock": ">= 10",
    "straggler_overrun_ms_p50": "<= 0.5",
    "straggler_answered_share": ">= 0.99",
    "blocking_over_thread_each": "<= 1.25",
    "blocking_declared_over_thread_each": "<= 0.9",
    "bytes_per_pooled_actor": "<= 3072",
}
"""What is promised, and which way it goes."""
KERNEL: Sequence[Bench] = (rounds, messaging, stragglers, blocking, scale)


class Tiny:
    """Does three agents answer?"""

    def cases(self, *, small: bool) -> list[Case]:
        assert small
        case = rounds._case(3, small=True)
        return [dataclasses.replace(case, repeats=1, variants=partial(rounds._variants, 3, 4_000))]


def figures(*, small: bool) -> list[Figure]:
    return [
        figure for bench in KERNEL for case in bench.cases(small=small) for figure in case.ratios
    ]


@pytest.mark.parametrize("small", [True, False])
def test_every_promised_figure_has_its_target_and_direction(*, small: bool) -> None:
    found = {f.name: f"{f.better} {f.target:g}" for f in figures(small=small) if f.target}
    # A small run has no ten thousand agents.
    promised = {name: t for name, t in TARGETS.items() if not (small and "10000" in name)}
    assert {name: found.get(name) for name in promised} == promised


@pytest.mark.parametrize("small", [True, False])
def test_no_figure_overwrites_another(*, small: bool) -> None:
    names = [figure.name for figure in figures(small=small)]
    assert len(names) == len(set(names))


def test_a_bench_writes_a_flat_ratios_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BENCHES, "rounds", Tiny())
    file = tmp_path / "results.json"
    assert main(["bench", "rounds", "--small", "--json", str(file)]) == 0
    results = json.loads(file.read_text())
    assert {
        "round_3_pooled_vs_stock",
        "round_3_pooled_vs_asyncio",
        "round_3_pooled_over_loop",
        "round_3_threaded_vs_stock",
    } <= set(results["ratios"])
    assert all(isinstance(ratio, float) and ratio > 0 for ratio in results["ratios"].values())
    (found,) = results["benches"]
    assert found["small"]
    assert found["ratios"] == results["ratios"]
    printed = capsys.readouterr()
    assert "round_3_threaded_vs_stock" in printed.out
    assert "pooled: repeat 1 of 1" in printed.err


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_asks_its_question_in_one_sentence(name: str) -> None:
    assert question(BENCHES[name]).endswith("?")


def test_an_unknown_bench_is_refused_with_the_nearest_of_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["bench", "messagin"]) == 2
    said = capsys.readouterr().err
    assert "there are messaging, " in said
    assert said.endswith(" more\n")


@pytest.mark.parametrize(
    "words",
    [
        "rounds --small --json",
        "rounds --small --plot",
        "coordination --small --json",
        "coordination --small --plot",
        "compare none.json none.json --html",
        "compare none.json none.json --json",
    ],
)
@pytest.mark.parametrize("place", ["nowhere/out", "folder"])
def test_where_results_cannot_be_written_nothing_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, place: str
) -> None:
    option = words.rsplit(maxsplit=1)[-1]
    file = tmp_path / f"{place}{'.svg' if option == '--plot' else '.json'}"
    if place == "folder":
        file.mkdir()
    # Of a comparison 1 says that something became worse.
    assert main(["bench", *words.split(), str(file)]) == 1 + words.startswith("compare")
    why = f"antiphon: {option} must be a file in a folder that is there, got '{file}'\n"
    assert capsys.readouterr() == ("", why)


def test_the_list_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "list", "--help"])
    assert "antiphon bench list" in capsys.readouterr().out.partition("example")[2]


class LongWinded(Tiny):
    """Does it say who was measured?"""

    NAME = "a_name_of_which_no_letter_is_lost_however_narrow_the_window_of_whoever_reads_it"

    def cases(self, *, small: bool) -> list[Case]:
        (case,) = super().cases(small=small)
        (first, *_) = case.ratios
        long = dataclasses.replace(first, name=f"{self.NAME}_{first.name}")
        return [dataclasses.replace(case, ratios=(long,))]


def test_in_a_pipe_names_stay_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BENCHES, "rounds", LongWinded())
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["bench", "rounds", "--small"]) == 0
    assert f"{LongWinded.NAME}_round_3_pooled_vs_stock " in capsys.readouterr().out
