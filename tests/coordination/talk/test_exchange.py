"""What is heard before a round: by whom, in which order, and what becomes of the rest."""

from __future__ import annotations

from antiphon.coordination.talk.exchange import Exchange
from antiphon.coordination.talk.mail import Reason, Refused
from antiphon.models.outbox import OUTSIDE, Kind, Outbox, Phase
from antiphon.models.topics import PATTERNS_EACH
from antiphon.tests.coordination.talk.speech import MEMBERS, heard, said


def test_what_is_heard_comes_by_receiver_sender_and_the_senders_order() -> None:
    exchange = Exchange(MEMBERS)
    for sender, words in (("c", [1, 2]), ("a", [3, 4])):
        outbox = said(sender)
        for word in words:
            outbox.tell_many(["d", "b"], word)
        exchange.accept(outbox.take())
    deliveries = exchange.deliver(2)
    assert list(deliveries.inboxes) == ["b", "d"]
    assert heard(exchange) == {}
    assert [p.id for p in deliveries.inboxes["b"]] == [
        "a:1:act:0",
        "a:1:act:1",
        "c:1:act:0",
        "c:1:act:1",
    ]
    assert deliveries.round == 2


def test_everyone_but_the_sender_hears_a_broadcast() -> None:
    exchange = Exchange(MEMBERS)
    outbox = said("a")
    outbox.broadcast("all")
    exchange.accept(outbox.take())
    assert heard(exchange) == {"b": ["all"], "c": ["all"], "d": ["all"]}


def test_an_agent_may_tell_itself() -> None:
    exchange = Exchange(MEMBERS)
    outbox = said("a")
    outbox.tell("a", "remember")
    exchange.accept(outbox.take())
    assert heard(exchange) == {"a": ["remember"]}


def test_a_subscription_holds_from_the_next_round_on() -> None:
    exchange = Exchange(MEMBERS)
    for round in (1, 2, 3):
        for sender in ("a", "b"):
            outbox = said(sender, round=round)
            if round == 1:
                outbox.subscribe("market/*")
            if round == 2:
                outbox.unsubscribe("market/*" if sender == "b" else "no/such")
            outbox.publish("market/oil", f"{sender}{round}")
            outbox.publish("market", "nobody hears")
            exchange.accept(outbox.take())
        expected = {1: {}, 2: {"a": ["b2"], "b": ["a2"]}, 3: {"a": ["b3"]}}[round]
        assert heard(exchange, round + 1) == expected
    assert exchange.statistics().unheard == 6 + 2 + 1
    assert exchange.statistics().subscriptions == 1


def test_what_receive_said_is_heard_before_what_act_said() -> None:
    exchange = Exchange(MEMBERS)
    act, receive = said("b"), said("b", phase=Phase.RECEIVE)
    act.tell("a", "act")
    receive.tell("a", "receive")
    exchange.accept(act.take())
    exchange.accept(receive.take())
    assert heard(exchange) == {"a": ["receive", "act"]}


def test_what_waited_since_an_older_round_is_heard_first() -> None:
    exchange = Exchange(MEMBERS)
    for round in (3, 1, 2):
        outbox = said("b", round=round)
        outbox.tell("a", round)
        exchange.accept(outbox.take())
    assert heard(exchange, 4) == {"a": [1, 2, 3]}


def test_outside_is_heard_first_in_its_own_order_and_reaches_everyone() -> None:
    exchange = Exchange(MEMBERS)
    agent = said("a")
    agent.tell("b", "from a")
    exchange.accept(agent.take())
    for word in ("first", "second"):
        outside = Outbox(OUTSIDE)
        outside.tell("b", word)
        outside.broadcast(f"{word} to all")
        exchange.enter(outside.take(), 1)
    deliveries = exchange.deliver(2)
    inbox = deliveries.inboxes["b"]
    assert [p.payload for p in inbox] == [
        "first", "first to all", "second", "second to all", "from a",
    ]  # fmt: skip
    assert [(p.sender, p.round, p.number) for p in inbox[:4]] == [(OUTSIDE, 1, n) for n in range(4)]
    assert sorted(deliveries.inboxes) == ["a", "b", "c", "d"]


def test_outside_can_be_told_and_can_listen_and_hears_no_broadcast() -> None:
    exchange = Exchange(MEMBERS)
    outside = Outbox(OUTSIDE)
    outside.subscribe("**")
    exchange.enter(outside.take(), 0)
    assert heard(exchange, 1) == {}
    agent = said("a")
    agent.tell(OUTSIDE, "an answer")
    agent.publish("news", "read all about it")
    agent.broadcast("agents only")
    exchange.accept(agent.take())
    assert heard(exchange)[OUTSIDE] == ["an answer", "read all about it"]


def test_who_is_unknown_is_a_dead_letter_and_the_others_hear() -> None:
    exchange = Exchange(MEMBERS)
    outbox = said("a")
    outbox.tell_many(["ghost", "b", "spook"], "boo")
    outbox.tell("b", "still here")
    exchange.accept(outbox.take())
    deliveries = exchange.deliver(2)
    assert [p.payload for p in deliveries.inboxes["b"]] == ["boo", "still here"]
    (letter,) = deliveries.dead
    assert letter.receivers == ("ghost", "spook")
    assert (letter.reason, letter.parcel.payload) == ("unknown", "boo")
    assert exchange.statistics().dead == {"unknown": 2}
    assert exchange.statistics().addressed == 4


def test_who_has_left_hears_nothing_though_it_subscribed() -> None:
    members = {"a", "b", "c"}
    exchange = Exchange(members)
    for sender in ("b", "c"):
        outbox = said(sender)
        outbox.subscribe("news")
        exchange.accept(outbox.take())
    exchange.deliver(2)
    members.remove("b")
    outbox = said("a", round=2)
    outbox.publish("news", 1)
    outbox.broadcast(2)
    exchange.accept(outbox.take())
    deliveries = exchange.deliver(3)
    assert {who: len(inbox) for who, inbox in deliveries.inboxes.items()} == {"c": 2}
    assert [(d.receivers, d.reason) for d in deliveries.dead] == [(("b",), Reason.UNKNOWN)]


def test_what_came_with_an_answer_that_does_not_count_is_counted_and_not_heard() -> None:
    exchange = Exchange(MEMBERS)
    outbox = said("a")
    outbox.broadcast(1)
    outbox.subscribe("news")
    parcels = outbox.take()
    exchange.refuse(parcels, Refused.LATE)
    exchange.refuse(parcels[:1], Refused.REJECTED)
    exchange.refuse((), Refused.REJECTED)
    assert heard(exchange) == {}
    statistics = exchange.statistics()
    assert statistics.refused == {"late": 2, "rejected": 1}
    assert (statistics.said, statistics.subscriptions) == (0, 0)


def test_writes_to_the_shared_state_are_handed_on_in_order() -> None:
    exchange = Exchange(MEMBERS)
    for sender in ("c", "a"):
        outbox = said(sender)
        outbox.put("k", sender)
        outbox.remove("old")
        outbox.tell("b", 1)
        exchange.accept(outbox.take())
    writes = exchange.deliver(2).writes
    assert [(p.sender, p.kind) for p in writes] == [
        ("a", Kind.PUT), ("a", Kind.REMOVE), ("c", Kind.PUT), ("c", Kind.REMOVE),
    ]  # fmt: skip


def test_a_pattern_too_many_is_counted() -> None:
    exchange = Exchange(MEMBERS)
    outbox = said("a")
    for n in range(PATTERNS_EACH + 2):
        outbox.subscribe(f"t/{n}")
    exchange.accept(outbox.take())
    exchange.deliver(2)
    assert exchange.statistics().refused == {"too_many_patterns": 2}
    assert exchange.statistics().subscriptions == PATTERNS_EACH
