"""In a crowd everybody has a turn, nobody is pushed out by a flood, and a stop waits for none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from antiphon.actors.future import Future
from antiphon.actors.mail.dead_letters import Reason
from antiphon.actors.mail.overflow import OVERFLOWS
from antiphon.actors.mailbox import FEW, Letter, Mailbox
from antiphon.actors.messages import Request
from antiphon.errors import MailboxFullError, OutdatedError
from antiphon.tests.actors.letter_box import (
    Call,
    Halt,
    Note,
    Sight,
    ask,
    bounded,
    dead_of,
    notes,
    put,
    read,
    read_all,
)
from pykka.messages import _ActorStop

POLICIES = sorted(OVERFLOWS)
MANY = 5 * FEW


def senders_of(messages: list[Any]) -> list[str]:
    return [message.sender for message in messages]


def died(mailbox: Mailbox) -> list[tuple[Any, Reason]]:
    return [(letter.message, letter.reason) for letter in dead_of(mailbox).last()]


def test_a_few_letters_are_read_as_they_came_and_need_no_lanes() -> None:
    mailbox = Mailbox()
    mixed = [Note("ab"[i % 2], i) for i in range(FEW)]
    put(mailbox, *mixed)
    assert mailbox.lanes is None
    assert read_all(mailbox) == mixed


@pytest.mark.parametrize("flood", [notes("a", range(MANY)), list(range(MANY))])
def test_any_number_from_one_sender_is_read_as_it_came_and_needs_no_lanes(
    flood: list[Any],
) -> None:
    mailbox = Mailbox()
    put(mailbox, *flood)
    assert mailbox.lanes is None
    assert read_all(mailbox) == flood


def test_senders_of_a_crowd_are_read_in_turn() -> None:
    mailbox = Mailbox()
    put(mailbox, *notes("a", range(MANY)), *notes("b", range(3)), *notes("c", range(2)))
    assert "".join(senders_of(read_all(mailbox))[:9]) == "abcabcaba"


def test_messages_without_a_name_are_one_sender() -> None:
    mailbox = Mailbox()
    put(mailbox, *range(MANY), "text", *notes("a", range(2)))
    first = [read(mailbox) for _ in range(4)]
    assert first == [0, Note("a", 0), 1, Note("a", 1)]


def test_the_kernel_is_a_sender_of_its_own_that_nobody_can_pose_as() -> None:
    mailbox = Mailbox()
    put(mailbox, *range(MANY), Call("x", 1), Call("y", 2))
    assert [read(mailbox) for _ in range(4)] == [0, Call("x", 1), 1, Call("y", 2)]


def test_a_crowd_that_has_been_read_leaves_nothing_behind() -> None:
    mailbox = Mailbox()
    put(mailbox, *notes("a", range(MANY)), *notes("b", range(3)))
    read_all(mailbox)
    assert mailbox.lanes is None
    assert mailbox.empty()
    assert not mailbox.letters


def test_what_waits_in_lanes_shows_in_the_letters() -> None:
    mailbox = Mailbox()
    put(mailbox, *notes("a", range(MANY)), *notes("b", range(3)))
    for left in range(MANY + 3, 0, -1):
        assert mailbox.waiting() == left
        assert mailbox.letters
        assert not mailbox.empty()
        read(mailbox)
    assert mailbox.waiting() == 0
    assert mailbox.empty()


def test_one_more_wake_in_a_crowd_is_no_letter() -> None:
    mailbox = Mailbox()
    crowd = [*notes("a", range(MANY)), *notes("b", range(3))]
    put(mailbox, *crowd)
    read(mailbox)
    mailbox.wake()
    assert mailbox.waiting() == len(crowd) - 1
    assert len(read_all(mailbox)) == len(crowd) - 1
    assert mailbox.empty()


class Awkward:
    """A message that makes it hard to ask for its sender."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender

    @property
    def sender(self) -> Any:
        if isinstance(self._sender, Exception):
            raise self._sender
        return self._sender


class AwkwardNote(Awkward):
    handling = Note.handling


class Misnamed:
    handling = "with care"
    sender = "a"


@pytest.mark.parametrize(
    "message",
    [Awkward(ValueError()), AwkwardNote([]), AwkwardNote(None), AwkwardNote(3), Misnamed(), None],
)
def test_a_message_that_says_nothing_sensible_of_its_sender_has_none(message: Any) -> None:
    mailbox = bounded(FEW + 2)
    put(mailbox, *range(FEW), Note("a"), message, *range(3))
    assert mailbox.lanes is not None
    died_of = Counter(letter.sender for letter in dead_of(mailbox).last())
    assert died_of == {None: 3}


@pytest.mark.parametrize("others", [1, 2, FEW, MANY])
def test_a_control_message_overtakes_all_that_waits(others: int) -> None:
    mailbox = Mailbox()
    put(mailbox, *notes("a", range(others)), Halt("b", 1), *notes("a", [others]), Halt("c", 2))
    assert [read(mailbox) for _ in range(2)] == [Halt("b", 1), Halt("c", 2)]
    assert read_all(mailbox) == notes("a", range(others + 1))


def test_a_stop_as_pykka_sends_it_overtakes_all_that_waits() -> None:
    mailbox = bounded(10)
    put(mailbox, *notes("a", range(3)))
    stop = Letter(_ActorStop(), Future())
    mailbox.put(stop)
    assert mailbox.get(0) is stop


def test_control_and_the_kernel_find_room_in_a_full_mailbox() -> None:
    mailbox = bounded(3)
    put(mailbox, *notes("a", range(9)), *[Call("k", i) for i in range(5)], Halt("h"))
    put(mailbox, *notes("a", range(9, 20)))
    first, *rest = read_all(mailbox)
    assert first == Halt("h")
    assert Counter(map(type, rest)) == {Note: 3, Call: 5}
    assert [message for message in rest if type(message) is Note] == notes("a", range(3))
    assert Counter(type(m) for m, _ in died(mailbox)) == {Note: 17}


def test_of_messages_of_which_only_the_newest_counts_the_older_is_handed_back() -> None:
    mailbox = bounded(None)
    first = ask(mailbox, Sight("a", 1))
    put(mailbox, Note("a", 2), Sight("b", 3))
    second = ask(mailbox, Sight("a", 4))
    with pytest.raises(OutdatedError, match="a newer one came before reader read this"):
        first.get(timeout=0)
    put(mailbox, Sight("a", 5))
    assert second.is_set()
    assert [m for m in read_all(mailbox) if m.sender == "a"] == [Note("a", 2), Sight("a", 5)]
    assert died(mailbox) == [(Sight("a", n), Reason.CONFLATED) for n in (1, 4)]


def test_a_message_that_was_read_is_not_outdated_any_more() -> None:
    mailbox = bounded(None)
    put(mailbox, Note("a", 0), Sight("a", 1))
    assert read_all(mailbox) == [Note("a", 0), Sight("a", 1)]
    put(mailbox, Note("a", 2), Sight("a", 3), Note("b", 4))
    assert read(mailbox) == Note("a", 2)
    assert read(mailbox) == Note("b", 4)
    assert read(mailbox) == Sight("a", 3)
    put(mailbox, Sight("a", 5))
    assert read_all(mailbox) == [Sight("a", 5)]
    assert died(mailbox) == []


def test_a_flood_of_them_takes_the_room_of_one_while_nobody_reads() -> None:
    mailbox = bounded(None, kept=0)
    put(mailbox, Note("a", 0))
    for number in range(1000):
        put(mailbox, Sight("a", number))
        assert mailbox.waiting() <= 2
        assert len(mailbox.letters) < FEW
    assert read_all(mailbox) == [Note("a", 0), Sight("a", 999)]


def test_a_full_mailbox_refuses_with_a_typed_error() -> None:
    mailbox = bounded(2)
    put(mailbox, *notes("a", range(2)))
    with pytest.raises(MailboxFullError, match="the mailbox of reader is full: it holds 2") as info:
        ask(mailbox, Note("a", 2)).get(timeout=0)
    assert (info.value.receiver, info.value.capacity) == ("reader", 2)
    assert died(mailbox) == [(Note("a", 2), Reason.REFUSED)]


class Errand(Request):
    handling = Note.handling

    def __init__(self, sender: str = "a") -> None:
        self.sender = sender
        self.lost: list[BaseException] = []

    def lose(self, error: BaseException) -> None:
        self.lost.append(error)


def test_a_request_that_finds_no_room_is_lost_with_the_same_error() -> None:
    mailbox = bounded(1)
    errand = Errand()
    put(mailbox, Note("a"), errand)
    assert [type(error) for error in errand.lost] == [MailboxFullError]


@pytest.mark.parametrize(
    ("overflow", "kept", "reason"),
    [
        ("refuse", [0, 1, 2], Reason.REFUSED),
        ("drop_newest", [0, 1, 5], Reason.DROPPED_NEWEST),
        ("drop_oldest", [3, 4, 5], Reason.DROPPED_OLDEST),
    ],
)
def test_each_policy_lets_another_of_the_senders_letters_go(
    overflow: str, kept: list[int], reason: Reason
) -> None:
    mailbox = bounded(3, overflow)
    put(mailbox, *notes("a", range(6)))
    gone = sorted(set(range(6)) - set(kept))
    assert sorted(died(mailbox), key=str) == [(Note("a", n), reason) for n in gone]
    assert read_all(mailbox) == notes("a", kept)


@pytest.mark.parametrize("overflow", POLICIES)
def test_a_flood_pushes_out_nobody_elses_letters(overflow: str) -> None:
    mailbox = bounded(10, overflow)
    put(mailbox, *notes("flooder", range(50)))
    put(mailbox, *notes("b", range(3)), *notes("flooder", range(50, 99)), *notes("c", range(2)))
    left = Counter(senders_of(read_all(mailbox)))
    assert left == {"flooder": 5, "b": 3, "c": 2}
    assert {message.sender for message, _ in died(mailbox)} == {"flooder"}


@pytest.mark.parametrize(("overflow", "kept"), [("refuse", "a"), ("drop_newest", "b")])
def test_of_equals_the_one_that_comes_is_refused_or_has_the_place(overflow: str, kept: str) -> None:
    mailbox = bounded(1, overflow)
    put(mailbox, Note("a"), Note("b"))
    assert senders_of(read_all(mailbox)) == [kept]
