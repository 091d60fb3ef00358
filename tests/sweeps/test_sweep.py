"""A sweep plays every cell once, whatever dies, and its table does not tell who played it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.cli import main
from antiphon.sweeps.plan import Plan
from antiphon.sweeps.progress import Silence
from antiphon.sweeps.recipe import Recipe
from antiphon.sweeps.table import Table
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.test_deadlines import python
from antiphon.tests.sweeps.cast import NAME, Scripted


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "sweep.csv").open(newline="", encoding="utf-8") as file:
        return [{**row, "rounds_per_second": ""} for row in csv.DictReader(file)]


def sweep(out: Path, *, kind: Any = NAME, workers: int = 1, **options: Any) -> ap.Sweep:
    given = {"agents": 1, "steps": 3, "seeds": 2, "parameters": {}, **options}
    return ap.sweep(kind=kind, out=out, workers=workers, progress=Silence(), **given)


def played(log: Path) -> Counter[str]:
    return Counter(line.split()[0] for line in log.read_text().splitlines())


def processes(log: Path) -> list[str]:
    return [line.split()[1] for line in log.read_text().splitlines()]


def test_one_seed_has_the_trace_that_it_has_alone_whoever_plays_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"kind": "random", "agents": 3, "steps": 5, "seeds": "6..8"}
    options["parameters"] = {"dispatcher": ["inline", "threaded"]}
    sweep(tmp_path / "one", workers=1, **options)
    sweep(tmp_path / "three", workers=3, **options)
    assert rows(tmp_path / "one") == rows(tmp_path / "three")
    assert [row["seed"] for row in rows(tmp_path / "one")] == ["6", "7", "8"] * 2
    job = ["run", "--type", "random", "--agents", "3", "--steps", "5", "--seed", "7"]
    assert main([*job, "--json", "--quiet"]) == 0
    alone = json.loads(capsys.readouterr().out)
    row = rows(tmp_path / "one")[4]
    assert (row["trace"], row["acted"]) == (alone["trace"], str(alone["outcomes"]["acted"]))
    assert float(row["reward_mean"]) == alone["reward_mean"]


def test_what_fails_is_named_and_tried_again_and_nothing_else_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parameters = {"how": ["act", "raise", "die"]}
    found = sweep(tmp_path / "s", parameters=parameters, log=str(log))
    assert found.finished == 2
    assert [number for number, _ in found.failed()] == [2, 3, 4, 5]
    assert [row["error"].partition(": ")[0] for row in rows(tmp_path / "s")] == [
        "",
        "",
        *(["the job raised StartError"] * 2),
        *(["it died of signal 9"] * 2),
    ]
    assert "cell 4 (how=die, seed 0): it died of signal 9" in found.summary()
    assert played(log) == {"act": 2, "raise": 2, "die": 2}
    sweep(tmp_path / "s", parameters=parameters, log=str(log))
    assert played(log) == {"act": 2, "raise": 4, "die": 4}


def test_a_process_in_which_agents_hang_plays_no_other_cell(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parameters = {"how": ["act", "hang"]}
    options = {"timeout": 0.05, "grace": 0.2, "log": str(log)}
    found = sweep(tmp_path / "s", parameters=parameters, **options)
    assert found.finished == 4
    first, second, third, fourth = processes(log)
    assert first == second == third != fourth
    assert [row["hung"] for row in rows(tmp_path / "s")] == ["0", "0", "1", "1"]
    assert rows(tmp_path / "s")[3]["timed_out"] == "1"


def test_a_cell_that_outlasts_the_patience_is_given_up(tmp_path: Path) -> None:
    found = sweep(
        tmp_path / "s", parameters={"how": ["hang"]}, seeds=1, log=str(tmp_path), patience=0.05
    )
    assert [why for _, why in found.failed()] == ["not done within 0.05 s, so it was killed"]


def test_a_class_is_found_again_by_its_name_and_one_without_is_refused(tmp_path: Path) -> None:
    class Nameless(Scripted):
        pass

    found = sweep(tmp_path / "s", kind=Scripted, seeds=1, environment=ap.GridWorld)
    assert found.plan.recipe.type == NAME
    assert found.finished == 1
    with pytest.raises(ValueError, match="Nameless is not found under its name"):
        sweep(tmp_path / "t", kind=Nameless)
    with pytest.raises(ValueError, match="given as an object"):
        sweep(tmp_path / "t", environment=ap.GridWorld())
    assert not (tmp_path / "t").exists()


def test_the_frame_has_a_row_for_each_cell(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    frame = sweep(tmp_path / "s", parameters={"how": ["act", "raise"]}).frame()
    assert list(frame["how"]) == ["act", "act", "raise", "raise"]
    assert list(frame["seed"]) == [0, 1, 0, 1]
    assert list(frame["error"].isna()) == [True, True, False, False]
    assert frame["trace"].str.startswith("v1:").sum() == 2


COMMAND = "sweep --type {} --agents 1 --steps 3 --set how=act,hang,wave --set log=log --seeds 1"


@contextmanager
def begun(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a sweep by one process; give it when its second cell of three hangs for ever."""
    words = [*COMMAND.format(NAME).split(), "--out", "s", "--workers", "1", "--quiet"]
    with python("-m", "antiphon", *words, cwd=folder) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "now\n"
        yield process


def test_a_sweep_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    with begun(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        # Its worker has the same standard error, so this also waits for that to be gone.
        process.communicate(timeout=FUSE)
    assert played(tmp_path / "log") == {"act": 1, "hang": 1}
    assert list((tmp_path / "s/scratch").iterdir()) != []
    (tmp_path / "log.calm").touch()
    words = [*COMMAND.format(NAME).split(), "--out", "s", "--quiet"]
    with python("-m", "antiphon", *words, cwd=tmp_path) as process:
        output, errors = process.communicate(timeout=FUSE)
    assert process.returncode == 0, errors
    assert "finished 3 of 3 cells" in output
    assert played(tmp_path / "log") == {"act": 1, "hang": 2, "wave": 1}
    assert [row["how"] for row in rows(tmp_path / "s")] == ["act", "hang", "wave"]
    assert sorted(file.name for file in (tmp_path / "s").iterdir()) == [
        "cells",
        "sweep.csv",
        "sweep.json",
        "sweep.lock",
    ]


def test_ctrl_c_keeps_what_is_finished_and_tells_how_to_go_on(tmp_path: Path) -> None:
    with begun(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=FUSE)
    assert process.returncode == 130
    assert "1 of 3 cells are finished; the same command goes on with the rest" in errors
    assert "Traceback" not in errors
    assert [row["how"] for row in rows(tmp_path / "s")] == ["act"]


def test_the_command_names_a_failed_cell_and_exits_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--type", NAME, "--agents", "1", "--steps", "2", "--set", "how=raise,act"]
    out = ["--out", str(tmp_path / "s"), "--workers", "2", "--seeds", "1"]
    assert main(["sweep", *words, *out, "--json"]) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["cells"], found["finished"], found["failed"]) == (2, 1, 1)
    assert [group["seeds"] for group in found["groups"]] == [0, 1]
    assert "cell 0 (how=raise, seed 0) failed: the job raised StartError" in said.err


def test_a_summary_is_no_command_to_the_terminal(tmp_path: Path) -> None:
    plan = Plan(Recipe(type="random", agents=1, steps=1), {"how": ["\x1b[2J"]}, (0,))
    found = ap.Sweep(plan, tmp_path / "s")
    cell = {"cell": 0, "parameters": {"how": "\x1b[2J"}, "seed": 0, "error": "boo\x1b[31m\nwell"}
    with found.folder.open(plan.to_dict()), Table(plan, found.folder) as table:
        found.folder.keep_failed(0, cell)
        table.catch_up()
    lines = found.summary().splitlines()
    assert all(line.isprintable() for line in lines)
    assert "failed       cell 0 (how=\\x1b[2J, seed 0): boo\\x1b[31m well" in lines


def test_the_command_reads_values_as_json_where_they_are_some(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = ["--out", str(tmp_path / "s"), "--seeds", "1", "--steps", "1", "--type", "random"]
    given = ["--set", "world.size=[5, 1]", "--set", "dispatcher=inline,pooled"]
    assert main(["sweep", *out, *given]) == 2
    assert "size" in capsys.readouterr().err
    assert main(["sweep", *out, "--workers", "0"]) == 2
    assert "workers must be >= 1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["sweep", *out, "--workers", "many"])
    assert "--workers: must be auto or a whole number, got 'many'" in capsys.readouterr().err
    assert main(["sweep", *out, "--set", "agents"]) == 2
    assert "--set takes KEY=V1,V2" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()
