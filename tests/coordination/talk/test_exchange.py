"""What is heard before a round depends on what was said, and on nothing else.

Agents say things in a drawn order of arrival; a slow and simple reading of the rules says what
everybody must hear.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from antiphon.coordination.records.events import Events
from antiphon.coordination.talk import exchange as exchange_module
from antiphon.coordination.talk import mail as mail_module
from antiphon.coordination.talk.exchange import Exchange
from antiphon.coordination.talk.mail import Bounds, Mail, Reason, Refused
from antiphon.models.outbox import OUTSIDE, Kind, Outbox, Parcel, Phase
from antiphon.models.topics import PATTERNS_EACH
from hypothesis import Phase as Stage
from hypothesis import given, settings
from hypothesis import strategies as st

MEMBERS = dict.fromkeys("dbac").keys()
Heard = dict[str, list[Any]]


def said(sender: str, *, round: int = 1, phase: Phase = Phase.ACT) -> Outbox:
    return Outbox(sender, round=round, phase=phase)


def heard(exchange: Exchange, round: int = 2) -> Heard:
    """What everyone hears next, without the envelopes."""
    inboxes = exchange.deliver(round).inboxes
    return {who: [parcel.payload for parcel in inbox] for who, inbox in inboxes.items()}


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


# Any order of arrival

Words = list[tuple[str, Phase, str, str]]
"""Sender, phase, what it does, and to what."""

TARGETS = ["a", "b", "c", "ghost", OUTSIDE]
ACTS = ["tell", "tell", "both", "broadcast", "publish", "publish", "sub", "sub", "unsub", "put"]
words = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "outside"]),
        st.sampled_from(list(Phase)),
        st.sampled_from(ACTS),
        st.sampled_from(TARGETS),
    ),
    max_size=14,
)
bounds = st.builds(Bounds, st.integers(1, 3), st.integers(1, 4))
plays = st.tuples(
    bounds, st.lists(words, min_size=1, max_size=3), st.randoms(use_true_random=False)
)


def parcels_of(words: Words, round: int) -> list[Parcel]:
    boxes: dict[tuple[str, Phase], Outbox] = {}
    for n, (sender, phase, act, what) in enumerate(words):
        box = boxes.setdefault((sender, phase), said(sender, round=round, phase=phase))
        word = f"{round}.{n}"
        match act:
            case "tell":
                box.tell(what, word)
            case "both":
                box.tell_many([what, "d"], word)
            case "broadcast":
                box.broadcast(word)
            case "publish":
                box.publish("t/a" if what in "ab" else "t/c", word)
            case "sub":
                box.subscribe("t/a" if what in "ab" else "t/*")
            case "unsub":
                box.unsubscribe("t/a" if what in "ab" else "t/*")
            case "put":
                box.put(what, word)
    return [parcel for box in boxes.values() for parcel in box.take()]


@dataclass
class Reading:
    """The rules once more, without a thought for speed."""

    bounds: Bounds
    patterns: set[tuple[str, str]] = field(default_factory=set)

    def hear(self, outside: list[Parcel], agents: list[Parcel], round: int) -> dict[str, list[str]]:
        order = sorted(agents, key=lambda p: (p.sender, p.round, p.phase, p.number))
        inboxes: dict[str, list[tuple[str, str]]] = {}
        for sender, parcel in [("", p) for p in outside] + [(p.sender, p) for p in order]:
            for receiver in self.meant(sender or OUTSIDE, parcel):
                inbox = inboxes.setdefault(receiver, [])
                if [s for s, _ in inbox].count(sender) < self.bounds.per_sender:
                    inbox.append((sender, parcel.payload))
        for parcel in outside + order:
            if parcel.kind is Kind.SUBSCRIBE:
                self.patterns.add((parcel.sender, parcel.name))
            if parcel.kind is Kind.UNSUBSCRIBE:
                self.patterns.discard((parcel.sender, parcel.name))
        return {who: self.within(inboxes[who], round) for who in sorted(inboxes)}

    def meant(self, sender: str, parcel: Parcel) -> set[str]:
        there = {*MEMBERS, OUTSIDE}
        match parcel.kind:
            case Kind.TELL:
                return set(parcel.targets) & there
            case Kind.BROADCAST:
                return set(MEMBERS) - {sender}
            case Kind.PUBLISH:
                return {w for w, p in self.patterns if p in ("t/*", parcel.name)} - {sender}
        return set()

    def within(self, inbox: list[tuple[str, str]], round: int) -> list[str]:
        bound = self.bounds.per_receiver
        if len(inbox) <= bound:
            return [word for _, word in inbox]
        queues = {
            s: deque(w for t, w in inbox if t == s) for s in dict.fromkeys(s for s, _ in inbox)
        }
        turns = deque(queues)
        turns.rotate(-(round * bound))
        heard: set[str] = set()
        while len(heard) < bound:
            queue = queues[turns[0]]
            turns.rotate(-1)
            if queue:
                heard.add(queue.popleft())
        return [word for _, word in inbox if word in heard]


def play(kind: type[Exchange], plan: tuple[Bounds, list[Words], Any]) -> None:
    bounds, rounds, chance = plan
    exchange, tidy = kind(MEMBERS, bounds), kind(MEMBERS, bounds)
    events, tidy_events = Events(), Events()
    reading = Reading(bounds)
    for round, words in enumerate(rounds, 1):
        parcels = parcels_of(words, round)
        outside = [parcel for parcel in parcels if parcel.sender == OUTSIDE]
        agents = [parcel for parcel in parcels if parcel.sender != OUTSIDE]
        shuffled: Sequence[Parcel] = chance.sample(agents, len(agents))
        for parcel in shuffled[::2]:
            exchange.accept([parcel])
        exchange.enter(outside, round)
        exchange.accept(shuffled[1::2])
        tidy.enter(outside, round)
        tidy.accept(agents)
        deliveries, as_always = exchange.deliver(round + 1), tidy.deliver(round + 1)
        words_heard = {who: [p.payload for p in i] for who, i in deliveries.inboxes.items()}
        assert words_heard == reading.hear(outside, agents, round + 1)
        assert list(words_heard) == sorted(words_heard)
        assert deliveries.writes == as_always.writes
        assert deliveries.dead == as_always.dead
        events.deliver(deliveries)
        tidy_events.deliver(as_always)
        assert events.value == tidy_events.value
        check_law(exchange, deliveries.dead)
    assert exchange.statistics() == tidy.statistics()


def check_law(exchange: Exchange, dead: Sequence[Any]) -> None:
    now = exchange.statistics()
    assert now.addressed == now.delivered + sum(now.dead.values())
    assert now.waiting == 0
    for letter in dead:
        assert letter.receivers
        # Sorted, whatever order a set of members has today, or as they were named.
        named = letter.parcel.targets or sorted(letter.receivers)
        assert list(letter.receivers) == [name for name in named if name in letter.receivers]


@settings(max_examples=200)
@given(plays)
def test_any_order_of_arrival_gives_the_same_deliveries_and_the_same_digest(plan: Any) -> None:
    play(Exchange, plan)


@pytest.mark.soak
@settings(max_examples=10_000)
@given(plays)
def test_ten_thousand_orders_of_arrival_give_the_same_deliveries(plan: Any) -> None:
    play(Exchange, plan)


# One rule taken out


class SubscribesAtOnce(Exchange):
    def deliver(self, round: int) -> Any:
        self._subscribe(self._waiting)
        return super().deliver(round)


class NeverUnsubscribes(Exchange):
    def _subscribe(self, parcels: Any) -> None:
        super()._subscribe([p for p in parcels if p.kind is not Kind.UNSUBSCRIBE])


class SubscribesInOrderOfArrival(Exchange):
    def _subscribe(self, parcels: Any) -> None:
        super()._subscribe(sorted(parcels, key=lambda p: -p.number))


class HearsTwice(Exchange):
    def deliver(self, round: int) -> Any:
        waiting = list(self._waiting)
        deliveries = super().deliver(round)
        self._waiting = waiting[:1]
        return deliveries


class OutsideIsAnAgentLikeOthers(Exchange):
    def enter(self, parcels: Any, round: int) -> None:
        self.accept([p._replace(sender="outsider") for p in parcels])


class OutsideKeepsItsNumbers(Exchange):
    def enter(self, parcels: Any, round: int) -> None:
        self.accept(parcels)


class HearsItself(Mail):
    def _group(self, parcel: Parcel) -> Any:
        return super()._group(parcel._replace(sender="nobody"))


class CreatesTheUnknown(Mail):
    def _group(self, parcel: Parcel) -> Any:
        group = super()._group(parcel)
        return group._replace(there=group.there + group.unknown)


class Unbounded(Mail):
    def _sort_many(self, parcels: Any) -> None:
        for parcel in parcels:
            self.sort([parcel])


class EndlessInboxes(Mail):
    def _thinned(self, receiver: str, inbox: Any, round: int) -> Any:
        return inbox


class FirstByName(Mail):
    def _thinned(self, receiver: str, inbox: Any, round: int) -> Any:
        return super()._thinned(receiver, inbox, 0)


class UnsortedReceivers(Mail):
    def close(self, round: int) -> Any:
        return dict(reversed(super().close(round).items()))


def as_they_came(parcels: Any) -> list[Parcel]:
    return list(parcels)


def by_sender_alone(parcels: Any) -> list[Parcel]:
    return sorted(parcels, key=lambda p: (p.sender != OUTSIDE, p.sender))


def without_the_phase(parcels: Any) -> list[Parcel]:
    return sorted(parcels, key=lambda p: (p.sender != OUTSIDE, p.sender, p.round, p.number))


def first_come_first_heard(parcels: Any, bound: int, round: int) -> list[bool]:
    return [i < bound for i in range(len(parcels))]


@pytest.mark.parametrize(
    ("where", "part", "mutant"),
    [
        (exchange_module, "Exchange", SubscribesAtOnce),
        (exchange_module, "Exchange", NeverUnsubscribes),
        (exchange_module, "Exchange", SubscribesInOrderOfArrival),
        (exchange_module, "Exchange", HearsTwice),
        (exchange_module, "Exchange", OutsideIsAnAgentLikeOthers),
        (exchange_module, "Exchange", OutsideKeepsItsNumbers),
        (exchange_module, "Mail", HearsItself),
        (exchange_module, "Mail", CreatesTheUnknown),
        (exchange_module, "Mail", Unbounded),
        (exchange_module, "Mail", EndlessInboxes),
        (exchange_module, "Mail", FirstByName),
        (exchange_module, "Mail", UnsortedReceivers),
        (exchange_module, "in_order", as_they_came),
        (exchange_module, "in_order", by_sender_alone),
        (exchange_module, "in_order", without_the_phase),
        (mail_module, "fair_share", first_come_first_heard),
    ],
)
def test_a_rule_taken_out_is_caught(
    where: Any, part: str, mutant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, part, mutant)
    kind = mutant if part == "Exchange" else Exchange

    @settings(
        max_examples=2000,
        database=None,
        derandomize=True,
        phases=[Stage.generate],
        report_multiple_bugs=False,
    )
    @given(plays)
    def check(plan: Any) -> None:
        play(kind, plan)

    with pytest.raises(AssertionError):
        check()
