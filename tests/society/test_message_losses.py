"""Nothing that is lost or waits is hidden: it is recorded, listened to, counted and warned of."""

from __future__ import annotations

import dataclasses
import logging
import threading
from functools import partial
from typing import Any

import pytest
from antiphon.actors.mail.counts import Counts
from antiphon.actors.mail.dead_letters import DeadLetter
from antiphon.actors.mailbox import Mailbox
from antiphon.actors.statistics import KernelStatistics, MailboxStatistics
from antiphon.coordination.talk import pigeonholes
from antiphon.errors import LostLetterError
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.settings import talk_probes
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import (
    THREADS,
    Act,
    Speaker,
    dispatchers,
    in_round,
    quiet,
    society_of,
    step,
    words,
)

on_threads = pytest.mark.parametrize("dispatcher", THREADS)


def listened(society: Society) -> list[DeadLetter]:
    heard: list[DeadLetter] = []
    society.dead_letters.listen(heard.append)
    return heard


def dead(society: Society) -> dict[str, int]:
    return dict(society.health().kernel.dead_letters)


def warned(society: Society) -> set[str]:
    return {warning.key for warning in society.health().warnings}


def says(*said: Any) -> Act:
    def act(context: Context) -> int:
        for word in said:
            context.tell("b", word)
        return 0

    return act


@dispatchers
@pytest.mark.parametrize(
    ("bound", "reason"),
    [("heard_per_sender", "sender_floods"), ("heard_per_round", "receiver_flooded")],
)
def test_what_is_too_much_to_be_heard_is_recorded(bound: str, reason: str, dispatcher: str) -> None:
    acts = {"a": says(*range(9)), "b": quiet}
    settings: dict[str, Any] = {bound: 2}
    with society_of(acts, dispatcher=dispatcher, **settings) as society:
        heard = listened(society)
        for _ in range(3):
            step(society)
        assert dead(society) == {reason: 2 * 7}
        assert [letter.message.payload for letter in heard] == [2, 3, 4, 5, 6, 7, 8] * 2
        assert {(x.reason, x.receiver, x.sender) for x in heard} == {(reason, "b", "a")}
        assert "letters.dead" in warned(society)


@dispatchers
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
def test_what_is_told_to_nobody_is_recorded(delivery: str, dispatcher: str) -> None:
    acts: dict[str, Act] = {
        "a": in_round({1: lambda c: c.tell_many(["x", "b", "y"], 1)}),
        "b": quiet,
    }
    with society_of(acts, dispatcher=dispatcher, delivery=delivery) as society:
        heard = listened(society)
        step(society)
        step(society)
        assert [(x.reason, x.receiver) for x in heard] == [("unknown", "x"), ("unknown", "y")]
        assert dead(society) == {"unknown": 2}


@dispatchers
def test_a_flood_from_outside_while_a_round_is_open_is_recorded(
    dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    def flood(context: Context) -> None:
        for n in range(300):
            society.tell("b", n)

    acts: dict[str, Act] = {"a": in_round({2: flood}), "b": quiet}
    with society_of(acts, dispatcher=dispatcher, heard_per_sender=5) as society:
        heard = listened(society)
        for _ in range(3):
            step(society)
        assert words(society, "b") == [0, 1, 2, 3, 4]
        assert dead(society) == {"sender_floods": 295}
        assert [letter.message.payload for letter in heard] == [*range(5, 300)]
        assert "letters.dead" in warned(society)
    (line,) = [x for x in caplog.text.splitlines() if "messages.undelivered" in x]
    assert "count=295 reason=sender_floods" in line


@on_threads
def test_what_waits_outside_for_the_end_of_a_round_is_seen(
    dispatcher: str, let_go: threading.Event
) -> None:
    came = {agent_id: threading.Event() for agent_id in "ab"}

    def hang(context: Context) -> None:
        came["a"].set()
        assert let_go.wait(FUSE)

    def look() -> None:
        # Else the call of one of them may still be waiting in its mailbox.
        assert all(event.wait(FUSE) for event in came.values())
        for n in range(4):
            society.tell("b", n)
        society._running.ensemble.busy()  # the coordinator has come as far
        seen.append(society.health().kernel)
        let_go.set()

    seen: list[KernelStatistics] = []
    acts: dict[str, Act] = {
        "a": in_round({2: hang}),
        "b": in_round({2: lambda context: came["b"].set()}),
    }
    with society_of(acts, dispatcher=dispatcher, heard_per_sender=3) as society:
        step(society)
        outside = threading.Thread(target=look)
        outside.start()
        step(society)
        outside.join(FUSE)
        assert seen[0].largest == (MailboxStatistics("coordinator", 3, 10_000),)
        assert seen[0].dead_letters == {"sender_floods": 1}


@dispatchers
@pytest.mark.parametrize(
    ("overflow", "reason", "stays"),
    [
        ("refuse", "refused", [1, 2, 3, 4, 5]),
        ("drop_newest", "dropped_newest", [1, 2, 3, 4, 12]),
        ("drop_oldest", "dropped_oldest", [8, 9, 10, 11, 12]),
    ],
)
def test_mail_that_waits_is_seen_and_bounded_as_in_a_mailbox(
    overflow: str, reason: str, stays: list[int], dispatcher: str
) -> None:
    said = {number: says(*range(4 * number - 3, 4 * number + 1)) for number in (1, 2, 3)}
    acts = {"a": in_round(said), "b": quiet}
    settings: dict[str, Any] = {
        "dispatcher": dispatcher,
        "overflow": overflow,
        "mailbox_capacity": 5,
    }
    with society_of(acts, **settings) as society:
        heard = listened(society)
        for _ in range(4):
            step(society, "a")
        kernel = society.health().kernel
        assert (kernel.waiting, kernel.largest) == (5, (MailboxStatistics("b", 5, 5),))
        assert dead(society) == {reason: 7}
        assert {(x.reason, x.receiver, x.sender) for x in heard} == {(reason, "b", "a")}
        assert {"mailboxes.full", "letters.dead"} <= warned(society)
        step(society, "b")
        assert words(society, "b") == stays
        assert society.health().kernel.waiting == 0
        assert "mailboxes.full" not in warned(society)


@dispatchers
def test_a_mailbox_that_is_nearly_full_is_warned_of_by_its_share(dispatcher: str) -> None:
    acts = {"a": says(*range(9)), "b": quiet}
    with society_of(acts, dispatcher=dispatcher, mailbox_capacity=10) as society:
        for _ in range(2):
            step(society, "a")
        assert "mailboxes.full" in warned(society)
        (full,) = society.health().kernel.largest
        assert (full.waiting, full.capacity) == (9, 10)
    with society_of(acts, dispatcher=dispatcher, mailbox_capacity=12) as society:
        for _ in range(2):
            step(society, "a")
        assert "mailboxes.full" not in warned(society)


@on_threads
def test_with_immediate_delivery_too(dispatcher: str, let_go: threading.Event) -> None:
    acts = {"a": quiet, "b": lambda context: let_go.wait(FUSE)}
    settings: dict[str, Any] = {
        "dispatcher": dispatcher,
        "delivery": "immediate",
        "mailbox_capacity": 10,
    }
    with society_of(acts, **settings) as society:
        step(society, timeout=0.2)
        for n in range(9):
            society.tell("b", n)
        assert society.health().kernel.largest == (MailboxStatistics("b", 9, 10),)
        assert "mailboxes.full" in warned(society)
        let_go.set()


def test_what_bounds_mailboxes_bounds_letters_that_come_at_once() -> None:
    at_once = partial(talk_probes.heard, delivery="immediate")
    assert at_once(mailbox_capacity=1) != at_once(mailbox_capacity=None)
    bounded = partial(at_once, mailbox_capacity=1)
    assert bounded(overflow="refuse") != bounded(overflow="drop_oldest")


@dispatchers
def test_what_waits_for_the_world_outside_is_bounded_with_immediate_delivery(
    dispatcher: str,
) -> None:
    acts: dict[str, Act] = {"a": in_round({1: lambda c: [c.tell("outside", n) for n in range(7)]})}
    settings: dict[str, Any] = {
        "dispatcher": dispatcher,
        "delivery": "immediate",
        "mailbox_capacity": 4,
    }
    with society_of(acts, **settings) as society:
        heard = listened(society)
        assert step(society).said_to_outside == [("a", n) for n in (3, 4, 5, 6)]
        assert dead(society) == {"undeliverable": 3}
        assert [x.message.payload for x in heard] == [0, 1, 2]


@dispatchers
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
def test_who_listens_may_speak(delivery: str, dispatcher: str) -> None:
    acts: dict[str, Act] = {"a": in_round({1: lambda c: c.tell("ghost", 1)}), "b": quiet}
    with society_of(acts, dispatcher=dispatcher, delivery=delivery) as society:
        society.start()
        society.dead_letters.listen(lambda letter: society.tell("b", str(letter.reason)))
        step(society)
        step(society)
        step(society)
        assert words(society, "b") == ["unknown"]


@dispatchers
def test_mail_that_goes_astray_is_found_at_the_end(
    dispatcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pop = pigeonholes.Pigeonholes._pop
    monkeypatch.setattr(pigeonholes.Pigeonholes, "_pop", lambda *given: pop(*given)[1:])
    society = society_of({"a": says(1, 2), "b": quiet}, dispatcher=dispatcher)
    for who in ("a", "a", "b"):
        step(society, who)
    with pytest.raises(LostLetterError, match="the waiting mail"):
        society.stop()


@dispatchers
def test_a_letter_of_the_coordinator_that_goes_astray_is_found_at_the_end(
    dispatcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Mailbox.counts

    def miscounted(mailbox: Mailbox) -> Counts:
        whole = counts(mailbox)
        lost = mailbox.owner.name == "coordinator"
        return dataclasses.replace(whole, sent=whole.sent + 1) if lost else whole

    society = society_of({"a": quiet}, dispatcher=dispatcher)
    step(society)
    monkeypatch.setattr(Mailbox, "counts", miscounted)
    with pytest.raises(LostLetterError, match="coordinator"):
        society.stop()


@dispatchers
def test_what_is_lost_leaves_no_mark_on_who_hears_what(dispatcher: str) -> None:
    def babble(context: Context) -> int:
        for n in range(context.rng.integers(9)):
            context.tell("b", n)
            context.broadcast(n)
        return 0

    def heard_by(how: str) -> tuple[Any, ...]:
        names = "acde"
        settings: dict[str, Any] = {"heard_per_sender": 7, "mailbox_capacity": 11, "seed": 3}
        acts = {**dict.fromkeys(names, babble), "b": quiet}
        with society_of(acts, dispatcher=how, **settings) as society:
            letters = listened(society)
            for number in range(8):
                step(society, *names[number % 2 :], *["b"] * (number % 3 == 0))
            told = [(x.reason, x.receiver, x.message.id) for x in letters]
            return words(society, "b"), told, dead(society)

    assert heard_by(dispatcher) == heard_by("inline")
    assert {"sender_floods", "refused"} <= heard_by(dispatcher)[2].keys()


def test_a_listener_is_told_of_every_receiver(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    acts: dict[str, Act] = {"a": in_round({1: lambda c: [c.broadcast(n) for n in range(2)]})}
    with society_of(acts, dispatcher="inline", heard_per_sender=1) as society:
        society.add(Speaker, 150)
        step(society)
        step(society)
        assert dead(society) == {"sender_floods": 150}
        assert len(society.dead_letters.last()) == 100
    assert caplog.text.count("letter.died") == 1
