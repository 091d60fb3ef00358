"""Talking to agents, and changing settings between rounds."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.errors import (
    AskError,
    AskTimeoutError,
    SettingsError,
    UnknownNameError,
)
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Does, Ring, Unspeakable, play


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_what_is_told_is_heard_between_two_rounds_in_order(dispatcher: str) -> None:
    with Society(Ring(), dispatcher=dispatcher, tables=False) as society:
        society.add(Does)
        society.tell("a", "before")
        society.run(2)
        society["a"].tell({"offer": 2})
        society.broadcast("to all")
        society.run(1)
        assert society["a"].ask("heard") == [
            ("before", "outside", 1),
            ({"offer": 2}, "outside", 3),
            ("to all", "outside", 3),
        ]
        assert society.ask("c", "heard", timeout=FUSE) == [("to all", "outside", 3)]


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_every_agent_hears_what_it_lived_once_in_order(dispatcher: str) -> None:
    with Society(Ring(), dispatcher=dispatcher, tables=False) as society:
        society.add(Does, ids=["b"], act=lambda seen, context: 9)
        society.add(Does)
        society.run(4)
        lived = society.ask("b", "lived")
        assert [(e.round, e.intended, e.executed, e.status, e.reward) for e in lived] == [
            (round, 9, 0, "rejected", 0.0) for round in (1, 2, 3)
        ]


def test_questions_have_typed_errors(let_go: threading.Event) -> None:
    def act(seen: Any, context: Context) -> None:
        let_go.wait(FUSE)

    with Society(timeout=0.05, grace=0.05) as society:
        society.add(Does, ids=["well"])
        society.add(Does, ids=["hung"], act=act)
        for error in (ValueError("why"), SystemExit("why"), Unspeakable()):
            with pytest.raises(AskError, match=f"well raised {type(error).__name__}"):
                society.ask("well", error, timeout=FUSE)
        society.step({"hung": None})
        with pytest.raises(AskTimeoutError, match="hung did not answer within"):
            society.ask("hung", "heard")
        assert society.ask("well", "heard", timeout=FUSE) == []
        for wrong in (lambda: society["nobody"], lambda: society.step({"nobody": 1})):
            with pytest.raises(UnknownNameError, match="no agent is called 'nobody'"):
                wrong()
        let_go.set()


def test_settings_change_from_the_next_round() -> None:
    seen_deadlines: list[float] = []
    clock = ManualClock(100.0)

    def act(seen: Any, context: Context) -> int:
        seen_deadlines.append(context.deadline)
        return 1

    with Society(clock=clock, timeout=1.0, dispatcher="inline") as society:
        society.add(Does, ids=["a"], act=act)
        society.step({"a": 0})
        society.configure(timeout=2.0)
        society.step({"a": 0})
        society.step({"a": 0}, timeout=5.0)
        society.step({"a": 0})
        with pytest.raises(SettingsError, match="cannot change once the society exists"):
            society.configure(seed=3)
        with pytest.raises(SettingsError, match="'noop' needs an environment"):
            society.configure(on_missing="noop")
        society.step({"a": 0})
    assert seen_deadlines == [101.0, 102.0, 105.0, 102.0, 102.0]


def test_a_timeout_longer_than_locks_can_wait_is_only_long() -> None:
    run = play(Ring(), dice=3, timeout=1e12, start_timeout=1e12, grace=1e12)[1]
    assert run.outcomes == {"acted": 36}
