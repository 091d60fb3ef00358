"""Who is asked within a round is not disturbed: one like it answers, on the asker's time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.actors.talk import interview
from antiphon.actors.talk.interview import Interviews
from antiphon.errors import AskError, AskTimeoutError, OutboxClosedError
from antiphon.models.agent import Agent, Context, OneMoment
from antiphon.models.outbox import Phase
from antiphon.tests.actors.talk.room import Room


class Mute(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        return 0


def test_the_answer_is_the_same_whoever_was_called_first() -> None:
    answers = []
    for order in ("ab", "ba"):
        room = Room()
        room.enter("a", act=lambda context: context.ask("b", "?"))
        room.enter("b", act=lambda context: context.ask("a", "?"))
        answers.append([{i: room.call(i, round) for i in order} for round in (1, 2, 3)])
    assert answers[0] == answers[1] == [dict.fromkeys("ab", calls) for calls in (0, 1, 2)]


def test_nobody_is_disturbed_by_being_asked() -> None:
    def meddle(agent: Any, question: Any, sender: str, context: Context) -> Any:
        agent.calls = 99
        return float(context.rng.random())

    room = Room()
    room.enter("b", answer=meddle, act=lambda context: float(context.rng.random()))
    undisturbed = Room()
    undisturbed.enter("b", act=lambda context: float(context.rng.random()))
    for _ in range(3):
        room.ask("b")
    assert room.hosts["b"].agent.calls == 0
    assert room.call("b") == undisturbed.call("b")


def test_a_stand_in_is_reset_with_the_agents_own_seed_and_then_given_its_state() -> None:
    seeds = []

    def note(agent: Any, question: Any, sender: str, context: Context) -> Any:
        seeds.append(agent.seed)
        return agent.calls

    room = Room()
    room.enter("b", answer=note)
    room.call("b", 1, episode=0)
    seeds.append(room.hosts["b"].agent.seed)
    assert room.ask("b") == 0
    room.call("b", 2, episode=3)
    seeds.append(room.hosts["b"].agent.seed)
    room.asking = lambda context: context.ask("b", "?")
    assert room.call("asker", 3) == 2
    assert seeds == [seeds[0], seeds[0], seeds[2], seeds[2]]
    assert seeds[0] != seeds[2]


def test_an_answers_chance_is_its_rounds_and_goes_on_within_it() -> None:
    def dice(agent: Any, question: Any, sender: str, context: Context) -> Any:
        return [int(context.rng.integers(10**9)) for _ in range(3)]

    room = Room()
    room.enter("b", "c", answer=dice)
    first = room.ask("b")
    assert len(set(first)) == 3
    assert room.ask("b") == first
    assert room.ask("c") != first
    assert room.call("asker", 2) != room.ask("c")


def test_who_answers_knows_who_asks_and_may_ask_on() -> None:
    def pass_on(agent: Any, question: Any, sender: str, context: Context) -> Any:
        rest = question[1:]
        others = context.ask(rest[0], rest) if rest else ()
        return [(context.agent_id, sender, context.round), *others]

    room = Room()
    room.enter("b", "c", "d", answer=pass_on)
    assert room.ask("b", "bcd") == (("b", "asker", 1), ("c", "b", 1), ("d", "c", 1))


def test_question_and_answer_are_copies_that_nobody_can_change() -> None:
    mutable: dict[str, Any] = {"list": [1], "array": np.arange(3)}
    asked = []

    def keep(agent: Any, question: Any, sender: str, context: Context) -> Any:
        asked.append(question)
        return mutable

    room = Room()
    room.enter("b", answer=keep)
    answer = room.ask("b", mutable)
    mutable["list"].append(2)
    mutable["array"][0] = 9
    for copy in (answer, *asked):
        assert copy["list"] == (1,)
        assert list(copy["array"]) == [0, 1, 2]
        with pytest.raises((TypeError, ValueError)):
            copy["array"][0] = 1


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit("why"), KeyboardInterrupt("why")])
def test_what_the_asked_raises_is_an_error_of_asking(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(agent: Any, question: Any, sender: str, context: Context) -> Any:
        raise error

    monkeypatch.setattr(interview, "is_ctrl_c", lambda error: False)
    room = Room()
    room.enter("b", answer=fail)
    with pytest.raises(AskError, match=f"b raised {type(error).__name__}: why") as caught:
        room.ask("b")
    assert caught.value.__cause__ is error


def test_ctrl_c_while_somebody_answers_is_the_users() -> None:
    def fail(agent: Any, question: Any, sender: str, context: Context) -> Any:
        raise KeyboardInterrupt

    room = Room()
    room.enter("b", answer=fail)
    with pytest.raises(KeyboardInterrupt):
        room.ask("b")


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("nobody", "asks 'nobody', and nobody has this id"),
        ("mute", r"mute cannot be asked within a round: it has to define answer\(\)"),
        ("vague", r"vague raised PayloadError: payload\[\"x\"\]\[1\] must be"),
        ("broken", "broken raised ZeroDivisionError"),
    ],
)
def test_who_cannot_answer_is_named(to: str, words: str) -> None:
    room = Room()
    room.enter("mute", kind=Mute)
    room.enter("vague", answer=lambda *_: {"x": [1, object()]})
    room.enter("broken", answer=lambda *_: 1 // 0)
    with pytest.raises(AskError, match=words):
        room.ask(to)


def test_an_answer_says_nothing_but_itself() -> None:
    refused = []

    def chat(agent: Any, question: Any, sender: str, context: Context) -> Any:
        for say in (
            lambda: context.tell("asker", 1),
            lambda: context.publish("news", 1),
            lambda: context.put("k", 1),
            lambda: context.subscribe("news"),
        ):
            with pytest.raises(OutboxClosedError):
                say()
            refused.append(say)
        return context.said

    room = Room()
    room.enter("b", answer=chat)
    assert room.ask("b") == ()
    assert len(refused) == 4


@pytest.mark.parametrize("phase", list(Phase))
def test_what_is_said_bears_the_phase_in_which_it_is_said(phase: Phase) -> None:
    outbox = Interviews({}).outbox("a", OneMoment(3, phase=phase, first=2, cause="b:2:act:0"))
    outbox.tell("b", "word")
    (parcel,) = outbox.take()
    assert parcel[:4] == ("a", 3, phase, 2)
    assert parcel.cause == "b:2:act:0"


def test_no_time_left_is_no_question_and_an_answer_out_of_time_is_none() -> None:
    def take(agent: Any, seconds: float, sender: str, context: Context) -> Any:
        room.clock.advance(seconds)
        return seconds

    room = Room()
    room.enter("b", answer=take)
    assert room.ask("b", 1.0, timeout=1.0) == 1.0
    with pytest.raises(AskTimeoutError, match="b did not answer within 1 s"):
        room.ask("b", 1.5, timeout=1.0)
    for none in (0.0, -1.0, float("nan")):
        made = room.made
        with pytest.raises(AskTimeoutError, match="asker has no time left to ask b"):
            room.ask("b", 0.0, timeout=none)
        assert room.made == made


def test_who_asks_on_has_the_time_that_the_asker_has_left() -> None:
    left = []

    def note(agent: Any, question: Any, sender: str, context: Context) -> Any:
        left.append(context.time_left())
        room.clock.advance(1.0)
        return context.ask("c", "?") if context.agent_id == "b" else 0

    room = Room()
    room.enter("b", "c", answer=note)
    room.ask("b", timeout=5.0)
    assert left == [5.0, 4.0]
    room.asking = lambda context: context.ask("b", "?")
    with pytest.raises(AskError, match="b raised AskTimeoutError"):
        room.call("asker", deadline=room.clock.now() + 1.0)


def test_in_a_round_without_a_deadline_each_has_the_timeout_from_its_start() -> None:
    left: list[float] = []
    room = Room()
    room.enter("b", answer=lambda agent, q, s, context: left.append(context.time_left()))
    room.ask("b")
    room.call("asker", deadline=None, timeout=3.0)
    assert left[1:] == [3.0]
