"""What a run and a log say of agents that raise: who, how often, why and where."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Ring
from antiphon.tests.society.supervised_cast import Fate, Reborn, society_of

ROUNDS = 4
everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))


class Broken(ap.Agent):
    """Crashes one call below ``act``."""

    def act(self, observation: Any, context: ap.Context) -> int:
        return self.helper()

    def helper(self) -> int:
        return int("no number")


class Speaker(ap.Agent):
    """Says one word a round, to one that cannot hear it."""

    def act(self, observation: Any, context: ap.Context) -> int:
        context.broadcast(1)
        return 0

    def receive(self, message: Any) -> None:
        """Takes less than it is given."""


class Mumbler(Speaker):
    """Hears, and raises at each word."""

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:  # type: ignore[override]
        raise KeyError(message)


class Moody(Speaker):
    """Raises one thing at one speaker's words, and another at the others'."""

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:  # type: ignore[override]
        raise KeyError(message) if sender == "speaker-1" else LookupError(message)


def run_of(kinds: list[type[ap.Agent]], dispatcher: str, out: Path | None = None) -> ap.Run:
    names = "abc"[: len(kinds)]
    with ap.Society(Ring(names), dispatcher=dispatcher, timeout=FUSE) as society:
        for name, kind in zip(names, kinds, strict=True):
            society.add(kind, ids=[name])
        return society.run(ROUNDS, out=out)


HELPER = f"({__file__}:{Broken.helper.__code__.co_firstlineno + 1})"


@everywhere
def test_a_crash_is_told_with_its_file_and_line(dispatcher: str, tmp_path: Path) -> None:
    run = run_of([Broken, Broken], dispatcher, tmp_path / "run")
    (line, _) = [line for line in run.summary().splitlines() if line.startswith("failing")]
    assert line.startswith("failing      a: crashed 4; last error ValueError: ")
    assert line.endswith(HELPER)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["failing"]["a"]["crashed"] == ROUNDS
    assert result["failing"]["a"]["last_error"].endswith(HELPER)


@everywhere
def test_where_a_crash_comes_from_is_logged_in_full_once_for_each_agent(
    dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="antiphon.actors.failures"):
        run_of([Broken, Broken], dispatcher)
    told = [record.getMessage() for record in caplog.records if record.exc_info]
    assert told == [f"event=agent.raised agent={name!r}" for name in "ab"]
    assert caplog.text.count("in helper") == 2


@everywhere
def test_a_run_in_which_hearing_fails_says_who_how_often_and_why(dispatcher: str) -> None:
    run = run_of([Speaker, Speaker, Mumbler], dispatcher)
    # What is said in the last round nobody hears.
    often = 2 * (ROUNDS - 1)
    assert run.outcomes == {"acted": 3 * ROUNDS}
    (line,) = [line for line in run.summary().splitlines() if line.startswith("failing")]
    assert f"3 agents failed {3 * often} times outside act: a, b, c" in line
    assert "the last error of a: receive() raised TypeError: " in line
    stumbled = run.to_dict()["stumbled"]
    assert {name: figures["count"] for name, figures in stumbled.items()} == dict.fromkeys(
        "abc", often
    )
    where = f"({__file__}:{Mumbler.receive.__code__.co_firstlineno + 1})"
    assert stumbled["c"]["last_error"] == f"receive() raised KeyError: 1 {where}"


def test_the_next_run_has_its_own_count() -> None:
    with ap.Society(Ring("ab"), dispatcher="inline", timeout=FUSE) as society:
        society.add(Mumbler, 2)
        first, second = society.run(2), society.run(2)
    counts = [[f["count"] for f in run.to_dict()["stumbled"].values()] for run in (first, second)]
    # What is said in a round is heard with the call of the next.
    assert counts == [[1, 1], [2, 2]]


@everywhere
def test_health_warns_of_agents_that_fail_to_hear(dispatcher: str) -> None:
    with ap.Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, 3)
        for _ in range(2):
            society.step(dict.fromkeys(society, 0))
        health = society.health()
    (warning,) = health.warnings
    assert warning.key == "agents.stumbling"
    assert "3 agents failed 6 times outside act: speaker-1, speaker-2, speaker-3" in str(warning)
    assert "TypeError: Speaker.receive() takes 2" in str(warning)
    assert health.to_dict()["last_failures"]["speaker-1"].startswith("receive() raised TypeError")


@everywhere
def test_a_class_that_fails_to_hear_is_logged_once_a_round_for_each_error(
    dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    with ap.Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, 4)
        society.add(Moody, 3)
        society.add(Mumbler, 2)
        for _ in range(ROUNDS):
            society.step(dict.fromkeys(society, 0))
    said = [line for line in caplog.text.splitlines() if "actor.failed" in line]
    for error, kinds in (("TypeError: ", 1), ("KeyError: ", 2), ("LookupError: ", 1)):
        assert sum(error in line for line in said) == kinds * (ROUNDS - 1)
    assert len(said) == 4 * (ROUNDS - 1)


@everywhere
def test_where_an_agent_fails_to_hear_is_logged_in_full_once(
    dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="antiphon.actors.failures"):
        run_of([Mumbler, Mumbler], dispatcher)
    told = [record.getMessage() for record in caplog.records if record.exc_info]
    assert sorted(told) == [f"event=agent.raised agent={name!r}" for name in "ab"]


@everywhere
def test_the_call_that_fails_for_a_word_brings_its_traceback_and_nobody_else_does(
    dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    fate = Fate("a receive 1")
    with (
        caplog.at_level(logging.DEBUG, logger="antiphon.actors.failures"),
        society_of(fate, dispatcher, kind=Reborn, on_crash="restart") as society,
    ):
        society.step(dict.fromkeys(society, 0))
        society.tell("a", "poison")
        outcome = society.step(dict.fromkeys(society, 0))
    assert outcome.status["a"] == "crashed"
    assert len([record for record in caplog.records if record.exc_info]) == 1
