"""One that sends a hundred thousand letters delays nobody's by more than a turn, nor the stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import psutil
import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.mail.counts import check_law
from antiphon.actors.mail.dead_letters import DeadLetters
from antiphon.actors.mail.mailbox_rules import MailboxRules
from antiphon.actors.mail.overflow import OVERFLOWS
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.clock import SystemClock
from antiphon.tests.actors.letter_box import Note
from antiphon.tests.society.test_deadlines import keep_time

FUSE = 10.0
CAPACITY = 1_000
NORMAL = [f"normal-{n}" for n in range(9)]
SENDERS = 1 + len(NORMAL)
EACH = 0.25
"""Seconds, virtual ones, that a simulated reader takes for a letter."""
now = SystemClock().now


class Reader(Actor):
    """Keeps what it reads, when it is let."""

    def __init__(self, **options: Any) -> None:
        super().__init__("reader", **options)
        self.dead_letters = DeadLetters(100)
        self.actor_inbox.rules = MailboxRules(CAPACITY, OVERFLOWS["drop_oldest"], self.dead_letters)
        self.notes: list[Note] = []
        self.before: Callable[[], object] = lambda: None
        """Called with each letter in hand."""
        self.after: Callable[[], object] = lambda: None

    def on_receive(self, message: Any) -> None:
        self.before()
        self.notes.append(message)
        self.after()


class Desk(Protocol):
    """A reader on some dispatcher, who reads so many letters as the test wants."""

    reader: Reader

    def let_read(self, count: int) -> None: ...

    def stop(self) -> None:
        """Stop it while it has a letter in hand."""
        ...


class ThreadDesk:
    def __init__(self, dispatcher: ThreadedDispatcher | PooledDispatcher) -> None:
        self.reader = Reader()
        self.permits, self.read = threading.Semaphore(0), threading.Semaphore(0)
        self.reader.before = lambda: self.permits.acquire(timeout=FUSE)
        self.reader.after = self.read.release
        self.dispatcher = dispatcher
        dispatcher.start([self.reader], FUSE)

    def let_read(self, count: int) -> None:
        self.permits.release(count)
        for _ in range(count):
            assert self.read.acquire(timeout=FUSE)

    def stop(self) -> None:
        self.reader.request_stop()
        self.permits.release(CAPACITY)
        assert self.dispatcher.stop([self.reader], FUSE) == []


class SimulatedDesk:
    def __init__(self) -> None:
        self.dispatcher = SimulatedDispatcher()
        self.clock = self.dispatcher.clock
        self.reader = Reader(clock=self.clock)
        self.reader.before = lambda: self.clock.advance(EACH)
        self.dispatcher.start([self.reader], FUSE)

    def let_read(self, count: int) -> None:
        self.clock.advance(EACH * count)

    def stop(self) -> None:
        assert self.dispatcher.stop([self.reader], FUSE) == []


DESKS: dict[str, Callable[[], Desk]] = {
    "threaded": lambda: ThreadDesk(ThreadedDispatcher()),
    "pooled": lambda: ThreadDesk(PooledDispatcher()),
    "simulated": SimulatedDesk,
}


@pytest.fixture(params=sorted(DESKS))
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    desk = DESKS[request.param]()
    yield desk
    desk.stop()


def flood(desk: Desk, count: int) -> list[int]:
    """Send so many from one and now and then one from each other; give how long these waited."""
    address, delays = Address(desk.reader), []
    for number in range(count):
        address.tell(Note("flooder", number))
        if number % 1_000 == 999:
            for sender in NORMAL:
                address.tell(Note(sender, number))
            read = len(desk.reader.notes)
            desk.let_read(2 * SENDERS)
            # Only now: what comes while the reader takes a letter is counted by the reader.
            assert desk.reader.actor_inbox.waiting() <= CAPACITY
            latest = desk.reader.notes[read:]
            delays += [latest.index(Note(sender, number)) for sender in NORMAL]
    return delays


def test_nine_wait_for_one_turn_while_one_floods(desk: Desk) -> None:
    delays = flood(desk, 20_000)
    assert len(delays) == 20 * len(NORMAL)
    # One letter is in hand, and in a turn each has one of theirs read.
    assert max(delays) <= SENDERS
    assert {letter.message.sender for letter in desk.reader.dead_letters.last()} == {"flooder"}


@pytest.mark.alone
@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(DESKS))
def test_a_hundred_thousand_take_no_room_and_a_stop_behind_them_no_time(name: str) -> None:
    def attempt() -> float:
        desk = DESKS[name]()
        flood(desk, 2 * CAPACITY)  # whatever is made once is there now
        before = psutil.Process().memory_info().rss
        delays = flood(desk, 100_000)
        assert max(delays) <= SENDERS
        assert psutil.Process().memory_info().rss - before < 5e6
        began = now()
        desk.stop()
        return now() - began - 0.1

    keep_time(attempt)


def test_a_stop_is_next_though_a_full_backlog_waits(desk: Desk) -> None:
    for number in range(2 * CAPACITY):
        Address(desk.reader).tell(Note("flooder", number))
    desk.let_read(3)
    desk.stop()
    # The fourth was in hand.
    assert 3 <= len(desk.reader.notes) <= 4
    assert desk.reader.actor_inbox.waiting() == 0
    check_law([desk.reader.actor_inbox], desk.reader.dead_letters)


# Inline nobody sends while another reads, but whoever is at work itself.


def flood_inline(count: int, then: Callable[[Reader], object]) -> Reader:
    """Have an actor send so many, and one from each other, while it has a letter in hand."""
    dispatcher, reader = InlineDispatcher(), Reader()

    class Flooder(Actor):
        def on_receive(self, message: Any) -> None:
            for number in range(count):
                Address(reader).tell(Note("flooder", number))
                assert reader.actor_inbox.waiting() <= CAPACITY
            for sender in NORMAL:
                Address(reader).tell(Note(sender))
            then(reader)

    flooder = Flooder("flooder")
    dispatcher.start([reader, flooder], FUSE)
    Address(flooder).tell("now")
    dispatcher.stop([reader, flooder], FUSE)
    check_law([reader.actor_inbox], reader.dead_letters)
    return reader


def test_inline_nine_wait_for_one_turn_behind_a_flood() -> None:
    reader = flood_inline(10_000, lambda _: None)
    assert {note.sender for note in reader.notes[:SENDERS]} == {"flooder", *NORMAL}
    assert len(reader.notes) == CAPACITY


def test_inline_a_stop_is_next_though_a_full_backlog_waits() -> None:
    assert flood_inline(2 * CAPACITY, Reader.request_stop).notes == []


def test_inline_a_stopped_actor_is_ended_once_however_many_letters_announced_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[Actor] = []
    finish = Actor.finish
    monkeypatch.setattr(Actor, "finish", lambda actor: (ended.append(actor), finish(actor)))
    reader = flood_inline(2 * CAPACITY, Reader.request_stop)
    # By its turn, and by the dispatcher's stop.
    assert ended.count(reader) <= 2


@pytest.mark.alone
@pytest.mark.soak
def test_inline_a_hundred_thousand_take_no_room() -> None:
    flood_inline(2 * CAPACITY, lambda _: None)
    before = psutil.Process().memory_info().rss
    reader = flood_inline(100_000, lambda _: None)
    assert psutil.Process().memory_info().rss - before < 5e6
    assert {note.sender for note in reader.notes[:SENDERS]} == {"flooder", *NORMAL}
