"""Names and texts of strangers are data wherever they come out: eight sinks, sixty names."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path

import pytest
from antiphon.cli import main
from antiphon.errors import AgentIdError
from antiphon.logs import get_logger
from antiphon.models.names import PATTERN
from antiphon.report.data import agent_json
from antiphon.report.page import agent_page
from antiphon.report.story import AgentStory
from antiphon.report.text import agent_text
from antiphon.society import Society
from antiphon.tests.memory.store.test_hostile_names import NAMES
from antiphon.tests.report.stories import Tree, hostile
from antiphon.tests.society.cast import Dice, Does, Ring

PLAIN = [name for name in NAMES if PATTERN.fullmatch(name)]


def test_there_are_sixty() -> None:
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_as_an_id_it_is_refused_unless_it_is_one(name: str) -> None:
    with Society(dispatcher="inline") as society:
        if name in PLAIN:
            assert society.add(Does, ids=[name]) == [name]
        else:
            with pytest.raises(AgentIdError):
                society.add(Does, ids=[name])


@pytest.mark.parametrize("name", [name for name in NAMES if name])
def test_an_environments_own_name_is_mapped_to_an_id(name: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with Society(Ring([name, "b"]), dispatcher="inline", memory_size=5) as society:
        society.add(Dice)
        society.run(2, out=out)
        assert all(PATTERN.fullmatch(agent_id) for agent_id in society)
    with (out / "agents.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.reader(table))
    assert len(rows) == 5
    assert all(PATTERN.fullmatch(row[1]) for row in rows[1:])
    renamed = json.loads((out / "manifest.json").read_text())["renamed"]
    assert renamed.keys() <= {name, "b"}
    # Whatever the name: these files and no others, in here and nowhere else.
    assert {file.name for file in tmp_path.rglob("*")} == {
        "run", "agents.csv", "manifest.json", "model.csv", "result.json", "run.ballast", "run.db",
        "run.head", "settings.json",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_on_a_page_it_leaves_the_elements_of_bob(name: str) -> None:
    assert Tree(agent_page(hostile(name))).elements == Tree(agent_page(hostile("bob"))).elements


@pytest.mark.parametrize("name", NAMES)
def test_in_a_terminal_nothing_of_it_is_a_command(name: str) -> None:
    text = agent_text(AgentStory(name=name))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(text.splitlines()) == len(agent_text(AgentStory(name="bob")).splitlines())
    assert json.loads(agent_json(AgentStory(name=name)))["name"] == name


@pytest.mark.parametrize("name", NAMES)
def test_in_a_log_it_is_one_value_in_one_line(name: str, caplog: pytest.LogCaptureFixture) -> None:
    get_logger("antiphon.tests").warning("agent.named", agent=name, then=1)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    message = record.getMessage()
    assert message.isprintable()
    assert message.startswith("event=agent.named agent=")
    assert message.endswith(" then=1")


@pytest.mark.parametrize("name", NAMES)
def test_in_an_error_it_is_a_part_of_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["memory", "show", "--", f"no{name}"]) != 0
    line, end = capsys.readouterr().err[:-1], "there is no store of a run"
    assert line.isprintable()
    assert line.startswith("antiphon: ")
    assert line.endswith(end) or "\0" in name or len(name) > 255
