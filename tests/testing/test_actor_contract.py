"""The contract check of hosts passes ours, and names whoever breaks a rule with it."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.messages import Deliver, EpisodeEnded, Perceive, Question
from antiphon.models.agent import Agent, Context
from antiphon.testing import check_actor

FUSE = 0.3
"""Seconds after which a host that never answers is caught."""


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


class RaisesByItself(AgentActor):
    def decide(self, observation: Any, context: Context) -> Any:
        raise RuntimeError("boom")


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
        (RaisesByItself, "handed to the round: it raised RuntimeError: boom"),
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

    try:
        with pytest.raises(AssertionError, match=r"WillNotStop: .*a host stops within 0\.1 s"):
            check_actor(WillNotStop, timeout=0.1)
    finally:
        let_go.set()


def test_what_a_host_raises_is_chained_to_its_breach() -> None:
    with pytest.raises(AssertionError) as breach:
        check_actor(RaisesByItself, timeout=FUSE)
    assert isinstance(breach.value.__cause__, RuntimeError)
