"""Whatever is sent and read in whichever order, a crowd keeps its promises."""

from __future__ import annotations

from collections import Counter
from typing import Any

import hypothesis.strategies as st
import pytest
from antiphon.actors.mail.counts import check_law
from antiphon.actors.mail.dead_letters import Reason
from antiphon.actors.mail.overflow import OVERFLOWS
from antiphon.actors.mailbox import FEW
from antiphon.tests.actors.letter_box import Call, Halt, Note, Sight, bounded, dead_of, put, read
from hypothesis import given, settings

POLICIES = sorted(OVERFLOWS)
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
