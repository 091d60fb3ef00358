"""In a crowd everybody has a turn, nobody is pushed out by a flood, and a stop waits for none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import hypothesis.strategies as st
import pytest
from antiphon.actors.counts import check_law
from antiphon.actors.dead_letters import Reason
from antiphon.actors.future import Future
from antiphon.actors.mailbox import FEW, Letter, Mailbox
from antiphon.actors.messages import Request
from antiphon.actors.overflow import OVERFLOWS
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
from hypothesis import given, settings
from pykka.messages import _ActorStop

POLICIES = sorted(OVERFLOWS)
MANY = 5 * FEW


def senders_of(messages: list[Any]) -> list[str]:
    return [message.sender for message in messages]


def died(mailbox: Mailbox) -> list[tuple[Any, Reason]]:
    return [(letter.message, letter.reason) for letter in dead_of(mailbox).last()]


# Turns


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


# Control


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
    assert Counter(type(m) for m, _ in died(mailbox)) == {Note: 17}


# Conflation


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


# Overflow


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


# All of it together

SENDS = st.tuples(
    st.sampled_from((Note, Note, Note, Sight, Call, Halt)),
    st.sampled_from("aaaaabcd"),
    st.sampled_from((1, 1, 1, 2, 12, 30)),
)
ACTS = st.lists(st.one_of(SENDS, SENDS, st.integers(1, 12)), max_size=60)


class Watched:
    """A mailbox, and a naive record of what must be in it."""

    def __init__(self, capacity: int | None, overflow: str) -> None:
        self.mailbox = bounded(capacity, overflow)
        self.capacity = capacity
        self.policy = OVERFLOWS[overflow]
        self.waiting: list[Any] = []
        self.reads = 0
        self.last: dict[str, int] = {}
        self.alone: dict[Any, int] = {}
        self.number = self._dead = 0

    def put(self, kind: type[Note], sender: str) -> None:
        message = kind(sender, self.number)
        self.number += 1
        before = list(self.waiting)
        if lane_of(message) not in map(lane_of, before):
            self.alone[message] = self.reads
        self.waiting.append(message)
        put(self.mailbox, message)
        gone = dead_of(self.mailbox).last()[self._dead :]
        self._dead += len(gone)
        for letter in gone:
            self._check_gone(letter.message, letter.reason, before, message)
            self.waiting.remove(letter.message)
            self.alone.pop(letter.message, None)
        assert len([m for m in self.waiting if is_bounded(m)]) <= (self.capacity or self.number)
        assert self.mailbox.waiting() == len(self.waiting)

    def _check_gone(self, gone: Any, reason: Reason, before: list[Any], coming: Note) -> None:
        if reason is Reason.CONFLATED:
            assert type(gone) is type(coming)
            assert gone.sender == coming.sender
            return
        assert reason is self.policy.reason
        pool = [m for m in before if is_bounded(m)]
        assert len(pool) == self.capacity
        if self.policy.spares_the_waiting:
            pool.append(coming)
        shares = Counter(m.sender for m in pool)
        assert shares[gone.sender] == max(shares.values())
        own = [m for m in pool if m.sender == gone.sender]
        assert gone == (own[0] if self.policy.oldest else own[-1])

    def read(self) -> None:
        message = read(self.mailbox)
        if message is None:
            assert not self.waiting
            return
        assert isinstance(message, Halt) or not any(isinstance(m, Halt) for m in self.waiting)
        self.waiting.remove(message)
        lane = lane_of(message)
        assert message.number > self.last.get(lane, -1)
        self.last[lane] = message.number
        if not isinstance(message, Halt):
            self.reads += 1
            assert self.reads - self.alone.pop(message, self.reads) <= FEW


def lane_of(message: Any) -> str:
    named = {Call: "the kernel", Halt: "whoever"}
    return named.get(type(message)) or str(message.sender)


def is_bounded(message: Any) -> bool:
    return not isinstance(message, Call | Halt)


@settings(max_examples=300)
@given(ACTS, st.sampled_from((None, 1, 2, 3, 7, FEW, FEW + 1, 20)), st.sampled_from(POLICIES))
def test_whatever_is_sent_and_read_order_shares_and_bounds_are_kept(
    acts: list[Any], capacity: int | None, overflow: str
) -> None:
    watched = Watched(capacity, overflow)
    for act in acts:
        if isinstance(act, int):
            for _ in range(act):
                watched.read()
        else:
            kind, sender, count = act
            for _ in range(count):
                watched.put(kind, sender)
    while watched.waiting:
        watched.read()
    watched.read()
    check_law([watched.mailbox], dead_of(watched.mailbox))


NORMAL = [f"normal-{i}" for i in range(9)]


@pytest.mark.parametrize(
    ("overflow", "count"), [("refuse", 100_000), ("drop_newest", 20_000), ("drop_oldest", 20_000)]
)
def test_nine_are_heard_in_time_while_one_sends_a_hundred_thousand(
    overflow: str, count: int
) -> None:
    mailbox = bounded(count // 10, overflow, kept=100)
    reads = 0
    arrived: dict[Note, int] = {}
    delays: list[int] = []
    for number in range(count):
        put(mailbox, Note("flooder", number))
        if number % 100 == 0:
            for sender in NORMAL:
                note = Note(sender, number)
                arrived[note] = reads
                put(mailbox, note)
        if number % 9 == 0 and (message := read(mailbox)) is not None:
            reads += 1
            if message.sender != "flooder":
                delays.append(reads - arrived.pop(message))
        if number % 1000 == 0:
            assert mailbox.waiting() <= count // 10
    while (message := read(mailbox)) is not None:
        reads += 1
        if message.sender != "flooder":
            delays.append(reads - arrived.pop(message))
    assert len(delays) == 9 * count // 100
    assert not arrived
    assert max(delays) <= 10
    assert {letter.sender for letter in dead_of(mailbox).last()} == {"flooder"}
    check_law([mailbox], dead_of(mailbox))
