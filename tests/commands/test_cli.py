"""The command line, as people type it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from antiphon.cli import main

ROOT = Path(__file__).parents[2]
KEYS = {
    "agents",
    "rounds",
    "outcomes",
    "reward_mean",
    "agent_steps_per_second",
    "round_ms",
    "concurrency",
    "cpu",
    "speedup",
    "slowest",
    "trace",
    "seed",
    "dispatcher",
    "out",
}


def run_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main(["run", *words, "--json", "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


def test_one_seed_gives_one_trace_for_any_dispatcher_and_batch_size(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = ["--agents", "12", "--steps", "30", "--seed", "7"]
    runs = [
        run_json(capsys, *job),
        run_json(capsys, *job),
        run_json(capsys, *job, "--dispatcher", "inline"),
        run_json(capsys, *job, "--batch-size", "5"),
    ]
    assert len({run["trace"] for run in runs}) == 1
    assert all(run["outcomes"] == {"acted": 360} for run in runs)
    assert set(runs[0]) >= KEYS
    assert run_json(capsys, *job[:-1], "8")["trace"] != runs[0]["trace"]


def test_the_summary_and_the_run_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "runs" / "first"
    assert main(["run", "--agents", "3", "--steps", "4", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert "acted 12" in printed.out
    assert str(out) in printed.out
    assert "step 4/4" in printed.err
    assert (out / "manifest.json").exists()


def test_a_baseline_measures_the_speed_up(capsys: pytest.CaptureFixture[str]) -> None:
    figures = run_json(capsys, "--agents", "3", "--steps", "5", "--baseline")
    assert figures["speedup"] > 0


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (["run", "atlantis"], 2, "no environment is called 'atlantis'"),
        (["run", "--type", "explroer"], 2, "no agent type is called 'explroer'"),
        (["run", "--profile", "fsat"], 2, "did you mean 'fast'"),
        (["run", "--host", "nobody"], 2, "no host is called 'nobody'"),
        (["run", "--timeout", "never"], 2, "must be a finite number > 0, got 'never'"),
        (["run", "--on-missing", "noopp"], 2, "did you mean 'noop'"),
        (["run", "--world", "size"], 2, "KEY=VALUE"),
        (["run", "--world", "size=1"], 2, "size"),
        (["run", "--world", "sise=9"], 2, "no option of grid-world is called 'sise'; there are"),
        (["run", "--world", "size=9", "--world", "size=8"], 2, "each key once"),
        (["run", "--out", ""], 1, "run folder must be a new folder"),
        (["run", "--out", __file__], 1, "run folder must be a new folder"),
        (["run", "--on-missing", "default"], 2, "default_action"),
        (["run", "mpe2/simple_v3", "--agents", "3"], 2, "only 1 are left"),
        (["run", "--agents", "-3"], 2, "--agents must be a whole number >= 1, got -3"),
        (["run", "--steps", "0"], 2, "steps must be a whole number >= 1"),
        (["run", "--config", "nowhere.toml"], 2, "nowhere.toml"),
        (["run", "--type", "random", "--profile", "fast"], 2, "profile"),
    ],
)
def test_bad_input_is_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], words: list[str], status: int, why: str
) -> None:
    assert main([*words]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("antiphon: ")
    assert why in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["sweep"],
        ["resume"],
        ["verify"],
        ["export"],
        ["import"],
        ["memory"],
        *(["memory", word] for word in ("show", "stats", "search", "why", "report")),
        ["bench"],
        *(["bench", word] for word in ("list", "compare", "docs", "coordination")),
        ["agents"],
        ["doctor"],
    ],
)
def test_every_help_text_has_an_example(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    assert "antiphon " + " ".join(command) in capsys.readouterr().out.partition("example")[2]


def test_no_command_at_all_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "examples:" in capsys.readouterr().out


def test_a_default_action_can_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--agents", "2", "--steps", "2", "--on-missing", "default", "--default-action", "3"]
    assert run_json(capsys, *words)["outcomes"] == {"acted": 4}


def test_doctor_says_what_this_machine_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "threads    up to" in text
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["usable_cores"] >= 1
    assert found["threaded_actors"] > 0
    assert set(found["extras"]) == {"pymdp", "data", "fast", "llm"}


@pytest.mark.parametrize("name", ["own_agent", "own_actor"])
def test_the_examples_run_and_are_short(name: str) -> None:
    path = ROOT / "examples" / f"{name}.py"
    assert len(path.read_text().splitlines()) < 40
    done = subprocess.run(
        [sys.executable, path], capture_output=True, text=True, timeout=60, check=True
    )
    assert "acted" in done.stdout
    assert done.stderr == ""


def test_a_plug_in_of_the_folder_one_works_in_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "examples" / "own_agent.py", tmp_path / "of_this_folder.py")
    monkeypatch.chdir(tmp_path)
    # As the command has it: only python -m looks here by itself.
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one not in {"", str(tmp_path)}])
    words = ["--type", "of_this_folder:Homebody", "--agents", "2", "--steps", "2", "--quiet"]
    assert main(["run", *words]) == 0
    assert sys.path[-1] == str(tmp_path)


WHO_ENDS = """
import atexit, threading
from antiphon import Agent

class Ends(Agent):
    def act(self, observation, context):
        atexit.register(print, "ended by Python")
        {last}
"""


@pytest.mark.parametrize(
    ("last", "status", "said"),
    [("threading.Event().wait()", "timed_out", []), ("return 0", "acted", ["ended by Python"])],
)
def test_a_process_in_which_somebody_hangs_is_not_ended_thread_by_thread(
    tmp_path: Path, last: str, status: str, said: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(WHO_ENDS.format(last=last), encoding="utf-8")
    words = ["run", "--type", "mine:Ends", "--agents", "1", "--steps", "1", "--timeout", "0.2"]
    command = [sys.executable, "-m", "antiphon", *words, "--json"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    first, *rest = ended.stdout.splitlines()
    assert json.loads(first)["outcomes"][status] == 1
    assert rest == said
