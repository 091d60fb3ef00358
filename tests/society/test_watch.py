"""Whoever watches an agent hears of its death once, between two rounds."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from antiphon.actors.agent_actor import AgentActor
from antiphon.coordination.records.events import Events
from antiphon.coordination.talk.exchange import Exchange
from antiphon.errors import AgentIdError
from antiphon.models.agent import Context
from antiphon.models.outbox import Outbox
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE
from antiphon.tests.society.supervised_cast import IDS, Fate, society_of
from antiphon.tests.society.talking_cast import THREADS, Act, Speaker, in_round, parcels, step
from pykka import ActorRegistry

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))
Word = tuple[str, str, int]
"""Who died, why, and before which round that is heard."""


class Watcher(Speaker):
    """Writes down whose death it hears of, in the order of all that it hears."""

    def agent_died(self, agent_id: str, reason: str, context: Context) -> None:
        self.heard.append((agent_id, reason, context.round))
        if self._receive is not None:
            self._receive(agent_id, reason, context)


def dies(context: Context) -> int:
    raise ValueError(f"{context.agent_id} fails")


def watches(agent_id: str) -> Act:
    return lambda context: context.watch(agent_id)


def unwatches(agent_id: str) -> Act:
    return lambda context: context.unwatch(agent_id)


def found(acts: Mapping[str, Mapping[int, Act]], **settings: Any) -> Society:
    """Found a society in which each does something in some rounds, and who fails is stopped."""
    society = Society(**{"timeout": FUSE, "on_crash": "stop", **settings})
    for agent_id, said in acts.items():
        society.add(Watcher, ids=[agent_id], act=in_round(said))
    return society


def after_each(society: Society, rounds: int, agent_id: str = "a") -> list[list[Word]]:
    """Play; give what an agent has heard by the end of each round."""
    heard = []
    for _ in range(rounds):
        step(society)
        heard.append(society.ask(agent_id, "heard"))
    return heard


def deaths(society: Society, rounds: int) -> list[tuple[int, list[str]]]:
    """Play; give the rounds in which somebody died, and who."""
    outcomes = [society.step(dict.fromkeys(IDS)) for _ in range(rounds)]
    died = [(o.round, [d.agent_id for d in o.decisions if d.final]) for o in outcomes]
    return [(round, ids) for round, ids in died if ids]


@everywhere
def test_a_round_says_who_died_in_it_and_a_restart_is_no_death(dispatcher: str) -> None:
    fate = Fate("a act 2", "b act 2", "a act 4")
    with society_of(fate, dispatcher, max_restarts=1, backoff=1) as society:
        assert deaths(society, 9) == [(5, ["a"])]


@everywhere
def test_those_who_are_stopped_together_die_in_one_round_by_id(dispatcher: str) -> None:
    groups = [["c", "a"]]
    with society_of(Fate("c act 3"), dispatcher, on_crash="stop", together=groups) as society:
        assert deaths(society, 6) == [(3, ["a", "c"])]


@everywhere
def test_who_watches_hears_it_once_before_the_next_round(dispatcher: str) -> None:
    acts = {"a": {1: watches("b"), 2: watches("b")}, "b": {3: dies}, "c": {}}
    with found(acts, dispatcher=dispatcher) as society:
        word = ("b", "ValueError: b fails", 4)
        assert after_each(society, 5) == [[], [], [], [word], [word]]
        assert society.ask("c", "heard") == []


@everywhere
def test_a_watch_of_the_round_in_which_it_dies_is_in_time(dispatcher: str) -> None:
    with found({"a": {2: watches("b")}, "b": {2: dies}}, dispatcher=dispatcher) as society:
        assert [len(heard) for heard in after_each(society, 4)] == [0, 0, 1, 1]


@everywhere
def test_who_watches_the_dead_is_told_before_the_next_round_and_each_time(dispatcher: str) -> None:
    acts = {"a": {3: watches("b"), 5: watches("b")}, "b": {1: dies}}
    with found(acts, dispatcher=dispatcher) as society:
        heard = after_each(society, 6)
        assert [round for _, _, round in heard[-1]] == [4, 6]
        assert [len(words) for words in heard] == [0, 0, 0, 1, 1, 2]


@everywhere
def test_who_watches_no_more_hears_nothing(dispatcher: str) -> None:
    acts = {"a": {1: watches("b"), 2: unwatches("b")}, "b": {2: dies}}
    with found(acts, dispatcher=dispatcher) as society:
        assert after_each(society, 4)[-1] == []


@everywhere
def test_it_comes_behind_all_that_was_said_and_by_the_ids_of_the_dead(dispatcher: str) -> None:
    def watch_both(context: Context) -> None:
        context.watch("c")
        context.watch("b")

    acts = {
        "a": {1: watch_both},
        "b": {1: lambda context: context.tell("a", "last word"), 2: dies},
        "c": {2: dies},
        "z": {2: lambda context: context.tell("a", "z")},
    }
    with found(acts, dispatcher=dispatcher) as society:
        heard = after_each(society, 3)[-1]
        assert [word for word, _, _ in heard] == ["last word", "z", "b", "c"]


@everywhere
def test_there_is_room_for_it_in_any_flood(dispatcher: str) -> None:
    def talk(context: Context) -> None:
        for n in range(5):
            context.tell("a", n)

    acts = {"a": {1: watches("b")}, "b": {2: dies}, "c": {2: talk}}
    bounds = {"heard_per_sender": 2, "heard_per_round": 1}
    with found(acts, dispatcher=dispatcher, **bounds) as society:
        assert [word for word, _, _ in after_each(society, 3)[-1]] == [0, "b"]


@everywhere
def test_an_act_that_does_not_count_watches_nobody(dispatcher: str) -> None:
    def watch_and_fail(context: Context) -> None:
        context.watch("b")
        raise ValueError("no")

    rules = {"on_crash": "restart", "max_restarts": 1, "backoff": 0}
    acts = {"a": {1: watch_and_fail}, "b": {2: dies, 3: dies}}
    with found(acts, dispatcher=dispatcher, **rules) as society:
        assert [step(society).status["b"] for _ in range(5)][-1] == "down"
        assert society.ask("a", "heard") == []


@everywhere
def test_a_watch_outlives_a_restart_and_word_waits_for_who_is_down(dispatcher: str) -> None:
    rules = {"on_crash": "restart", "max_restarts": 1, "backoff": 1}
    acts = {"a": {1: watches("b"), 5: dies}, "b": {2: dies, 5: dies}}
    with found(acts, dispatcher=dispatcher, **rules) as society:
        fared = [step(society).status["a"].value for _ in range(7)]
        assert fared == ["acted"] * 4 + ["crashed", "down", "acted"]
        ((who, why, _),) = society.ask("a", "heard")
        assert (who, why.rpartition("; ")[2]) == ("b", "ValueError: b fails")


@everywhere
def test_the_dead_hear_of_nobody(dispatcher: str) -> None:
    acts = {"a": {1: watches("b"), 2: dies}, "b": {3: dies}}
    with found(acts, dispatcher=dispatcher) as society:
        outcomes = [step(society) for _ in range(5)]
        assert [parcels(outcome) for outcome in outcomes] == [[]] * 5


@everywhere
def test_one_whose_actor_somebody_stops_is_dead_too(dispatcher: str) -> None:
    with found({"a": {1: watches("b")}, "b": {}}, dispatcher=dispatcher) as society:
        step(society)
        ActorRegistry.get_by_class(AgentActor)[1].stop()
        assert [len(heard) for heard in after_each(society, 3)] == [0, 1, 1]


@everywhere
def test_what_it_says_of_a_death_is_heard_a_round_later(dispatcher: str) -> None:
    class Mourner(Watcher):
        def agent_died(self, agent_id: str, reason: str, context: Context) -> None:
            context.tell("a", f"poor {agent_id}")

    acts = {"a": {}, "b": {2: dies}}
    with found(acts, dispatcher=dispatcher) as society:
        society.add(Mourner, ids=["m"], act=in_round({1: watches("b")}))
        assert after_each(society, 4)[-1] == [("poor b", "m", 4)]


def course(dispatcher: str) -> tuple[list[Any], str]:
    acts = {"a": {1: watches("b"), 3: watches("c")}, "b": {2: dies}, "c": {3: dies}}
    events = Events()
    with found(acts, dispatcher=dispatcher) as society:
        outcomes = [step(society) for _ in range(5)]
    for outcome in outcomes:
        events.add(outcome)
    said = [(to, p.id, p.kind) for outcome in outcomes for to, p in parcels(outcome)]
    return said, events.value


def test_deaths_are_events_and_the_same_on_every_dispatcher() -> None:
    courses = [course(dispatcher) for dispatcher in (*DISPATCHERS, "simulated")]
    assert all(other == courses[0] for other in courses)
    assert courses[0][0] == [("a", "b:2:death:0", "died"), ("a", "c:3:death:0", "died")]


@everywhere
def test_with_immediate_delivery_it_is_heard_at_once(dispatcher: str) -> None:
    acts = {"a": {1: watches("b"), 4: watches("b")}, "b": {2: dies}}
    with found(acts, dispatcher=dispatcher, delivery="immediate") as society:
        heard = after_each(society, 4)
        assert [len(words) for words in heard] == [0, 1, 1, 2]
        assert {word[:2] for word in heard[-1]} == {("b", "ValueError: b fails")}


@pytest.mark.parametrize("dispatcher", THREADS)
def test_at_once_there_is_room_for_it_in_a_full_mailbox(
    dispatcher: str, let_go: threading.Event
) -> None:
    heard: list[Any] = []
    told = threading.Event()

    def hang(context: Context) -> None:
        assert let_go.wait(FUSE)

    def hear(what: Any, *facts: Any) -> None:
        heard.append(what)
        if what == "b":
            told.set()

    settings = {"delivery": "immediate", "mailbox_capacity": 1}
    with found({"b": {3: dies}}, dispatcher=dispatcher, **settings) as society:
        act = in_round({1: watches("b"), 2: hang})
        society.add(Watcher, ids=["a"], act=act, receive=hear)
        step(society)
        society.step({"a": None}, timeout=0.1)
        for n in range(5):
            society.tell("a", n)
        society.step({"b": None})
        let_go.set()
        assert told.wait(FUSE)
        assert heard == [0, "b"]


def test_why_somebody_died_is_no_event_for_it_may_name_an_address_in_memory() -> None:
    digests = set()
    for reason in ("object at 0x1", "object at 0x2"):
        exchange, events = Exchange(dict.fromkeys("ab").keys()), Events()
        outbox = Outbox("a", round=1)
        outbox.watch("b")
        exchange.accept(outbox.take())
        exchange.died("b", reason, 1)
        events.deliver(exchange.deliver(2))
        assert events.rows["delivered"] == 1
        digests.add(events.value)
    assert len(digests) == 1


def test_nobody_watches_itself_and_nobody_who_cannot_be() -> None:
    context = Context("a")
    with pytest.raises(AgentIdError, match="nobody hears of its own death"):
        context.watch("a")
    with pytest.raises(AgentIdError):
        context.watch("No Such Name")
    assert context.said == ()


@everywhere
def test_a_watch_of_nobody_is_said_to_find_nobody(
    dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    with found({"a": {1: watches("who")}}, dispatcher=dispatcher) as society:
        for _ in range(2):
            step(society)
    assert "reason=unknown" in caplog.text
