from __future__ import annotations

import json
from pathlib import Path

import pytest
from antiphon.bench.catalogue import BENCHES
from antiphon.bench.report import question
from antiphon.cli import main


def test_rounds_writes_a_flat_ratios_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results.json"
    assert main(["bench", "rounds", "--small", "--json", str(file)]) == 0
    results = json.loads(file.read_text())
    names = {f"round_{n}_threaded_vs_stock" for n in (10, 100, 1000)}
    assert set(results["ratios"]) == names
    assert all(isinstance(ratio, float) and ratio > 0 for ratio in results["ratios"].values())
    (rounds,) = results["benches"]
    assert rounds["small"]
    assert rounds["ratios"] == results["ratios"]
    printed = capsys.readouterr()
    assert "round_1000_threaded_vs_stock" in printed.out
    assert "threaded: warm-up" in printed.err


@pytest.mark.parametrize("name", BENCHES)
def test_every_bench_asks_its_question_in_one_sentence(name: str) -> None:
    assert question(BENCHES[name]).endswith("?")


def test_an_unknown_bench_is_refused_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["bench", "nothing"])
    assert caught.value.code == 2
    assert "explorer" in capsys.readouterr().err
