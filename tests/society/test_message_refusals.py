"""What is said in a call that fails, is rejected or comes late is heard by nobody."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.talk.mail import Refused
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE, Ring
from antiphon.tests.society.talking_cast import (
    THREADS,
    Speaker,
    Stateful,
    counted,
    dispatchers,
    heard,
    in_round,
    quiet,
    society_of,
    step,
    words,
)


def misbehave(how: str, clock: ManualClock) -> Any:
    def act(context: Context) -> Any:
        if context.round != 2:
            return 0
        context.tell("b", how)
        context.subscribe("news")
        if how == "crashed":
            raise ValueError("why")
        if how == "late":
            clock.advance(99.0)
        return 99

    return act


def check_that_nobody_hears(how: str, dispatcher: str) -> None:
    """What is said in an act that crashes, is rejected or late is heard by nobody."""

    class Talkative(Speaker):
        """Answers with a word of thanks, whatever its next act comes to."""

        def receive(self, message: Any, sender: str, context: Context) -> None:
            super().receive(message, sender, context)
            context.tell("c", "thanks")

    clock = ManualClock()
    clocks = {} if dispatcher == "simulated" else {"clock": clock}
    with Society(Ring(), dispatcher=dispatcher, timeout=FUSE, tables=False, **clocks) as society:
        society.add(Talkative, ids=["a"], act=misbehave(how, clock))
        society.add(Speaker, ids=["b"], act=in_round({1: lambda c: c.tell("a", "hello")}))
        society.add(Speaker)
        run = society.run(4)
        assert words(society, "b") == []
        # What it said when it heard something does not hang on its act.
        assert heard(society, "c") == [("thanks", "a", 3)]
        assert counted(society).exchange.refused == {Refused(how): 2}
        assert counted(society).exchange.subscriptions == 0
    assert run.outcomes["acted"] == 11


@dispatchers
@pytest.mark.parametrize("how", ["crashed", "rejected"])
def test_what_a_crashing_or_rejected_act_said_is_counted_and_not_heard(
    how: str, dispatcher: str
) -> None:
    check_that_nobody_hears(how, dispatcher)


def test_what_a_late_act_said_is_counted_and_not_heard() -> None:
    check_that_nobody_hears("late", "inline")


@pytest.mark.parametrize("dispatcher", THREADS)
def test_what_an_act_says_that_comes_back_late_is_counted_and_not_heard(
    dispatcher: str, let_go: threading.Event
) -> None:
    def hang(context: Context) -> None:
        let_go.wait(FUSE)
        context.tell("b", "too late")

    with society_of(
        {"a": in_round({1: hang}), "b": quiet}, dispatcher=dispatcher, timeout=0.2
    ) as society:
        assert step(society).counts == {"acted": 1, "timed_out": 1}
        let_go.set()
        society.ask("a", "heard", timeout=FUSE)  # it is back
        for _ in range(3):
            step(society, timeout=FUSE)
        assert words(society, "b") == []
        assert counted(society).exchange.refused == {Refused.LATE: 1}


def test_time_that_an_agent_spends_beyond_the_deadline_takes_its_words_along() -> None:
    def act(context: Context) -> int:
        context.tell("b", context.round)
        if context.round == 1:
            clock.advance(1.5)
        return 0

    with society_of({"a": act, "b": quiet}, dispatcher="simulated", timeout=1.0) as society:
        clock: Any = society._clock
        assert step(society).status == {"a": "timed_out", "b": "acted"}
        clock.advance(1.0)
        step(society)
        step(society)
        assert words(society, "b") == [2]
        assert counted(society).exchange.refused == {Refused.LATE: 1}


@dispatchers
def test_what_a_failing_receive_said_is_not_heard_and_its_other_words_are(dispatcher: str) -> None:
    def receive(message: Any, sender: str, context: Context) -> None:
        context.tell("b", message)
        if message == 2:
            raise ValueError("why")

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        say = in_round({1: lambda c: [c.tell("a", n) for n in (1, 2, 3)]})
        society.add(Speaker, ids=["a"], receive=receive)
        society.add(Speaker, ids=["b"], act=say)
        for _ in range(3):
            step(society)
        assert words(society, "a") == [1, 2, 3]
        assert words(society, "b") == [1, 3]


@dispatchers
def test_words_of_an_agent_that_stumbled_over_another_message_go_with_its_failed_call(
    dispatcher: str,
) -> None:
    def receive(message: Any, sender: str, context: Context) -> None:
        context.tell("b", message)
        if message == "bad":
            raise ValueError("why")

    say = in_round({1: lambda c: [c.tell("a", word) for word in ("good", "bad")]})
    with Society(dispatcher=dispatcher, timeout=FUSE, on_crash="restart", backoff=0) as society:
        society.add(Stateful, ids=["a"], receive=receive)
        society.add(Speaker, ids=["b"], act=say)
        assert [step(society).status["a"] for _ in range(3)] == ["acted", "crashed", "acted"]
        assert words(society, "b") == ["good"]
