"""One agent that floods another harms neither the others nor the round."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.outcome import Status
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import ALL, Speaker, step, words

NORMAL = [f"normal-{n}" for n in range(9)]
CAPACITY = 50
EACH = 100
"""As much as one hears of one sender in a round."""


def floods(count: int) -> Any:
    def act(context: Context) -> int:
        for number in range(count):
            context.tell("victim", ["flood", number])
        return 0

    return act


def says(context: Context) -> int:
    context.tell("victim", [context.agent_id, context.round])
    return 0


def flooded(dispatcher: str, delivery: str, count: int) -> Society:
    society = Society(
        dispatcher=dispatcher,
        delivery=delivery,
        timeout=FUSE,
        mailbox_capacity=CAPACITY,
        heard_per_sender=EACH,
    )
    # First, so that run one after another it has sent everything before the others speak.
    society.add(Speaker, ids=["flooder"], act=floods(count))
    society.add(Speaker, ids=NORMAL, act=says)
    society.add(Speaker, ids=["victim"])
    return society


def flood(dispatcher: str, delivery: str, count: int) -> None:
    with flooded(dispatcher, delivery, count) as society:
        for number in (1, 2):
            outcome = step(society)
            assert set(outcome.status.values()) == {Status.ACTED}
            if delivery == "ordered":
                step(society, "victim")
            heard = words(society, "victim")
            # A normal one says one thing a round, and all of it is heard.
            for name in NORMAL:
                said = [1] if number == 1 else [1, 2 if delivery == "immediate" else 3]
                assert [round for who, round in heard if who == name] == said
            mailbox = society._stage.ensemble._hosts["victim"].actor_inbox  # type: ignore[union-attr]
            assert mailbox.waiting() <= CAPACITY
            # What is heard of a flood is in order, and each once.
            numbers = [n for who, n in heard if who == "flood"]
            if delivery == "ordered":
                assert numbers == [*range(EACH)] * number
            else:
                assert numbers
    # Else its stop would have found a letter missing.
    assert society.abandoned == []


@pytest.mark.parametrize("dispatcher", ALL)
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
def test_nine_are_heard_while_one_floods(delivery: str, dispatcher: str) -> None:
    flood(dispatcher, delivery, 900)
