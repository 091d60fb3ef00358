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
from antiphon.coordination.talk.mail import Bounds, Mail
from antiphon.models.outbox import OUTSIDE, Kind, Outbox, Parcel, Phase
from antiphon.tests.coordination.talk.speech import MEMBERS, said
from hypothesis import Phase as Stage
from hypothesis import given, settings
from hypothesis import strategies as st

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
