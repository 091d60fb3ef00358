"""The contract check of agents passes ours, and names whoever breaks a rule with it."""

from __future__ import annotations

import random
from typing import Any, Self

import numpy as np
import pytest
from antiphon.models.agent import Agent, Context, Place
from antiphon.models.random_agent import RandomAgent
from antiphon.testing import check_agent
from gymnasium.spaces import Box, Discrete

PLACE = Place("agent-1", None, Box(0.0, 1.0, (3,), np.float64), Discrete(5))


class Counter(Agent):
    """Keeps the whole contract: state, questions, messages."""

    def __init__(self) -> None:
        self.count = 0
        self.values = np.zeros(2)

    def reset(self, seed: int | None = None) -> None:
        self.count = (seed or 0) % 5

    def act(self, observation: Any, context: Context) -> Any:
        self.count = (self.count + int(context.rng.integers(5))) % 5
        self.values = self.values + 1
        return self.count

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.count += 1

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return self.count

    def episode_ended(self, context: Context) -> None:
        pass

    def get_state(self) -> dict[str, Any]:
        return {"count": self.count, "values": self.values, "pair": (1, None)}

    def set_state(self, state: dict[str, Any]) -> None:
        self.count = state["count"]
        self.values = state["values"]


@pytest.mark.parametrize("kind", [Counter, RandomAgent])
def test_what_keeps_the_contract_passes(kind: type[Agent]) -> None:
    check_agent(kind, place=PLACE)


def test_a_factory_and_given_observations_do_as_well() -> None:
    check_agent(Counter, observations=[None, 1])
    check_agent(lambda: Counter(), observations=[{"seen": np.ones(2)}])  # noqa: PLW0108  a factory that is no type


def test_without_observations_there_must_be_a_space() -> None:
    with pytest.raises(ValueError, match="observation space"):
        check_agent(Counter)


class Actless(Agent):
    pass


class Unmakeable(Counter):
    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        raise RuntimeError("no")


class Raises(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        raise RuntimeError("no")


class RaisesLater(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        self.values[5 if self.values[0] > 20 else 0] += 1
        return 0


class WritesIntoItsObservation(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        observation[0] = 0.0
        return 0


class OutsideItsSpace(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        return 5


class OfAWrongType(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        return object()


class ResetWithoutSeed(Counter):
    def reset(self) -> None:  # type: ignore[override]
        pass


class ResetNeedsASeed(Counter):
    def reset(self, seed: int) -> None:  # type: ignore[override]
        pass


class Unseeded(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        return random.randrange(5)


class UnseededByNumpy(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        return int(np.random.default_rng().integers(5))


class OneEpisodeOnly(Counter):
    def reset(self, seed: int | None = None) -> None:
        if self.values[0]:
            raise RuntimeError("twice")


class DeafToSenders(Counter):
    def receive(self, message: Any, context: Context) -> None:  # type: ignore[override]
        pass


class EndlessEpisode(Counter):
    def episode_ended(self) -> None:  # type: ignore[override]
        pass


class Unmoved(Counter):
    def agent_died(self, agent_id: str) -> None:
        pass


class NoWayBack(Counter):
    set_state = None  # type: ignore[assignment]


class ForgetsState(Counter):
    def set_state(self, state: dict[str, Any]) -> None:
        pass


class ForgetsWhatItHides(Counter):
    hidden = 0

    def act(self, observation: Any, context: Context) -> Any:
        self.hidden += 1
        return self.hidden % 5

    def get_state(self) -> dict[str, Any]:
        return {"count": 0, "values": np.zeros(2)}


class HandsOutItsOwnArray(Counter):
    def act(self, observation: Any, context: Context) -> Any:
        self.values += 1
        return 0


class KeysThatAreNoJson(Counter):
    def get_state(self) -> dict[Any, Any]:
        return {1: 2}


class ObjectsInItsState(Counter):
    def get_state(self) -> dict[str, Any]:
        return {"self": np.array([self])}


class AnswersByActing(Counter):
    def answer(self, question: Any, sender: str, context: Context) -> Any:
        self.count += 1


class AnswersBySecretlyActing(Counter):
    get_state = set_state = None  # type: ignore[assignment]

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        self.count += 1
        raise RuntimeError("and refuses")


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Actless, "act is required"),
        (Unmakeable, "can be made"),
        (Raises, "act answers every observation"),
        (RaisesLater, "act answers every observation"),
        (WritesIntoItsObservation, "act answers every observation"),
        (OutsideItsSpace, "in its space"),
        (OfAWrongType, "in its space"),
        (ResetWithoutSeed, "reset takes a seed"),
        (ResetNeedsASeed, "reset takes a seed, and none"),
        (Unseeded, "equal seeds give equal actions"),
        (UnseededByNumpy, "equal seeds give equal actions"),
        (OneEpisodeOnly, "reset takes a seed, and none"),
        (DeafToSenders, "receive takes 3 arguments"),
        (EndlessEpisode, "episode_ended takes 1 arguments"),
        (Unmoved, "agent_died takes 3 arguments"),
        (NoWayBack, "get_state and set_state come together"),
        (ForgetsState, "goes on exactly as the other"),
        (ForgetsWhatItHides, "goes on exactly as the other"),
        (HandsOutItsOwnArray, "does not go on changing"),
        (KeysThatAreNoJson, "JSON values and arrays"),
        (ObjectsInItsState, "JSON values and arrays"),
        (AnswersByActing, "answer changes nothing"),
        (AnswersBySecretlyActing, "answer changes nothing"),
    ],
)
def test_an_agent_that_breaks_a_rule_is_named_with_it(kind: type[Agent], rule: str) -> None:
    with pytest.raises(AssertionError, match=f"{kind.__name__}: .*{rule}"):
        check_agent(kind, place=PLACE)


def test_an_action_that_no_trace_can_hold_is_caught_without_a_space() -> None:
    with pytest.raises(AssertionError, match="an action is a JSON value or an array"):
        check_agent(OfAWrongType, observations=[0])
