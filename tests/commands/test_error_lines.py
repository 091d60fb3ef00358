"""What the command line says of a failure is one line, whoever's words are in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from antiphon.cli import main

NASTY = "boo\\x1b[31m\\u202egnp\\n\\nantiphon: all is well\\x07"
AGENT = f"""\
import antiphon as ap


class Nasty(ap.Agent):
    def act(self, observation, context):
        raise RuntimeError("{NASTY}")
"""


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


def test_words_that_are_not_known_are_no_commands_either(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "what\x1b[31m\nis this"])
    said = capsys.readouterr().err.splitlines()
    assert said[-1].endswith("unrecognized arguments: what\\x1b[31m is this")
