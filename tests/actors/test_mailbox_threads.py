"""What holds of a mailbox with one thread holds with many, wherever they change places."""

from __future__ import annotations

import random
import threading
from typing import Any

import pykka
import pytest
from antiphon.actors.future import Future
from antiphon.actors.mail.counts import check_law
from antiphon.actors.mail.dead_letters import Reason
from antiphon.actors.mailbox import BLANK, FEW, Letter, Mailbox
from antiphon.tests.actors.letter_box import Call, Halt, Note, Sight, bounded, dead_of, put

FUSE = 10.0


def asked(message: Any = "question") -> tuple[Letter, Future[Any]]:
    answer: Future[Any] = Future()
    return Letter(message, answer), answer


@pytest.mark.usefixtures("restless")
def test_counts_are_exact_whoever_puts_at_once() -> None:
    mailbox = bounded(50)
    threads = [threading.Thread(target=put, args=(mailbox, *range(2000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    counts = mailbox.counts()
    assert (counts.sent, counts.dead, counts.queued) == (8000, 7950, 50)
    assert dead_of(mailbox).statistics().counts[Reason.REFUSED] == 7950
    check_law([mailbox], dead_of(mailbox))


class Race:
    """Senders, a reader and somebody who closes, let loose at one moment."""

    def __init__(self, senders: int, each: int, closers: int) -> None:
        self.mailbox = Mailbox()
        self.sent = [[asked() for _ in range(each)] for _ in range(senders)]
        self.read = 0
        self._gate = threading.Barrier(senders + closers + 1)
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(own,)) for own in self.sent]
        self._threads += [threading.Thread(target=self._close) for _ in range(closers)]
        self._threads += [threading.Thread(target=self._read)]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join(FUSE)
        assert not any(thread.is_alive() for thread in self._threads)

    def _send(self, letters: list[tuple[Letter, Any]]) -> None:
        self._gate.wait(FUSE)
        for letter, _ in letters:
            self.mailbox.put(letter)

    def _close(self) -> None:
        self._gate.wait(FUSE)
        self._stopped.set()
        self.mailbox.wake()
        self.mailbox.close()

    def _read(self) -> None:
        self._gate.wait(FUSE)
        while not self._stopped.is_set():
            letter = self.mailbox.get()
            if letter.reply_to is not None:
                self.read += 1
                letter.reply_to.set("read")

    def refused(self) -> int:
        """Count the asks that were handed back; every other one must have been read."""
        count = 0
        for _, answer in (pair for own in self.sent for pair in own):
            try:
                assert answer.get(timeout=0) == "read"
            except pykka.ActorDeadError:
                count += 1
        return count


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("closers", [1, 2])
def test_ten_thousand_asks_that_race_with_the_end_are_all_answered(closers: int) -> None:
    for _ in range(50):
        race = Race(senders=4, each=50, closers=closers)
        race.run()
        assert race.refused() + race.read == 200


@pytest.mark.soak
@pytest.mark.usefixtures("restless")
def test_a_million_asks_that_race_with_the_end_are_all_answered() -> None:
    for _ in range(5000):
        race = Race(senders=4, each=50, closers=2)
        race.run()
        assert race.refused() + race.read == 200


class Rush:
    """Senders of all kinds of messages to a mailbox that holds few, and its reader."""

    def __init__(self, seed: int, *, sleeps: bool, closes: bool) -> None:
        chance = random.Random(seed)
        capacity = chance.choice([None, 1, 2, FEW, 3 * FEW, 100])
        overflow = chance.choice(["refuse", "drop_newest", "drop_oldest"])
        self.mailbox = bounded(capacity, overflow)
        self.read: list[Note] = []
        self._patience = FUSE if sleeps else 0
        self._has_looked = threading.Event()
        self._over = threading.Event()
        kinds = chance.choice([[Note], [Note, Sight], [Note, Note, Note, Sight, Call, Halt]])
        self.sent = [
            [chance.choice(kinds)(sender, number) for number in range(chance.choice([30, 200]))]
            for sender in "abcd"
        ]
        self._gate = threading.Barrier(len(self.sent) + 1 + int(closes))
        self._senders = [threading.Thread(target=self._send, args=(own,)) for own in self.sent]
        self._closers = [threading.Thread(target=self._close)] if closes else []
        self._reader = threading.Thread(target=self._read)

    def run(self) -> None:
        for thread in (*self._senders, *self._closers, self._reader):
            thread.start()
        for thread in (*self._senders, *self._closers):
            thread.join(FUSE)
        # Nobody wakes the reader: it has to have heard of every letter.
        while self._is_owed() and not self._closers:
            assert self._has_looked.wait(FUSE)
            self._has_looked.clear()
        self._over.set()
        self.mailbox.wake()
        self._reader.join(FUSE)
        assert not self._reader.is_alive()

    def _is_owed(self) -> bool:
        counts = self.mailbox.counts()
        return counts.sent != counts.handled + counts.dead

    def _send(self, messages: list[Note]) -> None:
        self._gate.wait(FUSE)
        put(self.mailbox, *messages)

    def _close(self) -> None:
        self._gate.wait(FUSE)
        self._over.set()
        self.mailbox.wake()
        self.mailbox.close()

    def _read(self) -> None:
        self._gate.wait(FUSE)
        while not self._over.is_set():
            letter = self.mailbox.get(self._patience)
            if letter is not BLANK:
                self.mailbox.handled += 1
                self.read.append(letter.message)
            self._has_looked.set()

    def check(self) -> None:
        total = sum(map(len, self.sent))
        counts = self.mailbox.counts()
        assert (counts.sent, counts.queued) == (total, 0)
        check_law([self.mailbox], dead_of(self.mailbox))
        for own in self.sent:
            numbers = [m.number for m in self.read if m.sender == own[0].sender and in_turn(m)]
            assert numbers == sorted(set(numbers))


def in_turn(message: Note) -> bool:
    return not isinstance(message, Call | Halt)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("sleeps", [False, True])
def test_order_and_the_law_hold_in_a_rush(*, sleeps: bool, closes: bool) -> None:
    for seed in range(60):
        rush = Rush(seed, sleeps=sleeps, closes=closes)
        rush.run()
        rush.check()


@pytest.mark.soak
@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("sleeps", [False, True])
def test_order_and_the_law_hold_in_a_long_rush(*, sleeps: bool, closes: bool) -> None:
    for seed in range(3000):
        rush = Rush(seed, sleeps=sleeps, closes=closes)
        rush.run()
        rush.check()
