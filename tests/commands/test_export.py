"""The command line gives a run's data away, and takes whole runs in."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from antiphon.cli import main
from antiphon.tests.commands.test_resume import result, run


def test_tables_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "r", "--steps", "5") == 0
    capsys.readouterr()
    assert main(["export", str(tmp_path / "r"), "--to", str(tmp_path / "t")]) == 0
    said = capsys.readouterr().out
    assert "agents   15 rows in" in said
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == [
        "agents.csv",
        "messages.csv",
        "model.csv",
        "timing.csv",
    ]


def test_it_is_said_when_times_were_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_TABLES", "false")
    assert run(tmp_path / "r", "--steps", "5") == 0
    assert main(["export", str(tmp_path / "r"), "--to", str(tmp_path / "t")]) == 0
    assert "timing   none: the run kept no tables" in capsys.readouterr().out
    assert not (tmp_path / "t" / "timing.csv").exists()


def test_a_run_travels_in_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "r", "--steps", "5") == 0
    assert run(tmp_path / "whole", "--steps", "9") == 0
    assert main(["export", str(tmp_path / "r"), "--archive", str(tmp_path / "f")]) == 0
    assert main(["import", str(tmp_path / "f"), "--to", str(tmp_path / "u")]) == 0
    assert "5 rounds in" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "u"), "--quiet"]) == 0
    assert main(["resume", str(tmp_path / "u"), "--steps", "9", "--quiet"]) == 0
    assert result(tmp_path / "u")["trace"] == result(tmp_path / "whole")["trace"]


def test_what_would_do_harm_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(tmp_path / "f", "w") as file:
        file.writestr("../../x", "y")
    assert main(["import", str(tmp_path / "f"), "--to", str(tmp_path / "u")]) == 2
    assert "'../../x' is no part of a run" in capsys.readouterr().err


def test_export_is_told_what_to_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path)]) == 2
    assert "--to FOLDER or --archive FILE" in capsys.readouterr().err


def test_a_run_on_a_virtual_clock_is_the_same_each_time(tmp_path: Path) -> None:
    words = ("--steps", "40", "--virtual-latency", "exponential:0.02", "--timeout", "0.05")
    for name in ("one", "two"):
        assert run(tmp_path / name, *words) == 0
    one, two = result(tmp_path / "one"), result(tmp_path / "two")
    assert one["outcomes"]["timed_out"] > 0
    assert (one["trace"], one["events"], one["outcomes"]) == (
        two["trace"],
        two["events"],
        two["outcomes"],
    )
    settings = json.loads((tmp_path / "one/settings.json").read_text())
    assert settings["society"]["dispatcher"]["value"] == "simulated"
    assert main(["verify", str(tmp_path / "one"), "--quiet"]) == 0
