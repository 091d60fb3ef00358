"""Of what is published as newest, who has not heard the one before hears only the last."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.models.agent import Context
from antiphon.models.outbox import Kind
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE
from antiphon.tests.society.talking_cast import (
    THREADS,
    Act,
    Speaker,
    counted,
    heard,
    in_round,
    quiet,
    step,
    words,
)

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))
on_threads = pytest.mark.parametrize("dispatcher", THREADS)


def listens(context: Context) -> None:
    context.subscribe("**")


def reports(context: Context) -> None:
    """Say of each round what it was, on two topics and to one's face."""
    for topic in ("oil", "gas"):
        context.publish(topic, [context.round, "old"], newest=True)
        context.publish(topic, [context.round, topic], newest=True)
    context.publish("oil", "plain")
    context.tell("a", f"told {context.round}")


def found(acts: dict[str, Act], **settings: Any) -> Society:
    society = Society(timeout=FUSE, **settings)
    for agent_id, act in acts.items():
        society.add(Speaker, ids=[agent_id], act=act)
    return society


@everywhere
def test_within_a_round_the_last_on_a_topic_is_heard_and_all_else(dispatcher: str) -> None:
    acts = {"a": in_round({1: listens}), "b": in_round({2: reports}), "c": in_round({2: reports})}
    with found(acts, dispatcher=dispatcher) as society:
        for _ in range(3):
            step(society)
        told = [(2, "oil"), (2, "gas"), "plain", "told 2"]
        assert heard(society, "a") == [(word, who, 3) for who in "bc" for word in told]
        assert counted(society).exchange.outdated == 4


@everywhere
def test_who_is_not_called_hears_the_last_when_it_is(dispatcher: str) -> None:
    acts = {"a": in_round({1: listens}), "b": in_round(dict.fromkeys(range(2, 6), reports))}
    with found(acts, dispatcher=dispatcher) as society:
        step(society)
        for _ in range(4):
            step(society, "b")
        step(society)
        told = [word for word in words(society, "a") if word != "plain"]
        assert told == ["told 2", "told 3", "told 4", (5, "oil"), (5, "gas"), "told 5"]
        assert words(society, "a").count("plain") == 4
        assert counted(society).outdated == 3 * 2


@everywhere
def test_what_the_world_outside_publishes_so_counts_by_its_topic_as_well(dispatcher: str) -> None:
    with found({"a": in_round({1: listens}), "b": quiet}, dispatcher=dispatcher) as society:
        for _ in range(2):
            step(society)
        for n in range(3):
            society.publish("oil", n, newest=True)
        # Between two rounds each is heard at once.
        assert words(society, "a") == [0, 1, 2]


@on_threads
def test_with_immediate_delivery_who_is_at_work_reads_the_last_alone(
    dispatcher: str, let_go: threading.Event
) -> None:
    inside = threading.Event()

    def hang(context: Context) -> None:
        inside.set()
        assert let_go.wait(FUSE)

    acts = {"a": in_round({1: listens, 2: hang}), "b": in_round({2: lambda c: inside.wait(FUSE)})}
    with found(acts, dispatcher=dispatcher, delivery="immediate") as society:
        step(society)
        step(society, timeout=0.2)
        for n in range(20):
            society.publish("oil", n, newest=True)
            society.publish("gas", n, newest=True)
            society.publish("gas", f"plain {n}")
        let_go.set()
        said = society.ask("a", "heard", timeout=FUSE)
        told = [word for word, _, _ in said]
        assert sorted(told, key=str) == sorted(
            [19, 19, *(f"plain {n}" for n in range(20))], key=str
        )
        health = society.health()
        assert health.kernel.dead_letters["conflated"] == 2 * 19
        assert "letters.dead" not in {warning.key for warning in health.warnings}


def test_by_hand_it_is_a_kind_of_its_own() -> None:
    context = Context("a")
    context.publish("oil", 1, newest=True)
    context.publish("oil", 1)
    assert [parcel.kind for parcel in context.said] == [Kind.NEWEST, Kind.PUBLISH]
