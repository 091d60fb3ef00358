"""What an agent answers from is its state at the opening, whoever was called first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.actors.talk.openings import Answers, Openings
from antiphon.errors import StateError


class Counts:
    """An agent whose state is how often it was called, in a list that it goes on changing."""

    def __init__(self) -> None:
        self.state: Any = [0]

    def get_state(self) -> Any:
        return self.state

    def set_state(self, state: Any) -> None:
        self.state = state

    def answer(self, question: Any, sender: str, context: Any) -> Any:
        return self.state


def acts(agent: Counts, openings: Openings, round: int, episode: int = 0) -> None:
    agent.state[0] += 1
    openings.publish(agent, round, episode)


def test_within_a_round_it_is_the_state_before_the_call_of_that_round() -> None:
    agent = Counts()
    openings = Openings("a", agent)
    for round in (1, 2, 3):
        before = openings.at(round)
        acts(agent, openings, round)
        assert openings.at(round) == before == [round - 1]
    assert openings.at(4) == [3]


def test_one_who_was_not_called_answers_from_its_last_call() -> None:
    agent = Counts()
    openings = Openings("a", agent)
    acts(agent, openings, 2)
    assert (openings.at(3), openings.at(9), openings.at(2)) == ([1], [1], [0])
    acts(agent, openings, 9)
    assert (openings.at(9), openings.at(10)) == ([1], [2])


def test_outside_a_round_it_is_the_latest_state() -> None:
    agent = Counts()
    openings = Openings("a", agent)
    assert openings.at(0) == [0]
    acts(agent, openings, 1)
    assert openings.at(0) == [1]


def test_what_is_given_and_what_is_kept_share_nothing() -> None:
    agent = Counts()
    openings = Openings("a", agent)
    acts(agent, openings, 1)
    agent.state[0] = 99
    given = openings.at(2)
    given[0] = 98
    assert openings.at(2) == [1]


def test_the_episode_of_a_state_is_kept_with_it() -> None:
    agent = Counts()
    openings = Openings("a", agent)
    assert openings.episode_at(1) == 0
    acts(agent, openings, 1, episode=1)
    acts(agent, openings, 2, episode=2)
    assert [openings.episode_at(round) for round in (2, 3)] == [1, 2]


@pytest.mark.parametrize("state", [{"gone": object()}, [np.array([None])]])
def test_what_is_no_state_is_refused_and_the_last_one_stays(state: Any) -> None:
    agent = Counts()
    openings = Openings("agent-7", agent)
    acts(agent, openings, 1)
    agent.state = state
    with pytest.raises(StateError, match="agent 'agent-7': state"):
        openings.publish(agent, 2)
    assert openings.at(2) == [1]


def test_an_agent_answers_within_rounds_if_its_state_can_travel() -> None:
    class Mute:
        def answer(self, question: Any, sender: str, context: Any) -> Any: ...

    assert isinstance(Counts(), Answers)
    assert not isinstance(Mute(), Answers)


# One rule taken out


class AnswersFromNow(Openings):
    __slots__ = ()

    def _opening(self, round: int) -> Any:
        return self._states[2]


class AnswersFromTheCallBefore(Openings):
    __slots__ = ()

    def _opening(self, round: int) -> Any:
        return self._states[1]


class HandsOutItsOwn(Openings):
    __slots__ = ()

    def at(self, round: int) -> Any:
        return self._opening(round).state


class KeepsTheAgentsOwn(Openings):
    __slots__ = ()

    def _state_of(self, agent: Answers) -> Any:
        return agent.get_state()


@pytest.mark.parametrize(
    ("mutant", "caught_by"),
    [
        (AnswersFromNow, test_within_a_round_it_is_the_state_before_the_call_of_that_round),
        (AnswersFromTheCallBefore, test_one_who_was_not_called_answers_from_its_last_call),
        (HandsOutItsOwn, test_what_is_given_and_what_is_kept_share_nothing),
        (KeepsTheAgentsOwn, test_what_is_given_and_what_is_kept_share_nothing),
    ],
)
def test_a_rule_taken_out_is_caught(
    mutant: type, caught_by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "Openings", mutant)
    with pytest.raises(AssertionError):
        caught_by()
