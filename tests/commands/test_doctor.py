"""antiphon doctor, and what it recommends."""

from __future__ import annotations

import importlib.metadata
import json

import pytest
from antiphon.cli import main


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["doctor", *words]) == 0
    return capsys.readouterr().out


def test_without_agents_nothing_is_recommended(capsys: pytest.CaptureFixture[str]) -> None:
    assert "dispatcher" not in printed(capsys)
    assert "recommendation" not in json.loads(printed(capsys, "--json"))


def test_a_number_of_agents_brings_a_configuration_with_its_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(capsys, "--agents", "10000", "--kind", "fast")
    assert "\nfor 10,000 agents (fast)\ndispatcher pooled: " in text
    assert "\ntry        antiphon run --agents 10000 " in text


def test_the_recommendation_is_part_of_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--agents", "500", "--kind", "llm", "--act-ms", "4000", "--at-once", "32", "--json"]
    advice = json.loads(printed(capsys, *words))["recommendation"]
    assert (advice["n_agents"], advice["batch_size"]) == (500, 32)
    assert advice["round_seconds"] == pytest.approx(64, rel=0.01)
    assert advice["reasons"]["dispatcher"]


def test_an_extra_is_there_only_with_all_that_it_is_made_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name == "pyarrow":
            raise importlib.metadata.PackageNotFoundError
        return "3.1"

    monkeypatch.setattr(importlib.metadata, "version", version)
    extras = json.loads(printed(capsys, "--json"))["extras"]
    assert extras == {"pymdp": "3.1", "fast": "3.1", "data": None, "llm": "3.1"}
    assert "pip install 'antiphon[data]'" in printed(capsys)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--kind", "cpu"], "tell of --agents N"),
        (["--at-once", "3"], "tell of --agents N"),
        (["--agents", "3", "--act-ms", "5"], "--act-ms needs --kind"),
        (["--agents", "0"], "--agents must be a whole number >= 1, got 0"),
        (["--agents", "3", "--at-once", "-1"], "--at-once must be a whole number >= 1, got -1"),
        (
            ["--agents", "3", "--kind", "cpu", "--act-ms", "0"],
            "--act-ms must be a finite number > 0",
        ),
    ],
)
def test_words_that_do_not_go_together_are_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert main(["doctor", *words]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
