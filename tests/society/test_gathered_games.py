"""Agents that are answered for together, in every order of deliveries, delays and faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.hearing import Hearer
from antiphon.actors.mailbox import Letter
from antiphon.coordination.call import RoundCall
from antiphon.coordination.coordinator import Coordinator
from antiphon.testing.simulation import simulate
from antiphon.tests.society.gathered_games import GAMES

KEPT = Path(__file__).parent / "regressions"
SEEDS = {"together, all goes wrong": 200, "together, two at a time": 200}


@pytest.mark.parametrize("game", GAMES)
def test_everybody_is_answered_for_once_and_nobody_is_left_waiting(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(SEEDS.get(game, 50)), faults=faults, keep=KEPT)


@pytest.mark.soak
@pytest.mark.parametrize("game", GAMES)
def test_in_ten_thousand_orders_nobody_is_left_waiting(game: str) -> None:
    play, faults = GAMES[game]
    simulate(play, seeds=range(10_000), faults=faults, keep=KEPT)


# One rule taken out


def forgets_who_left(self: RoundCall, index: int, error: BaseException) -> None:
    if index in self._gathered:
        self.lose(index, error)


def tells_nobody_who_left(self: RoundCall, index: int, error: BaseException) -> None:
    self._gathered.pop(index, None)


def answers_and_keeps(self: RoundCall, *, at_once: bool = False) -> Any:
    gathered = dict(self._gathered)
    taken = take_gathered(self, at_once=at_once)
    self._gathered = gathered
    return taken


def joins_what_is_over(self: RoundCall, index: int, host: Any) -> None:
    if self.over:
        self._gathered[index] = host
    else:
        gather(self, index, host)


def never_quiet(self: RoundCall) -> bool:
    return bool(self._gathered)


def does_nothing(self: Any, *arguments: Any) -> None:
    pass


def wakes_nobody(self: AgentActor) -> None:
    self._gathered = None


def puts_off_for_good(self: AgentActor, letter: Letter) -> None:
    if self._gathered is None:
        Hearer.handle(self, letter)
    else:
        self._put_off.append(letter)


def reads_the_newest_first(self: AgentActor, letter: Letter) -> None:
    if self._gathered is None:
        self._put_off.reverse()
    handle(self, letter)


def ends_without_a_word(self: AgentActor) -> None:
    self._gathered = None
    Hearer._end(self)


take_gathered, gather, handle = RoundCall._take_gathered, RoundCall.gather, AgentActor.handle
MUTANTS = {
    "who left is answered for": (RoundCall, "leave", forgets_who_left),
    "nobody hears of who left": (RoundCall, "leave", tells_nobody_who_left),
    "who is answered for still waits": (RoundCall, "_take_gathered", answers_and_keeps),
    "the rest is not answered for": (RoundCall, "answer_rest", does_nothing),
    "who joins too late waits for ever": (RoundCall, "gather", joins_what_is_over),
    "a straggler is waited for": (RoundCall, "answer_if_quiet", never_quiet),
    "nobody looks": (Coordinator, "_look_soon", does_nothing),
    "nobody goes on": (AgentActor, "resume", does_nothing),
    "nobody is woken": (AgentActor, "resume", wakes_nobody),
    "what was put off is not read": (AgentActor, "handle", puts_off_for_good),
    "what was put off is read backwards": (AgentActor, "handle", reads_the_newest_first),
    "who ends says nothing": (AgentActor, "_end", ends_without_a_word),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, method, instead = MUTANTS[mutant]
    monkeypatch.setattr(owner, method, instead)
    assert any(fails(game) for game in GAMES)


def fails(game: str) -> bool:
    play, faults = GAMES[game]
    try:
        simulate(play, seeds=range(60), faults=faults, patience=0)
    except (AssertionError, RuntimeError):
        return True
    return False
