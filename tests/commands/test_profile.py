"""antiphon profile: what it says of agents and worlds whose time is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from antiphon.cli import main
from antiphon.models.agent import Agent, Context
from antiphon.tests.society.cast import Ring

HERE = __name__
PARTS = ["inference", "mailbox", "coordination", "records", "memory", "world", "rest"]


def burn(n: int) -> int:
    """Compute so long that nothing else of a step comes near it."""
    total = 0
    for i in range(n):
        total += i * i
    return total


class Ponders(Agent):
    """Spends its steps in a function of its own."""

    def act(self, observation: Any, context: Context) -> int:
        burn(60_000)
        return 0


class WakesUp(Agent):
    """Does something in its first step alone."""

    awake = False

    def act(self, observation: Any, context: Context) -> int:
        return 0 if self.awake else self.wake_up()

    def wake_up(self) -> int:
        self.awake = True
        return 0


class Idle(Agent):
    def act(self, observation: Any, context: Context) -> int:
        return 0


class Crashes(Agent):
    def act(self, observation: Any, context: Context) -> int:
        raise ValueError("<no>")


class Grinds(Ring):
    """A world that takes long over a step."""

    def step(self, actions: Mapping[str, int]) -> Any:
        burn(60_000)
        return super().step(actions)


def profiled(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["profile", *words, "--json", "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    found: dict[str, Any] = json.loads(lines[0])
    return found


def shares(found: dict[str, Any]) -> dict[str, float]:
    return {part: figures["share"] for part, figures in found["parts"].items()}


def test_the_shares_of_an_explorer_add_up_to_one(capsys: pytest.CaptureFixture[str]) -> None:
    found = profiled(capsys, "--steps", "20", "--kernel", "numpy", "--memory", "5")
    assert list(shares(found)) == PARTS
    assert sum(shares(found).values()) == pytest.approx(1)
    assert all(share > 0 for share in shares(found).values())
    a_step = sum(figures["ms_a_step"] for figures in found["parts"].values())
    assert a_step == pytest.approx(found["profiled_ms_a_step"])
    assert found["outcomes"] == {"acted": 20}
    assert len(found["functions"]) == 15
    own = [one["own_ms"] for one in found["functions"]]
    assert own == sorted(own, reverse=True)


def test_the_function_of_a_slow_agent_is_at_the_top_and_its_time_is_inference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = profiled(capsys, "--type", f"{HERE}:Ponders", "--steps", "20", "--top", "3")
    first = found["functions"][0]
    assert (first["name"], first["part"], first["calls"]) == ("burn", "inference", 20)
    assert first["where"].endswith(f"test_profile.py:{burn.__code__.co_firstlineno}")
    assert first["own_ms_a_step"] == pytest.approx(first["own_ms"] / 20)
    assert len(found["functions"]) == 3
    assert max(shares(found), key=shares(found).__getitem__) == "inference"


def test_the_time_of_a_slow_world_is_the_worlds(capsys: pytest.CaptureFixture[str]) -> None:
    found = profiled(capsys, f"{HERE}:Grinds", "--type", f"{HERE}:Idle", "--steps", "20")
    assert found["agents"] == 3
    assert found["functions"][0]["name"] == "burn"
    assert found["functions"][0]["part"] == "world"
    assert max(shares(found), key=shares(found).__getitem__) == "world"


def test_neither_start_nor_warm_up_is_in_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    found = profiled(
        capsys, "--type", f"{HERE}:WakesUp", "--agents", "2", "--steps", "7", "--top", "1000"
    )
    calls = {one["name"]: one["calls"] for one in found["functions"]}
    assert calls["WakesUp.act"] == 14
    assert calls["Stage.advance"] == 7
    once = {"WakesUp.wake_up", "Society.start", "Society.add", "RunFolder.__init__"}
    assert once.isdisjoint(calls)


def test_one_seed_is_one_course_and_watching_does_not_change_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = ["--agents", "3", "--steps", "10", "--kernel", "numpy", "--seed"]
    first, again, other = (profiled(capsys, *job, seed) for seed in ("5", "5", "6"))
    assert first["trace"] == again["trace"] != other["trace"]


def test_settings_come_from_a_file_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "antiphon.toml"
    file.write_text("[society]\nseed = 9\n")
    found = profiled(capsys, "--type", f"{HERE}:Idle", "--steps", "2", "--config", str(file))
    assert found["seed"] == 9


def test_agents_that_crash_are_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    found = profiled(capsys, "--type", f"{HERE}:Crashes", "--steps", "4")
    assert found["outcomes"] == {"acted": 0, "crashed": 4}


def test_nothing_watches_when_it_is_over(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = sys.getprofile()
    profiled(capsys, "--type", f"{HERE}:Idle", "--steps", "3", "--flame", str(tmp_path / "p.svg"))
    assert sys.getprofile() is before


def test_the_tables_show_parts_and_functions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "profile.svg"
    words = ["--type", f"{HERE}:Ponders", "--steps", "5", "--flame", str(file)]
    assert main(["profile", *words]) == 0
    text = capsys.readouterr().out
    assert "5 steps of 1 agent" in text
    assert "acted 5" in text
    assert "ms a step, and" in text
    parts, functions = text.split("own/step")
    assert [word for word in PARTS if f"\n {word} " in parts] == [p for p in PARTS if p != "memory"]
    assert "burn" in functions.splitlines()[1]
    assert f"commands/test_profile.py:{burn.__code__.co_firstlineno}" in functions
    assert "█" in parts
    assert f"flame graph  {file}" in text


def test_the_flame_graph_shows_the_agent_below_what_called_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "profile.svg"
    words = ("--type", f"{HERE}:Ponders", "--steps", "5", "--flame", str(file))
    assert profiled(capsys, *words)["flame"] == str(file)
    drawn = {}
    for group in ET.parse(file).iter("{http://www.w3.org/2000/svg}g"):
        title, box = group[0].text or "", group[1]
        drawn.setdefault(title.partition("\n")[0], (title, box))
    assert "5 calls" in drawn["burn"][0]
    assert drawn["burn"][1].get("class") == "inference"
    assert float(drawn["burn"][1].get("y", 0)) > float(drawn["Ponders.act"][1].get("y", 0))


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (["--steps", "0"], 2, "--steps must be a whole number >= 1, got 0"),
        (["--top", "0"], 2, "--top must be a whole number >= 1, got 0"),
        (["--flame", "profile.png"], 2, "--flame must end in .svg, got 'profile.png'"),
        (["--flame", "nowhere/p.svg"], 1, "--flame must be a file in a folder that is there"),
        (["--type", "explroer"], 2, "no agent type is called 'explroer'"),
        (["--host", "nobody"], 2, "no host is called 'nobody'"),
        (["--profile", "fsat"], 2, "did you mean 'fast'"),
        (["--agents", "0"], 2, "--agents must be a whole number >= 1, got 0"),
        (["--world", "size"], 2, "KEY=VALUE"),
        (["--seed", "x"], 2, "seed"),
        (["--config", "nowhere.toml"], 2, "nowhere.toml"),
        (["atlantis"], 2, "no environment is called 'atlantis'"),
    ],
)
def test_bad_input_is_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], words: list[str], status: int, why: str
) -> None:
    assert main(["profile", *words]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("antiphon: ")
    assert why in printed.err
    assert printed.err.count("\n") == 1


def test_the_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["profile", "--help"])
    assert "antiphon profile --agents 50" in capsys.readouterr().out.partition("examples")[2]
