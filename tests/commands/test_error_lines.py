"""What the command line says of a failure is one line, whoever's words are in it."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from antiphon.cli import main
from antiphon.commands import agents
from antiphon.models.agent import Agent

NASTY = "boo\\x1b[31m\\u202egnp\\n\\nantiphon: all is well\\x07"
AGENT = f"""\
import antiphon as ap


class Nasty(ap.Agent):
    def act(self, observation, context):
        raise RuntimeError("{NASTY}")
"""


class Odd:
    @property
    def plug_in(self) -> None:
        raise RuntimeError("not\n\x1b[31mtoday")


ODD = Odd()


@pytest.fixture
def nasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words that run agents whose failure ends all."""
    (tmp_path / "nasty_agents.py").write_text(AGENT, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ANTIPHON_ON_CRASH", "escalate")
    return ["run", "--type", "nasty_agents:Nasty", "--agents", "1", "--steps", "2", "--quiet"]


@contextmanager
def not_logging_yet() -> Iterator[None]:
    """Let a command find logging as in a process of its own."""
    root = logging.getLogger()
    level = root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(root, "handlers", [])
        try:
            yield
        finally:
            root.setLevel(level)  # and not by hand: loggers remember what they let through


def test_what_an_agent_raises_is_no_command_to_the_terminal(
    nasty: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(nasty) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert line.startswith("antiphon: agent nasty-1 failed in round 1")
    assert line.endswith("boo\\x1b[31m\\u202egnp  antiphon: all is well\\x07")


def test_a_traceback_keeps_its_lines_and_nothing_else(
    nasty: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with not_logging_yet():
        assert main(["--log-level", "debug", *nasty]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "Traceback (most recent call last):" in said
    assert all(line.isprintable() for line in said)


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (["doctor", "what\x1b[31m\nis this"], "arguments: what\\x1b[31m is this"),
        (["bench", "coordination", "--c=\x1b[31m"], "match --coordinator, --crash"),
    ],
)
def test_words_that_are_not_known_are_no_commands_either(
    capsys: pytest.CaptureFixture[str], words: list[str], end: str
) -> None:
    with pytest.raises(SystemExit):
        main(words)
    said = capsys.readouterr().err
    assert "\\x1b[31m" in said
    assert all(line.isprintable() for line in said.splitlines())
    assert said.splitlines()[-1].endswith(end)


@pytest.mark.parametrize("words", [["agents", "list"], ["bench", "list"]])
def test_a_broken_plug_in_has_one_line_whatever_it_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    assert main(words) == 0
    lines = len(capsys.readouterr().out.splitlines())
    groups = ("antiphon.agents", "antiphon.bench")
    points = [
        importlib.metadata.EntryPoint("odd", f"{__name__}:ODD.plug_in", group) for group in groups
    ]
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda group: [p for p in points if p.group == group]
    )
    assert main(words) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == lines + 1
    assert all(line.isprintable() for line in said)
    assert sum("odd" in line and "BROKEN" in line for line in said) == 1


def test_an_agent_type_that_says_nothing_of_itself_has_a_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = type("Quiet", (Agent,), {"__doc__": " ", "act": lambda *given: 0})
    monkeypatch.setattr(agents, "agent_types", lambda: {"quiet": "mine:Quiet"})
    monkeypatch.setattr(agents, "agent_type", lambda name: quiet)
    assert main(["agents", "list"]) == 0
    assert "mine:Quiet [mine:Quiet]" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_what_was_typed_is_said_to_come_from_the_command_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--seed", "x"] if command == "run" else ["--set", "timeout=-1"]
    out = ["--out", str(tmp_path / "sweep")] if command == "sweep" else []
    assert main([command, *words, *out, "--steps", "1", "--quiet"]) == 2
    assert "(from the command line): must be" in capsys.readouterr().err


def test_what_stands_elsewhere_is_said_to_stand_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIPHON_SEED", "x")
    assert main(["run", "--steps", "1", "--quiet"]) == 2
    assert "setting 'seed' (from environment)" in capsys.readouterr().err
