"""Who hears what is published, from when on, and what it is told of it."""

from __future__ import annotations

from typing import Any

from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import (
    Speaker,
    counted,
    dispatchers,
    in_round,
    society_of,
    step,
    words,
)


@dispatchers
def test_topics_reach_those_who_hear_them_from_the_round_after(dispatcher: str) -> None:
    def listen(*patterns: str) -> Any:
        return lambda context: [context.subscribe(pattern) for pattern in patterns]

    def publish(context: Context) -> int:
        for topic in ("market", "market/oil", "market/oil/brent", "news"):
            context.publish(topic, f"{context.round} {topic}")
        return 0

    acts = {
        "one": in_round({1: listen("market/*"), 3: lambda c: c.unsubscribe("market/*")}),
        "all": in_round({1: listen("market/**", "market/*", "news")}),
        "own": publish,
    }
    with society_of(acts, dispatcher=dispatcher) as society:
        for _ in range(5):
            step(society)
        assert words(society, "one") == ["2 market/oil", "3 market/oil"]
        each = ("market/oil", "market/oil/brent", "news")
        assert words(society, "all") == [f"{round} {t}" for round in (2, 3, 4) for t in each]
        assert words(society, "own") == []
        society.publish("market/gas", "from outside")
        assert words(society, "all")[-1] == "from outside"
        # All of round 1, and then what nobody's pattern fits.
        assert counted(society).exchange.unheard == 4 + 3


@dispatchers
def test_who_hears_by_a_topic_is_told_which(dispatcher: str) -> None:
    topics = []

    def note(message: Any, sender: str, context: Context) -> None:
        topics.append((message, context.topic))

    def speak(context: Context) -> None:
        context.publish("a/b", 1)
        context.tell("listener", 2)

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        listen = in_round({1: lambda c: c.subscribe("*/b")})
        society.add(Speaker, ids=["listener"], act=listen, receive=note)
        society.add(Speaker, ids=["speaker"], act=in_round({2: speak}))
        for _ in range(3):
            step(society)
        assert topics == [(1, "a/b"), (2, "")]
