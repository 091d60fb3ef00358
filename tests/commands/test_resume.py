"""The command line goes on with runs, branches from them, and says whether they are sound."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from antiphon.cli import main
from antiphon.coordination.journal.history import History
from antiphon.coordination.records.metrics import Metrics
from antiphon.memory.store.verify import verify
from antiphon.tests.commands.test_signals import SWALLOWS, signalled
from antiphon.tests.society.cast import Ring

RING = "antiphon.tests.society.cast:Ring"
DICE = "antiphon.tests.society.cast:Dice"
WORDS = [RING, "--type", DICE, "--quiet", "--world", "length=7"]


def run(out: Path, *words: str) -> int:
    return main(["run", *WORDS, "--out", str(out), *words])


def result(folder: Path) -> Any:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def test_a_run_that_was_cut_short_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "whole", "--steps", "30") == 0
    assert run(tmp_path / "r", "--steps", "12") == 0
    capsys.readouterr()
    assert main(["resume", str(tmp_path / "r"), "--steps", "30", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    whole = result(tmp_path / "whole")
    assert (said["rounds"], said["trace"]) == (30, whole["trace"])
    assert result(tmp_path / "r")["events"] == whole["events"]
    # Both tables are as long as they would have been.
    for name in ("agents.csv", "model.csv"):
        lengths = {len((tmp_path / f / name).read_text().splitlines()) for f in ("r", "whole")}
        assert len(lengths) == 1


def test_a_finished_run_says_what_it_came_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "r", "--steps", "5") == 0
    trace = result(tmp_path / "r")["trace"]
    capsys.readouterr()
    assert main(["resume", str(tmp_path / "r"), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "finished 5 rounds of 3 agents" in said
    assert trace in said


def test_verify_says_what_it_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "r", "--steps", "9", "--memory", "5", "--consolidation", "none") == 0
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "r")]) == 0
    assert "played again, every round goes the same way" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "r"), "--no-replay"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("9 rounds, ")
    assert "27 written = 15 live + 0 consolidated + 12 evicted" in said
    assert "played again" not in said
    assert main(["verify", str(tmp_path / "r"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rounds"], found["replayed"], found["totals"]["live"]) == (9, True, 15)


def test_verify_names_round_and_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "r", "--steps", "9") == 0
    whole = Ring.step

    def step(self: Ring, actions: Any) -> Any:
        seen, rewards, *ends = whole(self, actions)
        return seen, {name: reward + (self.at == 4) for name, reward in rewards.items()}, *ends

    monkeypatch.setattr(Ring, "step", step)
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "r")]) == 1
    assert "round 4 goes another way: reward of agent a was" in capsys.readouterr().err


def test_a_branch_has_a_folder_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "r", "--steps", "9") == 0
    before = verify(tmp_path / "r")
    words = ["--at", "6", "--set", "timeout=2.5", "--out", str(tmp_path / "b"), "--quiet"]
    assert main(["resume", str(tmp_path / "r"), *words]) == 0
    assert result(tmp_path / "b")["trace"] == result(tmp_path / "r")["trace"]
    assert main(["verify", str(tmp_path / "b")]) == 0
    assert verify(tmp_path / "r") == before
    capsys.readouterr()
    assert main(["resume", str(tmp_path / "r"), "--at", "6", "--quiet"]) == 0
    assert capsys.readouterr().err == "antiphon: this branch is not kept; --out FOLDER keeps one\n"
    assert main(["resume", str(tmp_path / "r"), "--at", "6", "--set", "seed=9"]) == 2
    assert "setting 'seed'" in capsys.readouterr().err


def test_a_branch_from_the_beginning_changes_any_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["grid-world", "--type", "explorer", "--agents", "2", "--world", "size=5", "--quiet"]
    assert main(["run", *words, "--steps", "5", "--out", str(tmp_path / "r")]) == 0
    branch = ["resume", str(tmp_path / "r"), "--set", "gamma=3", "--quiet"]
    capsys.readouterr()
    assert main([*branch, "--at", "2"]) == 2
    assert "setting 'gamma' (from the command line): is a setting" in capsys.readouterr().err
    assert main([*branch, "--at", "0", "--set", "seed=9", "--out", str(tmp_path / "b")]) == 0
    assert result(tmp_path / "b")["trace"] != result(tmp_path / "r")["trace"]
    assert result(tmp_path / "b")["measured_rounds"] == 5  # all of them are new
    assert ",," not in (tmp_path / "b/agents.csv").read_text(encoding="utf-8")
    assert main(["verify", str(tmp_path / "b"), "--quiet"]) == 0


def test_what_is_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"antiphon: run {tmp_path} cannot be played again: there is none; start it anew\n"
    )
    assert main(["verify", str(tmp_path)]) == 1
    capsys.readouterr()
    for where in ("--to", "--archive"):
        assert main(["export", str(tmp_path / "r"), where, str(tmp_path / "t")]) == 1
        assert capsys.readouterr().err == f"antiphon: there is no run in {tmp_path / 'r'}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    out = tmp_path / "r"
    with monkeypatch.context() as patch:
        # By then the round is on its way to the disk, and has not been counted.
        signalled(patch, Metrics, "add", number, at=40)
        assert run(out, "--steps", "1000000") == 128 + number
    cut = result(out)["rounds"]
    assert result(out)["interrupted"] is True
    assert verify(out).rounds == cut >= 40
    assert main(["resume", str(out), "--steps", str(cut + 5), "--quiet"]) == 0
    assert run(tmp_path / "whole", "--steps", str(cut + 5)) == 0
    assert result(out)["trace"] == result(tmp_path / "whole")["trace"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("reads", ["timing", "states"])
def test_a_signal_is_heard_while_a_journal_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reads: str
) -> None:
    assert run(tmp_path / "r", "--steps", "5") == 0
    before = result(tmp_path / "r")
    capsys.readouterr()
    # First for the clock that the society is to live by, then to play the run again.
    signalled(monkeypatch, History, reads, signal.SIGTERM)
    assert main(["resume", str(tmp_path / "r"), "--steps", "9"]) == 143
    assert capsys.readouterr() == ("", "antiphon: interrupted\n")
    assert verify(tmp_path / "r").rounds == 5
    assert result(tmp_path / "r") == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_a_run_that_goes_on_is_ended_by_a_signal_as_any(tmp_path: Path) -> None:
    assert main(["run", "--type", SWALLOWS, "--agents", "1", "--steps", "2", "--quiet",
                 "--out", str(tmp_path / "r")]) == 0  # fmt: skip
    # In round 3 its agent has the signal come, and swallows what comes of it.
    assert main(["resume", str(tmp_path / "r"), "--steps", "100", "--quiet"]) == 143
    assert verify(tmp_path / "r").rounds == 2
    assert result(tmp_path / "r")["interrupted"] is True
