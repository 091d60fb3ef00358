"""The world outside hears what agents publish, by patterns as agents do."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.outcome import Outcome
from antiphon.errors import TopicError
from antiphon.models.agent import Context
from antiphon.tests.society.talking_cast import dispatchers, heard, society_of, step

deliveries = pytest.mark.parametrize("delivery", ["ordered", "immediate"])


def publishes(context: Context) -> int:
    for topic in ("market/oil", "market/oil/brent", "news"):
        context.publish(topic, context.round)
    return 0


def topics(outcome: Outcome) -> list[tuple[str, str, Any]]:
    parcels = sorted(outcome.parcels_to_outside)
    return [(parcel.sender, parcel.name, parcel.payload) for parcel in parcels]


@dispatchers
@deliveries
def test_who_subscribes_outside_hears_what_fits_until_it_is_enough(
    delivery: str, dispatcher: str
) -> None:
    acts = {"a": publishes, "b": publishes, "c": lambda context: context.tell("outside", "hello")}
    late = delivery == "ordered"
    with society_of(acts, dispatcher=dispatcher, delivery=delivery) as society:
        society.subscribe("market/*")
        outcomes = [step(society), step(society)]
        for number, outcome in enumerate(outcomes, 1 - late):
            both = [(who, "market/oil", number) for who in "ab"]
            assert topics(outcome) == ([*both, ("c", "", "hello")] if number else [])
            assert sorted(outcome.said_to_outside, key=str) == [
                (sender, payload) for sender, _, payload in topics(outcome)
            ]
        society.subscribe("**")
        assert ("b", "news", 3 - late) in topics(step(society))
        society.unsubscribe("**")
        assert topics(step(society))[:2] == [(who, "market/oil", 4 - late) for who in "ab"]
        society.unsubscribe("market/*")
        assert topics(step(society)) == [("c", "", "hello")]


@deliveries
def test_what_is_published_outside_does_not_come_back(delivery: str) -> None:
    acts = {"a": lambda context: context.round == 1 and context.subscribe("**")}
    with society_of(acts, dispatcher="inline", delivery=delivery) as society:
        society.subscribe("**")
        step(society)
        step(society)
        society.publish("news", 1)
        assert [message for message, _, _ in heard(society, "a")] == [1]
        assert step(society).said_to_outside == []


@deliveries
@pytest.mark.parametrize("pattern", ["", "a//b", "**/a", "market oil", 7])
def test_what_is_no_pattern_is_refused_where_it_is_said(delivery: str, pattern: Any) -> None:
    with society_of({"a": publishes}, dispatcher="inline", delivery=delivery) as society:
        for listen in (society.subscribe, society.unsubscribe):
            with pytest.raises(TopicError):
                listen(pattern)
