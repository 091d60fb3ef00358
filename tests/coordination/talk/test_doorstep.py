"""However much comes from outside while a round is open, little waits, and nobody hears less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from antiphon.coordination.talk import doorstep as doorstep_module
from antiphon.coordination.talk import exchange as exchange_module
from antiphon.coordination.talk.doorstep import Doorstep
from antiphon.coordination.talk.exchange import Exchange
from antiphon.coordination.talk.mail import Bounds, DeadLetter
from antiphon.models.outbox import OUTSIDE, Outbox, Parcel
from hypothesis import given, settings
from hypothesis import strategies as st

MEMBERS = dict.fromkeys("abc").keys()
BOUNDS = Bounds(per_sender=2)


class TakesAllIn(Doorstep):
    """As simple as can be."""

    def add(self, parcel: Parcel) -> Sequence[DeadLetter]:
        self._waiting.append(parcel)
        return ()


def post(what: str) -> tuple[Parcel, ...]:
    """Say one thing outside, of a letter and to whom or by which topic."""
    outbox = Outbox(OUTSIDE)
    match what[0]:
        case "t":
            outbox.tell_many(list(what[1:]), what)
        case "b":
            outbox.broadcast(what)
        case "p":
            outbox.publish(what[1:], what)
        case "s":
            outbox.subscribe(what[1:])
        case "u":
            outbox.unsubscribe(what[1:])
    return outbox.take()


TOLD = ["ta", "tb", "tc", "tab", "tbc", "tabc", "tx", "tax", "b"]
ON_TOPICS = ["px", "py", "pz", "pxx", "sx", "sy", "s*", "s**", "ux", "u*", "u**"]
WORDS = st.sampled_from([*TOLD, *ON_TOPICS])


def told(posts: Sequence[str], *, room: int) -> tuple[Any, ...]:
    """Let all of it in at once; say who hears what, what is dead, and by what is listened."""
    exchange = Exchange(MEMBERS, BOUNDS, room=room)
    listens = Outbox("a", round=1)
    listens.subscribe("x")
    listens.subscribe("y")
    exchange.accept(listens.take())
    exchange.deliver(1)
    exchange.died("c", "gone", 1)
    exchange.deliver(1)
    dead = [letter for what in posts for letter in exchange.enter(post(what), 1)]
    now = exchange.deliver_from_outside(2)
    buried = Counter(
        (letter.parcel.number, who, str(letter.reason))
        for letter in [*dead, *now.dead]
        for who in letter.receivers
    )
    figures = exchange.statistics()
    return (
        {who: [p.number for p in inbox] for who, inbox in now.inboxes.items()},
        buried,
        (dict(figures.dead), figures.unheard, figures.delivered),
        exchange._subscriptions.patterns(OUTSIDE),
    )


@given(posts=st.lists(WORDS, max_size=60), room=st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_who_hears_what_is_as_if_all_had_waited(posts: list[str], room: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exchange_module, "Doorstep", TakesAllIn)
        plain = told(posts, room=1)
    assert told(posts, room=room) == plain


def test_no_more_waits_than_somebody_may_hear_of_one_sender() -> None:
    exchange = Exchange(MEMBERS, Bounds(per_sender=5), room=20)
    most = 0
    for number in range(3_000):
        other = f"p{number}" if number % 3 else f"u{number % 2}"
        for what in ("ta", "tb", "tab", "tbc", "b", f"sx{number % 2}", other):
            exchange.enter(post(what), 1)
            most = max(most, exchange.from_outside)
    assert most <= 2 * (20 + 3 * 5)


def test_no_topic_is_remembered_on_which_nobody_heard_anything() -> None:
    exchange = Exchange(MEMBERS, Bounds(per_sender=5), room=20)
    most = 0
    for number in range(3_000):
        for what in (f"p{number % 1_000}-{number}", f"p{number // 10}"):
            exchange.enter(post(what), 1)
            doorstep = exchange._doorstep
            most = max(most, len(doorstep._times), len(doorstep._floods))
    assert most <= 2 * 20
    assert exchange.deliver_from_outside(2).inboxes == {}
    assert exchange.statistics().unheard == 6_000


def test_of_what_is_published_as_newest_the_last_is_heard_after_any_flood() -> None:
    exchange = Exchange(MEMBERS, BOUNDS, room=10)
    listens = Outbox("a", round=1)
    listens.subscribe("**")
    exchange.accept(listens.take())
    exchange.deliver(1)
    for number in range(50):
        outbox = Outbox(OUTSIDE)
        outbox.publish("oil", number, newest=True)
        exchange.enter(outbox.take(), 1)
    assert exchange.from_outside <= 10
    (heard,) = exchange.deliver_from_outside(2).inboxes["a"]
    assert heard.payload == 49
    assert exchange.statistics().outdated == 49


# One rule taken out


class NeverLooks(Doorstep):
    def _weed_out(self) -> Sequence[DeadLetter]:
        return ()


class ForgetsWhoListens(Doorstep):
    def _weed_out(self) -> Sequence[DeadLetter]:
        dead = super()._weed_out()
        self._waiting = [p for p in self._waiting if p.kind in doorstep_module.HEARD]
        return dead


class TurnsAwayTooEarly(Doorstep):
    def add(self, parcel: Parcel) -> Sequence[DeadLetter]:
        self._times[parcel.kind, parcel.name, parcel.targets] += 1
        return super().add(parcel)


class TurnsAwayInSilence(Doorstep):
    def _turn_away(self, parcel: Parcel, about: Any) -> Sequence[DeadLetter]:
        return ()


@pytest.mark.parametrize("mutant", [ForgetsWhoListens, TurnsAwayTooEarly, TurnsAwayInSilence])
def test_a_rule_taken_out_is_heard(mutant: type, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [*["ta"] * 5, "b", "sx", "px", "tb", "tc", "px"]
    expected = told(posts, room=4)
    monkeypatch.setattr(exchange_module, "Doorstep", mutant)
    assert told(posts, room=4) != expected


def test_one_that_never_looks_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange_module, "Doorstep", NeverLooks)
    with pytest.raises(AssertionError):
        test_no_more_waits_than_somebody_may_hear_of_one_sender()
