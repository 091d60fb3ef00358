"""What cannot be said: too much, no plain value, to nobody, or when the call is over."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from antiphon.errors import OutboxClosedError, PayloadError
from antiphon.models.agent import Context
from antiphon.models.outbox import Kind
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE
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
def test_a_flood_displaces_nobody(dispatcher: str) -> None:
    def flood(context: Context) -> int:
        for n in range(2_000):
            context.tell("hub", n)
            context.broadcast(n)
        return 0

    def modest(context: Context) -> int:
        context.tell("hub", context.round)
        return 0

    names = [f"m{n}" for n in range(9)]
    acts = {"aaa": flood, "hub": quiet, **dict.fromkeys(names, modest)}
    with society_of(
        acts, dispatcher=dispatcher, heard_per_sender=50, heard_per_round=40
    ) as society:
        for _ in range(4):
            step(society)
        told = heard(society, "hub")
        assert len(told) == 3 * 40
        for name in names:
            assert [message for message, sender, _ in told if sender == name] == [1, 2, 3]
        assert len(heard(society, "m0")) == 3 * 40
        dead = counted(society).exchange.dead
        assert dead["sender_floods"] == 3 * (4_000 - 50 + 9 * (2_000 - 50))
        assert dead["receiver_flooded"] == 3 * (50 + 9 - 40 + 9 * 10)


@dispatchers
def test_what_cannot_be_said_is_the_senders_error_and_names_the_place(dispatcher: str) -> None:
    caught = []

    def careful(context: Context) -> int:
        with pytest.raises(PayloadError) as error:
            context.tell("b", {"offer": [1, object()]})
        caught.append(str(error.value))
        context.tell("b", "well said")
        return 0

    def careless(context: Context) -> int:
        context.tell("b", {"bid": float("nan")})
        return 0

    acts = {"a": careful, "b": quiet, "c": careless}
    with society_of(acts, dispatcher=dispatcher) as society:
        outcome = step(society)
        assert outcome.status == {"a": "acted", "b": "acted", "c": "crashed"}
        assert 'payload["bid"] must be finite, got nan' in str(outcome.errors["c"])
        step(society, "b")
        assert words(society, "b") == ["well said"]
    assert len(caught) == 1
    assert caught[0].startswith('payload["offer"][1] must be None, a bool')


@dispatchers
def test_what_is_heard_is_a_copy_that_nobody_can_change(dispatcher: str) -> None:
    bid: dict[str, Any] = {"list": [1], "array": np.arange(3)}

    def act(context: Context) -> int:
        context.tell_many(["a", "b"], bid)
        bid["list"].append(2)
        bid["array"][0] = 9
        return 0

    with society_of({"a": quiet, "b": quiet, "z": act}, dispatcher=dispatcher) as society:
        step(society)
        step(society, "a", "b")
        for who in "ab":
            (told,) = words(society, who)
            assert told["list"] == (1,)
            assert list(told["array"]) == [0, 1, 2]
            with pytest.raises(TypeError):
                told["list"] = 1
            with pytest.raises(ValueError, match="read-only"):
                told["array"][0] = 1


def test_who_is_unknown_is_warned_of_once_a_round_and_all_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)

    def act(context: Context) -> int:
        context.tell("ghost", 1)
        context.tell_many(["spook", "b", "phantom"], 2)
        return 0

    with society_of({"a": act, "b": quiet, "c": act}, dispatcher="inline") as society:
        for _ in range(3):
            step(society)
        assert words(society, "b") == [2] * 4
        assert counted(society).exchange.dead == {"unknown": 2 * 2 * 3}
    assert caplog.text.count("event=messages.undelivered") == 2


@dispatchers
def test_a_context_speaks_during_its_own_call_alone(dispatcher: str) -> None:
    kept: list[Context] = []

    def act(context: Context) -> int:
        kept.append(context)
        if context.round == 2:
            context.tell("b", "of this call")
            kept[0].tell("b", "of the last")
        return 0

    with society_of({"a": act, "b": quiet}, dispatcher=dispatcher) as society:
        step(society)
        outcome = step(society)
        assert isinstance(outcome.errors["a"], OutboxClosedError)
        assert "and that of round 1 is over" in str(outcome.errors["a"])
        step(society)
        assert words(society, "b") == []


@dispatchers
def test_what_is_said_outside_the_rounds_is_refused_or_waits_for_the_next_answer(
    dispatcher: str,
) -> None:
    def receive(message: Any, sender: str, context: Context) -> None:
        context.tell("b", f"{message} in {context.round}")

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, ids=["a"], receive=receive)
        society.add(Speaker, ids=["b"])
        step(society)
        society.tell("a", "told")
        with pytest.raises(Exception, match="a context speaks during its own call alone"):
            society.ask("a", lambda context: context.tell("b", "answered"), timeout=FUSE)
        step(society, "b")
        assert words(society, "b") == []
        step(society, "a")
        step(society, "b")
        assert heard(society, "b") == [("told in 2", "a", 4)]


def test_an_agent_called_by_hand_says_it_to_its_context() -> None:
    context = Context("a", round=3)
    speaker = Speaker(
        in_round({3: lambda c: (c.tell("b", [1]), c.publish("news", 2), c.put("k", 3))})
    )
    assert context.said == ()
    assert speaker.act(None, context) == 0
    assert [(p.kind, p.name, p.targets, p.payload) for p in context.said] == [
        (Kind.TELL, "", ("b",), (1,)),
        (Kind.PUBLISH, "news", (), 2),
        (Kind.PUT, "k", (), 3),
    ]
    assert [p.id for p in context.said] == [f"a:3:act:{n}" for n in range(3)]
    assert dict(context.shared) == {}
    with pytest.raises(Exception, match="a is called by hand, and there is no b to ask"):
        context.ask("b", "?")
