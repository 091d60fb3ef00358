"""Whoever floods an exchange is heard within bounds, and nobody else suffers."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.talk import exchange as exchange_module
from antiphon.coordination.talk.exchange import Exchange
from antiphon.coordination.talk.mail import Bounds, Mail
from antiphon.models.outbox import Parcel
from antiphon.tests.coordination.talk.speech import MEMBERS, said


def test_of_one_who_floods_the_first_words_are_heard_and_nobody_else_suffers() -> None:
    exchange = Exchange(MEMBERS, Bounds(per_sender=3, per_receiver=100))
    flooder, other = said("a"), said("b")
    for n in range(1_000):
        flooder.broadcast(n)
        flooder.tell("c", "more")
    other.tell("c", "a word")
    exchange.accept(other.take())
    exchange.accept(flooder.take())
    deliveries = exchange.deliver(2)
    words = {who: [p.payload for p in inbox] for who, inbox in deliveries.inboxes.items()}
    assert words == {"b": [0, 1, 2], "c": [0, "more", 1, "a word"], "d": [0, 1, 2]}
    assert exchange.statistics().dead == {"sender_floods": 4_000 - 9}
    # However often it speaks, those who cannot hear it are not written down one by one.
    assert len(deliveries.dead) < 2_000


def test_one_who_floods_costs_no_more_than_a_look_for_each_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = {"group": 0, "put": 0}

    class Watched(Mail):
        def _group(self, parcel: Parcel) -> Any:
            looks["group"] += 1
            return super()._group(parcel)

        def _put(self, parcel: Parcel, receivers: Any) -> None:
            looks["put"] += 1
            super()._put(parcel, receivers)

    monkeypatch.setattr(exchange_module, "Mail", Watched)
    exchange = Exchange(MEMBERS, Bounds(per_sender=3))
    flooder = said("a")
    for n in range(1_000):
        flooder.broadcast(n)
        flooder.publish("news", n)
    exchange.accept(flooder.take())
    exchange.deliver(2)
    assert looks == {"group": 2, "put": 6}


def test_of_too_many_for_one_receiver_each_sender_has_its_turn() -> None:
    names = [f"s{n}" for n in range(5)]
    exchange = Exchange({"hub", *names}, Bounds(per_sender=9, per_receiver=7))
    heard_of: dict[str, int] = dict.fromkeys(names, 0)
    for round in range(1, 6):
        for name in names:
            outbox = said(name, round=round)
            for word in ["x"] * 9 if name == "s0" else ["x", "y"]:
                outbox.tell("hub", word)
            exchange.accept(outbox.take())
        inbox = exchange.deliver(round + 1).inboxes["hub"]
        assert [p.sender for p in inbox] == sorted(p.sender for p in inbox)
        for name in names:
            heard_of[name] += sum(p.sender == name for p in inbox)
    assert set(heard_of.values()) == {7}, "over the rounds nobody has more than another"
    assert exchange.statistics().dead == {"receiver_flooded": 5 * (9 + 8 - 7)}


@pytest.mark.parametrize("bounds", [{"per_sender": 0}, {"per_receiver": 0}])
def test_a_bound_of_nothing_is_refused(bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be >= 1, got 0"):
        Bounds(**bounds)
