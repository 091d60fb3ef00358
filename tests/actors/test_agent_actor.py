"""The host by hand: never started, its messages handled one by one on a clock we move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.future import Future
from antiphon.actors.mailbox import Letter
from antiphon.actors.messages import Deliver, EpisodeEnded, Perceive, Question
from antiphon.clock import ManualClock
from antiphon.errors import AskError
from antiphon.models.agent import Agent, Context
from antiphon.models.experience import Experience
from antiphon.testing import RecordingCall


class Diary(Agent):
    """Writes down what it is told; acts by what it sees, if that can be called."""

    def __init__(self) -> None:
        self.seeds: list[int | None] = []
        self.contexts: list[Context] = []
        self.heard: list[Any] = []

    def reset(self, seed: int | None = None) -> None:
        self.seeds.append(seed)

    def act(self, observation: Any, context: Context) -> Any:
        self.contexts.append(context)
        return observation() if callable(observation) else observation

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append((message, sender, context.round))

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return (question, sender)

    def episode_ended(self, context: Context) -> None:
        self.heard.append(context.previous)


class Mute(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        return 0


def lived(round: int) -> Experience:
    return Experience(round, None, 1, 1, "acted", 1.0, False, False)


class Desk:
    def __init__(self, make: Callable[[], Agent] = Diary, agent_id: str = "agent-1") -> None:
        self.clock = ManualClock(100.0)
        self.host = AgentActor(Seat(agent_id, make, seed=7, clock=self.clock))
        self.host.on_start()

    @property
    def agent(self) -> Any:
        return self.host.agent

    def call(self, seen: Any = 0, *, lived: tuple[Experience, ...] = (), **options: Any) -> Any:
        """Call it by hand; give the one answer."""
        call = RecordingCall(observation=seen, experiences=lived, **options)
        self.host.handle(Letter(Perceive(call, 2)))
        (answer,) = call.answers
        return answer

    def hear(self, message: Any) -> Any:
        answer: Future[Any] = Future()
        self.host.handle(Letter(message, answer))
        return answer.get(timeout=0)


def test_an_observation_becomes_an_action_in_the_members_slot() -> None:
    desk = Desk()

    def act() -> str:
        desk.clock.advance(0.25)
        return "left"

    answer = desk.call(act, deadline=101.0)
    assert (answer.index, answer.how, answer.value) == (2, "accept", "left")
    assert (answer.started, answer.finished) == (100.0, 100.25)


def test_the_context_tells_round_deadline_and_what_was_lived() -> None:
    desk = Desk()
    desk.call(lived=(lived(1), lived(2), lived(3)), round=4, deadline=101.5)
    (context,) = desk.agent.contexts
    assert (context.agent_id, context.round, context.deadline) == ("agent-1", 4, 101.5)
    assert (context.previous, context.missed) == (lived(3), (lived(1), lived(2)))
    assert context.time_left() == 1.5


def test_without_a_common_deadline_it_has_the_timeout_from_its_own_start() -> None:
    desk = Desk()
    desk.clock.advance(50)
    desk.call(deadline=None, timeout=2.0)
    assert desk.agent.contexts[0].deadline == 152.0


@pytest.mark.parametrize("options", [{"deadline": 100.0}, {"deadline": 99.0}, {"over": True}])
def test_an_expired_call_is_dropped_unread(options: dict[str, Any]) -> None:
    desk = Desk()
    assert desk.call(**options).how == "skip"
    assert desk.agent.contexts == []


def test_what_the_agent_raises_goes_to_the_round_and_the_same_agent_goes_on() -> None:
    desk, error = Desk(), ValueError("why")

    def crash() -> None:
        raise error

    agent = desk.agent
    answer = desk.call(crash)
    assert (answer.how, answer.value, answer.started) == ("fail", error, 100.0)
    assert desk.call(5).value == 5
    assert desk.agent is agent


def test_each_episode_is_one_reset_with_a_seed_of_its_own() -> None:
    desk = Desk()
    for episode in (0, 0, 1, 1, 3):
        desk.call(episode=episode)
    assert len(desk.agent.seeds) == len(set(desk.agent.seeds)) == 3


def test_a_reset_that_raises_is_a_crash_and_tried_again() -> None:
    class Stubborn(Diary):
        def reset(self, seed: int | None = None) -> None:
            super().reset(seed)
            if len(self.seeds) == 2:
                raise RuntimeError("not yet")

    desk = Desk(Stubborn)
    assert desk.call(episode=1).how == "fail"
    assert desk.call(episode=1).how == "accept"
    assert desk.agent.seeds[1] == desk.agent.seeds[2]


def test_seeds_are_the_agents_own() -> None:
    assert Desk().agent.seeds == Desk().agent.seeds
    assert Desk().agent.seeds != Desk(agent_id="agent-2").agent.seeds


def test_the_random_stream_goes_on_from_call_to_call_and_belongs_to_the_id() -> None:
    def draws(desk: Desk) -> list[float]:
        desk.call()
        desk.call()
        return [context.rng.random() for context in desk.agent.contexts]

    one, other = draws(Desk()), draws(Desk(agent_id="agent-2"))
    assert one == draws(Desk())
    assert one[0] != one[1]
    assert one != other


def test_messages_reach_receive_and_questions_reach_answer() -> None:
    desk = Desk()
    desk.hear(Deliver(3, {"offer": 2}, "agent-2"))
    assert desk.agent.heard == [({"offer": 2}, "agent-2", 3)]
    assert desk.hear(Question("how much", "outside")) == ("how much", "outside")


def test_the_end_of_an_episode_reaches_who_wants_to_hear_it() -> None:
    desk = Desk()
    desk.hear(EpisodeEnded(3, (lived(2), lived(3))))
    assert desk.agent.heard == [lived(3)]
    Desk(Mute).hear(EpisodeEnded(3, (lived(3),)))


@pytest.mark.parametrize(
    ("message", "kind", "why"),
    [
        (Question("hello", "outside"), AskError, "answers no questions"),
        ("hello", TypeError, "takes no str"),
    ],
)
def test_what_an_agent_does_not_take_is_a_typed_error_that_names_it(
    message: Any, kind: type[Exception], why: str
) -> None:
    with pytest.raises(kind, match=f"agent-1 {why}"):
        Desk(Mute).hear(message)


def test_a_message_that_raises_leaves_the_agent_in_its_place() -> None:
    class Touchy(Diary):
        def receive(self, message: Any, sender: str, context: Context) -> None:
            raise SystemExit(message)

    desk = Desk(Touchy)
    desk.host.handle(Letter(Deliver(1, "out", "outside")))
    assert desk.call(1).how == "accept"


def test_a_host_of_another_kind_decides_by_itself() -> None:
    class Doubling(AgentActor):
        def decide(self, observation: Any, context: Context) -> Any:
            return 2 * super().decide(observation, context)

    host = Doubling(Seat("agent-1", Diary))
    host.on_start()
    call = RecordingCall(observation=np.float64(4))
    host.handle(Letter(Perceive(call, 0)))
    assert call.answers[0].value == 8
