"""Whoever wants to hear of a death hears of it once, between two rounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from antiphon.actors.watch import Died, Watchers
from antiphon.coordination.outcome import Outcome
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS
from antiphon.tests.society.supervised_cast import IDS, Fate, Mortal, play, society_of

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))


def deaths(society: Society, rounds: int) -> list[tuple[int, list[str]]]:
    """Play; give the rounds in which somebody died, and who."""
    outcomes = [society.step(dict.fromkeys(IDS)) for _ in range(rounds)]
    died = [(o.round, [d.agent_id for d in o.decisions if d.final]) for o in outcomes]
    return [(round, ids) for round, ids in died if ids]


@everywhere
def test_a_round_says_who_died_in_it_and_a_restart_is_no_death(dispatcher: str) -> None:
    fate = Fate("a act 2", "b act 2", "a act 4")
    with society_of(fate, dispatcher, max_restarts=1, backoff=1) as society:
        assert deaths(society, 9) == [(5, ["a"])]


@everywhere
def test_those_who_are_stopped_together_die_in_one_round_by_id(dispatcher: str) -> None:
    groups = [["c", "a"]]
    with society_of(Fate("c act 3"), dispatcher, on_crash="stop", together=groups) as society:
        assert deaths(society, 6) == [(3, ["a", "c"])]


class Vigil:
    """Has agents that watch others told of their deaths."""

    def __init__(self, society: Society, watches: Iterable[tuple[str, str]]) -> None:
        self._society = society
        self.watchers = Watchers(self._tell)
        for watcher, watched in watches:
            self.watchers.watch(watcher, watched)

    def _tell(self, watcher: str, died: Died) -> None:
        self._society.tell(watcher, {"died": died.agent_id, "reason": died.reason})

    def take_in(self, outcome: Outcome) -> None:
        for decision in outcome.decisions:
            if decision.final:
                self.watchers.died(decision.agent_id, decision.reason)


def heard(society: Society, agent_id: str) -> list[Any]:
    return [message["died"] for message in society.ask(agent_id, "heard")]


@everywhere
def test_who_watches_hears_it_once_before_the_next_round(dispatcher: str) -> None:
    fate = Fate("b act 2", "c act 4")
    with society_of(fate, dispatcher, kind=Mortal, on_crash="stop") as society:
        vigil = Vigil(society, [("a", "b"), ("a", "c"), ("c", "b")])
        after = []
        for _ in range(6):
            outcome = society.step(dict.fromkeys(IDS))
            after.append(heard(society, "a"))
            vigil.take_in(outcome)
        assert after == [[], [], ["b"], ["b"], ["b", "c"], ["b", "c"]]
        (first, _) = society.ask("a", "heard")
        assert first["reason"] == "ValueError: b act 2"
        vigil.watchers.watch("a", "b")
        play(society)
        assert heard(society, "a") == ["b", "c", "b"]


@everywhere
def test_who_watches_and_is_down_hears_it_when_it_is_back(dispatcher: str) -> None:
    fate = Fate("a act 2", "b act 1", "b act 2")
    with society_of(fate, dispatcher, kind=Mortal, max_restarts=1, backoff=1) as society:
        vigil = Vigil(society, [("a", "b")])
        fared = []
        for _ in range(5):
            outcome = society.step(dict.fromkeys(IDS))
            vigil.take_in(outcome)
            fared.append(outcome.status["a"].value)
        assert fared == ["acted", "crashed", "down", "acted", "acted"]
        assert play(society)["b"] == ["down"]
        assert heard(society, "a") == ["b"]
