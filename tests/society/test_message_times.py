"""What is said is heard at its time: a round later, at once, or with the next outcome."""

from __future__ import annotations

from typing import Any

from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Ring
from antiphon.tests.society.talking_cast import (
    Speaker,
    counted,
    dispatchers,
    heard,
    in_round,
    quiet,
    society_of,
    step,
    words,
)


@dispatchers
def test_what_receive_says_is_heard_one_round_later(dispatcher: str) -> None:
    def pass_on(message: Any, sender: str, context: Context) -> None:
        if message < 3:
            context.tell_many(["a", "b"], message + 1)

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(
            Speaker, ids=["a"], act=in_round({1: lambda c: c.tell("b", 1)}), receive=pass_on
        )
        society.add(Speaker, ids=["b"], receive=pass_on)
        for _ in range(5):
            step(society)
        assert heard(society, "b") == [(1, "a", 2), (2, "b", 3), (3, "a", 4), (3, "b", 4)]
        assert heard(society, "a") == [(2, "b", 3), (3, "a", 4), (3, "b", 4)]


@dispatchers
def test_what_the_world_outside_says_is_heard_at_once_between_rounds(dispatcher: str) -> None:
    acts = {"a": in_round({1: lambda c: c.tell("b", "inside")}), "b": quiet}
    with society_of(acts, dispatcher=dispatcher) as society:
        society.tell("b", "first of all")
        assert heard(society, "b") == [("first of all", "outside", 1)]
        step(society)
        society.tell("b", 1)
        society.broadcast(2)
        society.tell_many(["b", "a"], 3)
        society.tell_many(["a"], "not for b")
        assert heard(society, "b")[1:] == [(n, "outside", 2) for n in (1, 2, 3)]
        step(society)
        assert heard(society, "b")[4:] == [("inside", "a", 2)]
        assert words(society, "a") == [2, 3, "not for b"]


@dispatchers
def test_what_the_world_outside_says_during_a_round_is_heard_after_it(dispatcher: str) -> None:
    def act(context: Context) -> int:
        society.tell("b", f"during {context.round}")
        context.tell("b", f"in {context.round}")
        return 0

    with society_of({"a": act, "b": quiet}, dispatcher=dispatcher) as society:
        step(society)
        assert heard(society, "b") == [("during 1", "outside", 2)]
        step(society, "b")
        assert heard(society, "b")[1:] == [("in 1", "a", 2)]


@dispatchers
def test_what_is_said_when_an_episode_ends_is_heard_in_the_next(dispatcher: str) -> None:
    class Leaving(Speaker):
        def episode_ended(self, context: Context) -> None:
            context.tell("b", f"bye {context.agent_id}")

    with Society(Ring(length=2), dispatcher=dispatcher, tables=False) as society:
        society.add(Leaving)
        society.run(4)
        # Said after round 2, it goes with the answers of round 3.
        assert heard(society, "b") == [(f"bye {who}", who, 4) for who in "abc"]


@dispatchers
def test_an_answer_to_the_world_outside_comes_with_the_next_outcome(dispatcher: str) -> None:
    def act(context: Context) -> int:
        context.tell("outside", {"round": context.round})
        return 0

    with society_of({"b": act, "a": act}, dispatcher=dispatcher) as society:
        assert step(society).said_to_outside == []
        assert step(society).said_to_outside == [("a", {"round": 1}), ("b", {"round": 1})]
        assert step(society, "a").said_to_outside == [("a", {"round": 2}), ("b", {"round": 2})]
        assert counted(society).held == 0
