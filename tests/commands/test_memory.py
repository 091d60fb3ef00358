"""antiphon memory, as people type it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from antiphon.cli import main
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.store.access import Access
from antiphon.society import Society
from antiphon.tests.society.cast import Dice, Ring


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "first"
    words = ["run", "--agents", "3", "--steps", "60", "--memory", "20", "--seed", "7", "--quiet"]
    assert main([*words, "--dispatcher", "inline", "--out", str(out)]) == 0
    return out


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["memory", *words]) == 0
    return capsys.readouterr().out


def test_who_is_there_and_what_one_remembers(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "show", str(kept)).splitlines() == [
        "explorer-1",
        "explorer-2",
        "explorer-3",
    ]
    shown = told(capsys, "show", str(kept), "explorer-2", "-k", "2").splitlines()
    assert len(shown) == 4
    assert "#60 in round 60: saw " in shown[-1]
    data = json.loads(told(capsys, "show", str(kept), "explorer-2", "--json"))
    assert [one["sequence"] for one in data["experiences"]] == list(range(51, 61))


def test_counts_obey_the_law_and_agree_with_the_run(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(told(capsys, "stats", str(kept), "--json"))
    totals = data["totals"]
    assert totals["written"] == 180
    assert totals["written"] == totals["live"] + totals["consolidated"] + totals["evicted"]
    result = json.loads((kept / "result.json").read_text())["memory"]
    assert {k: result[k] for k in ("written", "live", "consolidated", "evicted")} == {
        k: totals[k] for k in ("written", "live", "consolidated", "evicted")
    }
    assert "180 written" in told(capsys, "stats", str(kept))


def test_why_leads_back_to_what_was_lived(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(told(capsys, "show", str(kept), "explorer-1", "--json"))
    item = data["items"][0]
    why = json.loads(told(capsys, "why", str(kept), "explorer-1", item["id"], "--json"))
    assert why["count"] == item["count"] == sum(b - a + 1 for a, b in why["members"])
    assert why["samples"]
    assert all(one["text"].startswith("saw ") for one in why["samples"])
    assert "stands for" in told(capsys, "why", str(kept), "explorer-1", item["id"])


def test_search_finds_the_words_that_are_there(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(told(capsys, "search", str(kept), "did 3", "-k", "4", "--json"))
    assert len(data["found"]) == 4
    assert "did 3" in data["found"][0]["text"]
    near = [one["relevance"] for one in data["found"]]
    assert near == sorted(near, reverse=True)
    assert 0 < near[-1] <= near[0] <= 1.0001
    mine = told(capsys, "search", str(kept), "did 3", "--agent", "explorer-2").splitlines()
    assert all("explorer-2" in line for line in mine)


@pytest.mark.parametrize("agent", [[], ["explorer-3"]])
def test_a_report_as_page_lines_and_json(
    kept: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, agent: list[str]
) -> None:
    page = tmp_path / "page.html"
    assert told(capsys, "report", str(kept), *agent, "--out", str(page)) == (f"written to {page}\n")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "explorer-3" in text
    assert "consolidated" in told(capsys, "report", str(kept), *agent)
    data = json.loads(told(capsys, "report", str(kept), *agent, "--format", "json"))
    story = data if agent else next(a for a in data["agents"] if a["name"] == "explorer-3")
    assert (story["written"], story["limit"]) == (60, 20)
    assert story["written"] == story["live"] + story["consolidated"] + story["evicted"]
    assert story["consolidations"]


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (["show", "nowhere"], 1, "there is no store of a run"),
        (["show", "RUN", "nobody"], 2, "no agent is called 'nobody'"),
        (["why", "RUN", "explorer-1", "9-9.9"], 2, "9-9.9"),
        (["search", "RUN", "x", "--agent", "nobody"], 2, "no agent is called 'nobody'"),
        (["report", "RUN", "nobody"], 2, "no agent is called 'nobody'"),
    ],
)
def test_what_is_not_there_is_named(
    kept: Path, capsys: pytest.CaptureFixture[str], words: list[str], status: int, why: str
) -> None:
    assert main(["memory", *(str(kept) if w == "RUN" else w for w in words)]) == status
    assert why in capsys.readouterr().err


def test_without_a_word_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert "antiphon memory show" in told(capsys)


def test_a_run_that_kept_no_memories_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--agents", "2", "--steps", "3", "--dispatcher", "inline", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "r")]) == 0
    for word in (["show"], ["report"], ["search", "reward"]):
        capsys.readouterr()
        assert main(["memory", word[0], str(tmp_path / "r"), *word[1:]]) == 1
        assert "keeps no memories" in capsys.readouterr().err


def test_nothing_is_found_for_what_nobody_lived_and_no_words_are_no_query(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "search", str(kept), "zzzz") == "nothing like it is remembered\n"
    assert main(["memory", "search", str(kept), " "]) == 2
    assert "must hold a word" in capsys.readouterr().err


def test_agents_are_listed_with_the_numbers_in_their_ids_as_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--agents", "11", "--steps", "2", "--memory", "5", "--quiet"]
    assert main([*words, "--dispatcher", "inline", "--out", str(tmp_path / "r")]) == 0
    expected = [f"explorer-{n}" for n in range(1, 12)]
    assert told(capsys, "show", str(tmp_path / "r")).splitlines() == expected
    data = json.loads(told(capsys, "stats", str(tmp_path / "r"), "--json"))
    assert [*data["agents"]] == expected


def test_a_report_that_cannot_be_written_is_refused_by_its_word(
    kept: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "nowhere" / "page.html"
    assert main(["memory", "report", str(kept), "--out", str(page)]) == 1
    error = capsys.readouterr().err
    assert "--out must be a file in a folder that is there" in error
    assert str(page) in error


def test_a_report_opens_the_store_once(
    kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    begin = Access.__init__

    def noted(access: Access, folder: Path) -> None:
        opened.append(folder)
        begin(access, folder)

    monkeypatch.setattr(Access, "__init__", noted)
    told(capsys, "report", str(kept))
    assert opened == [kept]


def test_why_tells_of_whole_experiences_only_where_some_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def alone(window: Sequence[Remembered]) -> list[Draft]:
        one, *others = (each.sequence for each in window)
        both = (Draft("one", 0, "one", (one,)), Draft("rest", 0, "rest", tuple(others), 1.0, (2,)))
        return list(both)

    out = tmp_path / "r"
    common: dict[str, Any] = {"dispatcher": "inline", "tables": False, "consolidation_lag": 0}
    with Society(Ring(), memory_size=8, consolidation=alone, **common) as society:
        society.add(Dice)
        society.run(6, out=out)
    line, where = told(capsys, "why", str(out), "a", "1-2.0").splitlines()
    assert (line, where) == ("1-2.0 (one, 1 experience): one", "stands for 1 experience: #1")
    where, sample = told(capsys, "why", str(out), "a", "1-2.1").splitlines()[1:]
    assert where == "stands for 1 experience: #2; 1 of them whole:"
    assert sample.startswith("  #2 in round 2: saw ")
