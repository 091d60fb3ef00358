"""The contract checks: what we ship keeps them, and every rule has somebody who breaks it."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pytest
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.messages import Deliver, EpisodeEnded, Perceive, Question
from antiphon.models.agent import Agent, Context, Place
from antiphon.models.random_agent import RandomAgent
from antiphon.testing import RecordingCall, RecordingRef, check_actor, check_agent
from gymnasium.spaces import Box, Discrete

PLACE = Place("agent-1", None, Box(0.0, 1.0, (3,), np.float64), Discrete(5))
FUSE = 0.3
"""Seconds after which a host that never answers is caught."""


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


# Hosts


def test_our_host_keeps_its_contract() -> None:
    check_actor(AgentActor)


class Noisy(AgentActor):
    """A host of another kind: it may think of its own, and still keeps the contract."""

    def decide(self, observation: Any, context: Context) -> Any:
        return self.agent.act(observation, context) + 1


def test_a_host_that_decides_otherwise_keeps_it_too() -> None:
    check_actor(Noisy)


class WantsMore(AgentActor):
    def __init__(self, seat: Seat, more: int) -> None:
        super().__init__(seat)


class MakesItsAgentTooEarly(AgentActor):
    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.agent = seat.create()

    def on_start(self) -> None:
        pass


class MakesTwoAgents(AgentActor):
    def on_start(self) -> None:
        super().on_start()
        self.spare = self.seat.create()


class FailsToStart(AgentActor):
    def on_start(self) -> None:
        raise SystemExit("no")


class Perceiver(AgentActor):
    """A base for bad hosts: what happens to a call is all in ``perceive``."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Perceive):
            return self.perceive(message)
        return super().on_receive(message)

    def perceive(self, message: Perceive) -> None:
        super().on_receive(message)


class NeverAnswers(Perceiver):
    def perceive(self, message: Perceive) -> None:
        pass


class AnswersTwice(Perceiver):
    def perceive(self, message: Perceive) -> None:
        super().perceive(message)
        super().perceive(message)


class AnswersForItsNeighbour(Perceiver):
    def perceive(self, message: Perceive) -> None:
        call = message.reply_to
        action = self.agent.act(call.observation_of(0), Context.at(call, self))
        message.reply_to.accept(0, action, self.clock.now(), self.clock.now())


class TellsNoTime(Perceiver):
    def perceive(self, message: Perceive) -> None:
        context = Context.at(message.reply_to, self)
        message.reply_to.accept(message.index, self.agent.act(None, context), 0.0, 0.0)


class ForgetsWhatWasLived(AgentActor):
    def decide(self, observation: Any, context: Context) -> Any:
        return self.agent.act(observation, Context(context.agent_id))


class HidesCrashes(AgentActor):
    def decide(self, observation: Any, context: Context) -> Any:
        try:
            return self.agent.act(observation, context)
        except ValueError:
            return 0


class DiesOfSystemExit(AgentActor):
    def handle(self, letter: Any) -> None:
        if isinstance(letter.message, Perceive) and isinstance(self.agent.raises, SystemExit):  # type: ignore[attr-defined]
            self.actor_stopped.set()
        super().handle(letter)


class MakesAnotherAgentAfterACrash(AgentActor):
    def decide(self, observation: Any, context: Context) -> Any:
        try:
            return self.agent.act(observation, context)
        except ValueError:
            self.agent = self.seat.create()
            raise


class ReadsExpiredCalls(Perceiver):
    def perceive(self, message: Perceive) -> None:
        context = Context.at(message.reply_to, self)
        self._enter_episode(message.reply_to.episode)
        started = self.clock.now()
        try:
            action = self.agent.act(message.reply_to.observation_of(0), context)
        except ValueError as error:
            message.reply_to.fail(message.index, error, started, self.clock.now())
        else:
            message.reply_to.accept(message.index, action, started, self.clock.now())


class NeverResets(AgentActor):
    def _enter_episode(self, episode: int) -> None:
        pass


class ResetsEveryRound(AgentActor):
    def _enter_episode(self, episode: int) -> None:
        self.agent.reset(self._seed_of(episode))


class Mute(AgentActor):
    def on_receive(self, message: Any) -> Any:
        return None if isinstance(message, Question) else super().on_receive(message)


class Deaf(AgentActor):
    def on_receive(self, message: Any) -> Any:
        return None if isinstance(message, Deliver) else super().on_receive(message)


class MissesTheEnd(AgentActor):
    def on_receive(self, message: Any) -> Any:
        return None if isinstance(message, EpisodeEnded) else super().on_receive(message)


class LosesItsMail(AgentActor):
    def on_stop(self) -> None:
        self.actor_inbox.letters = deque(maxlen=0)


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        (Agent, "a host is a subclass of AgentActor"),
        (WantsMore, "a host starts from a seat alone"),
        (FailsToStart, "a host starts from a seat alone"),
        (MakesItsAgentTooEarly, "made on the actor's own thread"),
        (MakesTwoAgents, "makes one agent"),
        (NeverAnswers, "exactly one outcome: none within"),
        (AnswersTwice, "exactly one outcome: there were accept, accept"),
        (AnswersForItsNeighbour, "the member's own slot"),
        (TellsNoTime, "started and finished are the clock's"),
        (ForgetsWhatWasLived, "hears its experiences once"),
        (HidesCrashes, "what act raises is its outcome"),
        (DiesOfSystemExit, "after a crash the same agent goes on"),
        (MakesAnotherAgentAfterACrash, "after a crash the same agent goes on"),
        (ReadsExpiredCalls, "an expired call is dropped unread"),
        (NeverResets, "each episode is one reset"),
        (ResetsEveryRound, "each episode is one reset"),
        (Mute, "questions reach answer"),
        (Deaf, "messages reach receive"),
        (MissesTheEnd, "reaches episode_ended"),
        (LosesItsMail, "calls to a stopped host are lost"),
    ],
)
def test_a_host_that_breaks_a_rule_is_named_with_it(host: type[AgentActor], rule: str) -> None:
    with pytest.raises(AssertionError, match=f"{host.__name__}: .*{rule}"):
        check_actor(host, timeout=FUSE)


def test_a_host_that_will_not_stop_is_named_with_it() -> None:
    let_go = threading.Event()

    class WillNotStop(AgentActor):
        def on_stop(self) -> None:
            let_go.wait()

    with pytest.raises(AssertionError, match=r"WillNotStop: a host stops within 0\.1 s"):
        check_actor(WillNotStop, timeout=0.1)
    let_go.set()


# What records


def test_a_recording_ref_keeps_what_it_was_told_in_order() -> None:
    ref = RecordingRef("agent-1")
    for message in (1, "two", 3):
        ref.tell(message)
    assert ref.of(int) == [1, 3]
    assert ref.take() == [1, "two", 3]
    assert ref.told == []


def test_a_recording_call_keeps_duplicates() -> None:
    call = RecordingCall(round=4)
    assert not call.wait_answered(0.0)
    error = ValueError()
    answers: list[Callable[[], None]] = [
        lambda: call.accept(0, 7, 1.0, 2.0),
        lambda: call.fail(0, error, 1.0, 2.0),
        lambda: call.lose(1, error),
        lambda: call.skip(2),
    ]
    for answer in answers:
        answer()
    assert call.wait_answered(0.0)
    assert [(a.index, a.how, a.value) for a in call.answers] == [
        (0, "accept", 7),
        (0, "fail", error),
        (1, "lose", error),
        (2, "skip", None),
    ]
