"""Talk that is heard at once: by hand, on hosts whose letters the test reads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.mailbox import BLANK
from antiphon.actors.messages import Deliver
from antiphon.clock import ManualClock
from antiphon.coordination.talk.mail import Bounds
from antiphon.coordination.talk.party_line import PartyLine
from antiphon.errors import AskDeadlockError, AskError, AskTimeoutError, OutboxClosedError
from antiphon.models.agent import Agent, Context, OneMoment
from antiphon.models.outbox import OUTSIDE, Outbox, Phase
from antiphon.models.standing import Standing


class Answers(Agent):
    def __init__(self, answer: Callable[[Any, Context], Any]) -> None:
        self._answer = answer

    def act(self, observation: Any, context: Context) -> Any:
        return 0

    def receive(self, message: Any, sender: str, context: Context) -> None:
        context.tell(sender, "heard")

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return self._answer(question, context)


def _echo(question: Any, context: Context) -> Any:
    return question


class Line:
    def __init__(self, ids: str = "abc", answer: Callable[[Any, Context], Any] = _echo) -> None:
        self.clock = ManualClock(100.0)
        self.hosts: dict[str, AgentActor] = {}
        self.line = PartyLine(self.hosts, bounds=Bounds(), one_thread=lambda: True)
        for agent_id in ids.split() if " " in ids else ids:
            self.enter(agent_id, answer)

    def enter(self, agent_id: str, answer: Callable[[Any, Context], Any]) -> None:
        seat = Seat(agent_id, lambda: Answers(answer), clock=self.clock, talk=self.line)
        self.hosts[agent_id] = AgentActor(seat)
        self.hosts[agent_id].on_start()

    def context(self, agent_id: str, round: int = 1, phase: Phase | None = Phase.ACT) -> Context:
        """Give what an agent speaks by in one call."""
        standing = Standing(agent_id, lambda: pytest.fail("no chance here"), self.clock, self.line)
        return Context.at(OneMoment(round, 200.0, phase=phase), standing)

    def letters(self, agent_id: str) -> list[Deliver]:
        inbox, found = self.hosts[agent_id].actor_inbox, []
        while (letter := inbox.get(0)) is not BLANK:
            found.append(letter.message)
        return found

    def heard(self, agent_id: str) -> list[Any]:
        return [letter.payload for letter in self.letters(agent_id)]

    def outside(self, *words: Any, to: str = "a") -> None:
        outbox = Outbox(OUTSIDE)
        for word in words:
            outbox.tell(to, word)
        for parcel in outbox.take():
            self.line.send(parcel)


def test_what_is_said_is_heard_before_the_next_word() -> None:
    line = Line()
    context = line.context("a")
    context.tell("b", 1)
    assert line.heard("b") == [1]
    context.tell_many(["b", "c"], 2)
    context.broadcast(3)
    assert (line.heard("a"), line.heard("b"), line.heard("c")) == ([], [2, 3], [2, 3])
    assert context.take_said() == ()


def test_who_subscribes_hears_the_next_word_on_it() -> None:
    line = Line()
    b = line.context("b")
    for pattern in ("market/*", "news"):
        b.subscribe(pattern)
    a = line.context("a")
    a.publish("market/oil", 1)
    b.unsubscribe("market/*")
    a.publish("market/oil", 2)
    a.publish("news", 3)
    letters = line.letters("b")
    assert [(letter.payload, letter.topic) for letter in letters] == [
        (1, "market/oil"),
        (3, "news"),
    ]


def test_the_board_changes_at_once() -> None:
    line = Line()
    a, b = line.context("a"), line.context("b")
    a.put("k", [1])
    assert (b.shared["k"], b.shared.version) == ((1,), 1)
    b.remove("k")
    assert dict(a.shared) == {}


def test_each_word_of_a_sender_has_a_name_of_its_own_whatever_call_it_is_of() -> None:
    line = Line()
    for phase in (Phase.RECEIVE, Phase.RECEIVE, Phase.ACT):
        context = line.context("a", phase=phase)
        context.tell("b", 1)
        context.tell("b", 2)
    ids = [letter.id for letter in line.letters("b")]
    assert len(set(ids)) == 6
    assert ids[0] == "a:1:receive:0"


def test_outside_is_numbered_and_of_the_latest_round() -> None:
    line = Line()
    line.outside(1, 2)
    line.line.round = 7
    line.outside(3)
    letters = line.letters("a")
    assert [(x.payload, x.round, x.sender) for x in letters] == [
        (1, 0, OUTSIDE), (2, 0, OUTSIDE), (3, 7, OUTSIDE),
    ]  # fmt: skip
    assert len({letter.id for letter in letters}) == 3


def test_outside_is_told_once_and_no_more_than_it_may() -> None:
    line = Line()
    context = line.context("a")
    context.tell(OUTSIDE, 1)
    context.tell_many(["b", OUTSIDE], 2)
    context.broadcast("for agents")
    assert [parcel.payload for parcel in line.line.take_told()] == [1, 2]
    assert line.line.take_told() == ()


def test_who_is_unknown_is_warned_of_once_a_round_and_all_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    line = Line()
    for round in (1, 2):
        context = line.context("a", round)
        context.tell("ghost", 1)
        context.tell_many(["spook", "b"], 2)
    assert line.heard("b") == [2, 2]
    assert caplog.text.count("event=messages.undelivered") == 2
    statistics = line.line.statistics()
    assert statistics.dead == {"unknown": 4}
    assert statistics.addressed == 6


def test_an_answer_says_nothing_but_itself() -> None:
    line = Line()
    with pytest.raises(OutboxClosedError):
        line.context("a", phase=None).tell("b", 1)
    assert line.letters("b") == []


def test_on_one_thread_the_asked_answers_on_the_askers_stack_and_time() -> None:
    def take(seconds: float, context: Context) -> Any:
        line.clock.advance(seconds)
        return [seconds, context.round, context.time_left()]

    line = Line(answer=take)
    assert line.context("a", 3).ask("b", 1.0, timeout=2.0) == (1.0, 3, 1.0)
    with pytest.raises(AskTimeoutError, match="b did not answer within 2 s"):
        line.context("a").ask("b", 2.5, timeout=2.0)
    with pytest.raises(AskTimeoutError, match="a has no time left to ask b"):
        line.context("a").ask("b", 0.0, timeout=0.0)


def test_who_is_nobody_or_has_stopped_is_named() -> None:
    line = Line()
    with pytest.raises(AskError, match="a asks 'nobody', and nobody has this id"):
        line.context("a").ask("nobody", 1)
    line.hosts["b"].abandon()
    with pytest.raises(AskError, match="b has stopped"):
        line.context("a").ask("b", 1)
    line.line._one_thread = lambda: False
    with pytest.raises(AskError, match="b has stopped"):
        line.context("a").ask("b", 1)


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit("why")])
def test_what_the_asked_raises_is_an_error_of_asking(error: BaseException) -> None:
    def fail(question: Any, context: Context) -> Any:
        raise error

    with pytest.raises(AskError, match=f"b raised {type(error).__name__}: why"):
        Line(answer=fail).context("a").ask("b", 1)


def test_an_answer_is_a_copy_and_one_that_cannot_be_said_is_an_error() -> None:
    kept: Any = {"list": [1]}
    line = Line(answer=lambda question, context: kept)
    answer = line.context("a").ask("b", 1)
    kept["list"].append(2)
    assert answer == {"list": (1,)}
    kept["list"].append(object())
    with pytest.raises(AskError, match=r"b raised PayloadError: payload\[\"list\"\]\[2\]"):
        line.context("a").ask("b", 1)


@pytest.mark.parametrize("size", [1, 2, 200])
def test_a_ring_on_one_thread_is_refused_with_its_path(size: int) -> None:
    def on(question: Any, context: Context) -> Any:
        return context.ask(f"r{(int(context.agent_id[1:]) + 1) % size}", question)

    ids = [f"r{n}" for n in range(size)]
    line = Line(" ".join([*ids, ""]), answer=on)
    with pytest.raises(AskDeadlockError) as caught:
        on("?", line.context("r0"))
    assert caught.value.path == (ids[-1], *ids)


def test_a_chain_on_one_thread_is_answered_however_long() -> None:
    def on(question: Any, context: Context) -> Any:
        return context.ask(f"r{question + 1}", question + 1) if question < 300 else "the end"

    line = Line(" ".join(f"r{n}" for n in range(301)), answer=on)
    assert on(0, line.context("r0")) == "the end"
    assert line.line._asked_here == 0
