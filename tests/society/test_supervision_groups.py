"""Those who belong together are stopped together, and go back together."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.errors import DownError
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.supervised_cast import (
    IDS,
    Fate,
    acted,
    everywhere,
    on_threads,
    play,
    society_of,
)


@everywhere
def test_those_who_belong_together_go_back_together(dispatcher: str) -> None:
    fate = Fate("b act 8")
    groups = [["a", "b"]]
    rules: dict[str, Any] = {"backoff": 1, "snapshot_interval": 5, "together": groups}
    with society_of(fate, dispatcher, **rules) as society:
        assert play(society, 10) == {
            "a": [*["acted"] * 8, "down", "acted"],
            "b": [*["acted"] * 7, "crashed", "down", "acted"],
            "c": ["acted"] * 10,
        }
        assert [society.ask(i, "acts") for i in IDS] == [6, 6, 10]
    assert [fate.calls[i].count("create") for i in IDS] == [2, 2, 1]


@everywhere
def test_those_who_belong_together_are_stopped_together(dispatcher: str) -> None:
    with society_of(Fate("b act 2"), dispatcher, on_crash="stop", together=[["a", "b"]]) as society:
        play(society, 2)
        error = society.step(dict.fromkeys(IDS)).errors["a"]
        assert str(error) == "agent a is down for good: goes with b"
        assert play(society) == acted(1) | {"a": ["down"], "b": ["down"]}


@everywhere
def test_what_failed_before_a_mate_did_goes_with_the_state_that_is_given_up(
    dispatcher: str,
) -> None:
    fate = Fate("a receive 1", "b act 2")
    with society_of(fate, dispatcher, together=[["a", "b"]]) as society:
        play(society)
        society.tell("a", "a bad word")
        assert society.step({"b": None, "c": None}).status == {"b": "crashed", "c": "acted"}
        assert play(society, 2) == acted(2)
        assert [fate.calls[i].count("create") for i in IDS] == [2, 2, 1]


@on_threads
def test_one_that_hangs_while_its_mate_fails_is_built_anew_once_it_is_back(
    dispatcher: str, let_go: threading.Event
) -> None:
    # It fails as well, long after its state has been given up.
    fate = Fate("a act 3", "b act 3", waits={"b act 3": let_go})
    rules: dict[str, Any] = {"backoff": 1, "snapshot_interval": 2, "together": [["a", "b"]]}
    with society_of(fate, dispatcher, **rules) as society:
        play(society, 2)
        outcome = society.step(dict.fromkeys(IDS), timeout=0.5)
        assert outcome.status == {"a": "crashed", "b": "timed_out", "c": "acted"}
        assert play(society) == {"a": ["down"], "b": ["down"], "c": ["acted"]}
        assert play(society) == {"a": ["acted"], "b": ["busy"], "c": ["acted"]}
        let_go.set()
        with pytest.raises(DownError):
            society.ask("b", "acts", timeout=FUSE)
        assert play(society, 3) == acted(3)
        assert [society.ask(i, "acts") for i in IDS] == [6, 5, 8]
