"""Questions and who is out; and questions behind what was told before them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.actors.future import Future
from antiphon.actors.messages import Question
from antiphon.coordination.orders import WhoIsBusy
from antiphon.coordination.talk.inquiries import Ask
from antiphon.errors import AskError, AskTimeoutError, DownError, StoppedError
from antiphon.models.agent import Context
from antiphon.models.outbox import OUTSIDE
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE
from antiphon.tests.society.talking_cast import (
    THREADS,
    Act,
    Speaker,
    Stateful,
    in_round,
    quiet,
    step,
)
from pykka import ActorRegistry

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))
on_threads = pytest.mark.parametrize("dispatcher", THREADS)


def crashes(context: Context) -> int:
    raise ValueError("no")


def found(dispatcher: str, acts: dict[str, Act], **settings: Any) -> Society:
    society = Society(**{"dispatcher": dispatcher, "timeout": FUSE, **settings})
    for agent_id, act in acts.items():
        society.add(Stateful, ids=[agent_id], act=act)
    return society


def asks(context: Context) -> str:
    try:
        context.ask("b", "?")
    except AskError as error:
        return f"{type(error).__name__} {error}"
    return "answered"


@everywhere
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
def test_one_that_sits_out_answers_nobody_until_it_is_back(delivery: str, dispatcher: str) -> None:
    rules: dict[str, Any] = {"on_crash": "restart", "backoff": 1, "delivery": delivery}
    acts = {"a": asks, "b": in_round({2: crashes})}
    with found(dispatcher, acts, **rules) as society:
        # It is back with its first call, which may come behind a's.
        given = [step(society).actions["a"] for _ in range(5)]
        assert given[2] == "DownError agent b is down until round 4: ValueError: no"
        assert [given[0], given[4]] == ["answered"] * 2


@everywhere
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
def test_one_that_is_out_for_good_is_an_error_that_names_it_and_says_why(
    delivery: str, dispatcher: str
) -> None:
    acts = {"a": asks, "b": in_round({1: crashes})}
    with found(dispatcher, acts, on_crash="stop", delivery=delivery) as society:
        step(society)
        said = step(society).actions["a"]
        assert said == "DownError agent b is down for good: ValueError: no"
        for _ in range(2):
            with pytest.raises(DownError, match="agent b is down for good: ValueError: no") as down:
                society.ask("b", "?")
            assert (down.value.agent_id, down.value.until) == ("b", None)


@everywhere
def test_one_that_is_quarantined_is_an_error_that_names_it(dispatcher: str) -> None:
    rules: dict[str, Any] = {"on_crash": "restart", "max_restarts": 0}
    with found(dispatcher, {"a": quiet, "b": crashes}, **rules) as society:
        step(society)
        with pytest.raises(DownError, match="b is down for good: no more than 0 restarts"):
            society.ask("b", "?")


@everywhere
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
def test_one_whose_actor_somebody_stops_has_stopped(delivery: str, dispatcher: str) -> None:
    with found(dispatcher, {"a": asks, "b": quiet}, delivery=delivery) as society:
        step(society)
        ActorRegistry.get_by_class(AgentActor)[1].stop()
        assert step(society).actions["a"] == "AskError b has stopped"
        with pytest.raises(StoppedError, match="b has stopped"):
            society.ask("b", "?")


class Counting(Speaker):
    """Answers with how much it has heard; takes its time for the first word."""

    gate: threading.Event | None = None

    def receive(self, message: Any, sender: str, context: Context) -> None:
        super().receive(message, sender, context)
        if self.gate is not None:
            self.gate.wait(FUSE)

    def answer(self, question: Any, sender: str, context: Context) -> int:
        return len(self.heard)


def tell(society: Society, words: int) -> None:
    for n in range(words):
        society.tell("a", n)


@everywhere
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
@pytest.mark.parametrize("words", [1, 40])
def test_a_question_does_not_overtake_what_was_told_before_it(
    words: int, delivery: str, dispatcher: str
) -> None:
    with Society(dispatcher=dispatcher, timeout=FUSE, delivery=delivery) as society:
        society.add(Counting, ids=["a", "b"])
        for round in range(20):
            tell(society, words)
            assert society.ask("a", "how many?") == (round + 1) * words


@on_threads
def test_nor_in_a_crowd_in_which_senders_take_turns(
    dispatcher: str, let_go: threading.Event
) -> None:
    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(type("Held", (Counting,), {"gate": let_go}), ids=["a"])
        tell(society, 50)
        assert society._stage is not None
        ensemble, reply = society._stage.ensemble, Future[Any]()
        ensemble._coordinator.tell(Ask("a", Question("how many?", OUTSIDE), reply))
        # Now the coordinator has handed on all of it.
        ensemble._coordinator.ask(WhoIsBusy(), FUSE)
        assert ensemble._hosts["a"].actor_inbox.waiting() >= 50
        let_go.set()
        assert reply.get(timeout=FUSE) == 50


@on_threads
def test_nor_while_a_round_is_open(dispatcher: str, let_go: threading.Event) -> None:
    inside, answers = threading.Event(), []

    def act(context: Context) -> int:
        inside.set()
        assert let_go.wait(FUSE)
        return 0

    def talk() -> None:
        assert inside.wait(FUSE)
        society.tell("a", "word")
        threading.Timer(0.01, let_go.set).start()
        answers.append(society.ask("a", "how many?"))

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Counting, ids=["a"])
        society.add(Counting, ids=["b"], act=act)
        talker = threading.Thread(target=talk)
        talker.start()
        step(society)
        talker.join(FUSE)
        assert answers == [1]


@on_threads
def test_nor_of_one_that_is_busy(dispatcher: str, let_go: threading.Event) -> None:
    def hang(context: Context) -> None:
        assert let_go.wait(FUSE)

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Counting, ids=["a"], act=in_round({1: hang}))
        society.add(Counting, ids=["b"], act=lambda context: context.tell("a", "later"))
        step(society, timeout=0.1)
        tell(society, 3)
        step(society)
        answers: list[Any] = []
        asker = threading.Thread(target=lambda: answers.append(society.ask("a", "how many?")))
        asker.start()
        let_go.set()
        asker.join(FUSE)
        # What b said waits for a's next call.
        assert answers == [3]
        step(society)
        assert society.ask("a", "how many?") > 3


@on_threads
def test_a_question_that_waits_for_a_round_to_close_gives_up_in_time(
    dispatcher: str, let_go: threading.Event
) -> None:
    inside = threading.Event()

    def act(context: Context) -> int:
        inside.set()
        assert let_go.wait(FUSE)
        return 0

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Counting, ids=["a"], act=act)
        stepper = threading.Thread(target=lambda: step(society))
        society.start()
        stepper.start()
        assert inside.wait(FUSE)
        society.tell("a", "word")
        with pytest.raises(AskTimeoutError):
            society.ask("a", "how many?", timeout=0.05)
        let_go.set()
        stepper.join(FUSE)
        assert society.ask("a", "how many?") == 1
