"""Questions within a round: answered from the state at its opening, in no ring, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from antiphon.clock import SystemClock
from antiphon.errors import AskDeadlockError, AskError, OutboxClosedError
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import (
    ALL,
    NO_ANSWER,
    NO_ANSWERS,
    Act,
    Speaker,
    Stateful,
    quiet,
    step,
)

pytestmark = pytest.mark.alone

dispatchers = pytest.mark.parametrize("dispatcher", ALL)
Answer = Callable[[Any, str, Context], Any]


class Counting(Stateful):
    """Has a number that each of its acts raises; answers with it unless told otherwise."""

    number = 0

    def act(self, observation: Any, context: Context) -> Any:
        action = super().act(observation, context)
        self.number += 1
        return action

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return self.number if self._answer is None else self._answer(question, sender, context)

    def get_state(self) -> Any:
        return {"number": self.number}

    def set_state(self, state: Any) -> None:
        self.number = state["number"]


def asks(to: str, question: Any = "?") -> Act:
    return lambda context: context.ask(to, question)


def found(acts: dict[str, Act], answer: Answer | None = None, **settings: Any) -> Society:
    society = Society(**{"timeout": FUSE, **settings})
    for agent_id, act in acts.items():
        society.add(Counting, ids=[agent_id], act=act, answer=answer)
    return society


@dispatchers
@pytest.mark.parametrize("batch_size", [None, 1])
def test_it_is_answered_from_the_state_after_the_last_call_before_the_round(
    dispatcher: str, batch_size: int | None
) -> None:
    # Whoever is called first or last: all see everybody as they were.
    acts = {"c": asks("a"), "a": asks("b"), "b": asks("c")}
    with found(acts, dispatcher=dispatcher, batch_size=batch_size) as society:
        for round in (1, 2, 3):
            assert step(society).actions == dict.fromkeys("abc", round - 1)
        assert step(society, "a").actions == {"a": 3}
        # Only a was called in round 4.
        assert step(society).actions == {"a": 3, "b": 3, "c": 4}


@dispatchers
def test_who_is_asked_may_ask_on(dispatcher: str) -> None:
    def pass_on(question: Any, sender: str, context: Context) -> Any:
        if not question:
            return [context.agent_id]
        return [context.agent_id, *context.ask(question[0], question[1:])]

    with found(
        {"a": asks("b", "cd"), "b": quiet, "c": quiet, "d": quiet}, pass_on, dispatcher=dispatcher
    ) as society:
        assert step(society).actions["a"] == ("b", "c", "d")


@dispatchers
def test_nobody_is_disturbed_by_a_question(dispatcher: str) -> None:
    def meddle(question: Any, sender: str, context: Context) -> Any:
        context.rng.random(99)
        return 0

    def roll(context: Context) -> int:
        return int(context.rng.integers(10**9))

    rolled = []
    for curious in (quiet, asks("b")):
        acts = {"a": curious, "b": roll, "c": curious}
        with found(acts, meddle, dispatcher=dispatcher) as society:
            rolled.append([step(society).actions["b"] for _ in range(5)])
    assert rolled[0] == rolled[1]


@dispatchers
def test_what_is_heard_before_a_round_is_answered_from_in_the_next(dispatcher: str) -> None:
    class Ears(Stateful):
        def answer(self, question: Any, sender: str, context: Context) -> Any:
            return len(self.heard)

    def tell_and_ask(context: Context) -> Any:
        context.tell("b", "word")
        return context.ask("b", "how many?")

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Ears, ids=["a"], act=tell_and_ask)
        society.add(Ears, ids=["b"])
        assert [step(society).actions["a"] for _ in range(4)] == [0, 0, 1, 2]


@dispatchers
def test_an_act_that_raised_leaves_no_state_to_answer_from(dispatcher: str) -> None:
    def crash(context: Context) -> int:
        if context.round == 2:
            raise ValueError("why")
        return 0

    with found({"a": asks("b"), "b": crash}, dispatcher=dispatcher) as society:
        assert [step(society).actions["a"] for _ in range(4)] == [0, 1, 1, 2]


@dispatchers
def test_a_question_from_an_answer_to_the_world_outside_is_answered_too(dispatcher: str) -> None:
    acts = {"a": quiet, "b": quiet}
    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, ids=["a"])
        society.add(Counting, ids=["b"], act=acts["b"])
        for round in range(3):
            assert society.ask("a", lambda context: context.ask("b", "?"), timeout=FUSE) == round
            step(society)


def caught_by(ask: Act) -> Act:
    """Give the path of the ring, and its error's words."""

    def act(context: Context) -> Any:
        with pytest.raises(AskDeadlockError) as caught:
            ask(context)
        assert " -> ".join(caught.value.path) in str(caught.value)
        return list(caught.value.path)

    return act


def ring(size: int) -> dict[str, str]:
    names = [f"r{n}" for n in range(size)]
    return dict(zip(names, names[1:] + names[:1], strict=True))


def refused_ring(dispatcher: str, size: int, delivery: str) -> tuple[list[str], list[float]]:
    """Have the first of a ring ask; give the path that is refused, and how long that took."""
    following, took = ring(size), []
    now = SystemClock().now

    def on(question: Any, sender: str, context: Context) -> Any:
        started = now()
        try:
            return context.ask(following[context.agent_id], question)
        except AskDeadlockError:
            if context.agent_id == f"r{size - 1}":
                took.append(now() - started)
            raise

    def begin(context: Context) -> Any:
        return caught_by(lambda context: on("?", "", context))(context)

    acts = {"r0": begin, **dict.fromkeys(list(following)[1:], quiet)}
    with found(acts, on, dispatcher=dispatcher, delivery=delivery) as society:
        outcome = step(society)
        assert outcome.counts == {"acted": size}, outcome.errors
        return list(outcome.actions["r0"]), took


@dispatchers
@pytest.mark.parametrize("size", [1, 2, 3, 200])
def test_a_ring_is_refused_with_its_path_in_under_fifty_milliseconds(
    size: int, dispatcher: str
) -> None:
    path, (took,) = refused_ring(dispatcher, size, "ordered")
    assert path == [f"r{size - 1}", *ring(size)]
    assert took < 0.05


@dispatchers
def test_two_that_ask_each_other_in_their_acts_are_no_ring(dispatcher: str) -> None:
    with found({"a": asks("b"), "b": asks("a")}, dispatcher=dispatcher) as society:
        assert step(society).actions == {"a": 0, "b": 0}


@dispatchers
@pytest.mark.parametrize(
    ("to", "words"),
    [
        *NO_ANSWER,
        ("stateless", "stateless cannot be asked within a round: it has to define answer"),
    ],
)
def test_who_cannot_answer_is_an_error_that_names_it(to: str, words: str, dispatcher: str) -> None:
    def answer(question: Any, sender: str, context: Context) -> Any:
        return NO_ANSWERS[context.agent_id](context)

    def act(context: Context) -> int:
        with pytest.raises(AskError, match=words):
            context.ask(to, "?")
        return 0

    acts = {"a": act, **dict.fromkeys(NO_ANSWERS, quiet)}
    with found(acts, answer, dispatcher=dispatcher) as society:
        society.add(Speaker, ids=["stateless"])
        assert step(society).counts == {"acted": 6}


@dispatchers
def test_an_error_that_the_asker_lets_go_is_its_own_crash(dispatcher: str) -> None:
    with found({"a": asks("a"), "b": asks("nobody")}, dispatcher=dispatcher) as society:
        outcome = step(society)
        assert outcome.counts == {"crashed": 2}
        assert isinstance(outcome.errors["a"], AskDeadlockError)
        assert type(outcome.errors["b"]) is AskError


@dispatchers
def test_an_answer_to_the_world_outside_tells_nobody_anything(dispatcher: str) -> None:
    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, ids=["a"])
        with pytest.raises(AskError, match="a raised OutboxClosedError") as caught:
            society.ask("a", lambda context: context.broadcast(1), timeout=FUSE)
        assert isinstance(caught.value.__cause__, OutboxClosedError)
