"""A failure that comes late, or between two rounds, counts in the round that it comes in."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.actors.care.directive import Directive, always
from antiphon.errors import AskError
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Ring, Witness
from antiphon.tests.society.supervised_cast import (
    IDS,
    Fate,
    Mortal,
    acted,
    everywhere,
    on_threads,
    play,
    society_of,
    without_pictures,
)


@on_threads
def test_a_failure_that_comes_late_counts_in_the_round_that_it_comes_in(
    dispatcher: str, let_go: threading.Event
) -> None:
    fate = Fate("b act 2", waits={"b act 2": let_go})
    with society_of(fate, dispatcher, backoff=1, snapshot_interval=1) as society:
        play(society)
        assert society.step(dict.fromkeys(IDS), timeout=0.5).status["b"] == "timed_out"
        let_go.set()
        society.ask("b", "acts", timeout=FUSE)
        assert play(society, 5)["b"][1:] == ["down", "acted", "acted", "acted"]
        assert fate.calls["b"].count("create") == 2


@on_threads
def test_an_answer_that_comes_late_is_no_failure(dispatcher: str, let_go: threading.Event) -> None:
    with society_of(Fate(waits={"b act 2": let_go}), dispatcher) as society:
        play(society)
        assert society.step(dict.fromkeys(IDS), timeout=0.5).status["b"] == "timed_out"
        let_go.set()
        society.ask("b", "acts", timeout=FUSE)
        assert play(society, 3) == acted(3)
        assert society.ask("b", "acts") == 5


def fail_between_rounds(society: Society, method: str) -> None:
    if method == "receive":
        society.tell("a", "a bad word")
    else:
        with pytest.raises(AskError, match="a raised ValueError: a answer 1"):
            society.ask("a", "acts")


@everywhere
@pytest.mark.parametrize("method", ["receive", "answer"])
def test_a_failure_between_two_rounds_counts_in_the_next_tell_and_ask_alike(
    method: str, dispatcher: str
) -> None:
    with society_of(Fate(f"a {method} 1"), dispatcher, backoff=1, snapshot_interval=2) as society:
        play(society, 3)
        fail_between_rounds(society, method)
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "crashed", "b": "acted", "c": "acted"}
        assert str(outcome.errors["a"]) == f"a {method} 1"
        assert play(society, 2) == acted(2) | {"a": ["down", "acted"]}
        assert society.ask("a", "acts") == 3


@everywhere
def test_a_failure_at_what_another_agent_says_counts_in_the_round_that_it_is_heard_in(
    dispatcher: str,
) -> None:
    class Talks(Mortal):
        def act(self, observation: Any, context: Any) -> int:
            if self.name == "b" and context.round == 2:
                context.tell("a", "a bad word")
            return super().act(observation, context)

    with society_of(Fate("a receive 1"), dispatcher, kind=Talks) as society:
        fared = ["acted", "acted", "crashed", "acted"]
        assert play(society, 4) == acted(4) | {"a": fared}


@everywhere
@pytest.mark.parametrize("method", ["receive", "answer"])
@pytest.mark.parametrize(
    ("directive", "later"), [(Directive.RESUME, "acted"), (Directive.STOP, "down")]
)
def test_a_strategy_decides_of_failures_between_two_rounds_as_of_others(
    directive: Directive, later: str, method: str, dispatcher: str
) -> None:
    with society_of(Fate(f"a {method} 1"), dispatcher, strategy=always(directive)) as society:
        play(society)
        fail_between_rounds(society, method)
        assert play(society, 3) == acted(3) | {"a": ["crashed", later, later]}


@everywhere
def test_a_failure_at_the_end_of_an_episode_counts_in_the_next_round(dispatcher: str) -> None:
    fate, witness = Fate("a episode_ended 1"), Witness()
    with society_of(fate, dispatcher, environment=Ring(length=3)) as society:
        society.run(5, progress=witness)
    life = ["create", "reset", "act", "act", "act", "episode_ended"]
    assert without_pictures(fate.calls["a"]) == [*life, "create", "reset", "act"]
    assert [row[2] for row in witness.rows("a")] == [*["acted"] * 3, "crashed", "acted"]
    assert {row[2] for row in witness.rows("b")} == {"acted"}
