"""The actor: rounds that wait go in together, failures wait with them, and nobody is told twice."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from antiphon.actors.address import Address
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.clock import ManualClock
from antiphon.errors import StartError, StoreError, StoreFullError
from antiphon.memory.store import feed as feeding
from antiphon.memory.store import writer as writing
from antiphon.memory.store.batch import Batch
from antiphon.memory.store.database import Database
from antiphon.memory.store.feed import Feed
from antiphon.memory.store.verify import verify
from antiphon.memory.store.writer import PAUSE, RETRY_AFTER, Commit, Flush, StoreWriter
from antiphon.tests.memory.store.faulty import failure
from antiphon.tests.memory.store.rounds import FUSE, batch, batches


class Full:
    """Lets commits fail for want of space, after so many rounds, as long as it is said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 1 << 30
        self.tried: list[list[int]] = []
        whole = Database._written

        def written(database: Database, given: Any) -> Any:
            self.tried.append([one.round for one in given])
            if any(one.round >= self.room for one in given):
                raise failure(sqlite3.SQLITE_FULL, "database or disk is full")
            return whole(database, given)

        monkeypatch.setattr(Database, "_written", written)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    return Full(monkeypatch)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def writer(tmp_path: Path, clock: ManualClock) -> Iterator[StoreWriter]:
    """A writer by hand: started, and run by nobody."""
    made = StoreWriter(lambda: Database(tmp_path, ballast=64), clock=clock)
    made.on_start()
    yield made
    made.on_stop()


def hear(writer: StoreWriter, *messages: Any) -> None:
    """Put messages into the mailbox, then let the writer read them all."""
    address = Address(writer)
    for message in messages:
        address.tell(message)
    while not writer.actor_inbox.empty():
        writer.read(writer.actor_inbox.get(0))


def test_as_many_rounds_as_wait_go_into_one_transaction(
    tmp_path: Path, writer: StoreWriter, full: Full, clock: ManualClock
) -> None:
    hear(writer, *(Commit(deque([one])) for one in batches(5)))
    clock.advance(PAUSE)
    hear(writer, Commit(deque([batch(5)])))
    assert full.tried == [[0, 1, 2, 3, 4], [5]]
    assert verify(tmp_path).rounds == 6


def test_between_two_commits_is_a_pause_so_that_one_is_of_many_rounds(
    tmp_path: Path, writer: StoreWriter, full: Full, clock: ManualClock
) -> None:
    hear(writer, Commit(deque([batch(0)])))
    for one in batches(3, 1):
        hear(writer, Commit(deque([one])))
    assert full.tried == [[0]]
    assert writer.wake_at == clock.now() + PAUSE
    clock.advance(PAUSE)
    writer.wake()
    assert full.tried == [[0], [1, 2, 3]]
    assert verify(tmp_path).rounds == 4


def test_what_lies_in_the_tray_needs_no_letter(
    tmp_path: Path, writer: StoreWriter, full: Full, clock: ManualClock
) -> None:
    tray = deque([batch(0)])
    hear(writer, Commit(tray))
    tray.extend(batches(2, 1))
    for _ in range(2):
        clock.advance(PAUSE)
        assert writer.wake_at is not None
        assert writer.wake_at <= clock.now()
        writer.wake()
    assert full.tried == [[0], [1, 2]]
    assert verify(tmp_path).rounds == 3
    assert writer.wake_at is None, "it wakes for ever"


@pytest.mark.parametrize("order", ["flush", "stop"])
def test_what_is_held_is_not_left_behind(tmp_path: Path, order: str) -> None:
    dispatcher = ThreadedDispatcher()
    made = StoreWriter(lambda: Database(tmp_path))
    dispatcher.start([made], FUSE)
    feed = Feed(Address(made))
    if order == "stop":
        feed.add(batch(0))
    for one in batches(3, order == "stop"):
        feed.hold(one)
    if order == "flush":
        assert feed.flush().round == 2
    dispatcher.stop([made], FUSE)
    assert verify(tmp_path).rounds == 3 + (order == "stop")


def test_who_asks_does_not_wait_for_the_end_of_the_pause(writer: StoreWriter, full: Full) -> None:
    hear(writer, Commit(deque([batch(0)])), Flush(), Commit(deque([batch(1)])), Flush())
    assert full.tried == [[0], [1]]


def test_more_rounds_than_one_commit_holds_do_not_wait_for_the_end_of_the_pause(
    writer: StoreWriter, full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_ROUNDS", 4)
    hear(writer, Commit(deque([batch(0)])))
    hear(writer, *(Commit(deque([one])) for one in batches(3, 1)))
    assert full.tried == [[0]]
    hear(writer, Commit(deque([batch(4)])))
    assert full.tried == [[0], [1, 2, 3, 4]]


def test_whatever_is_the_last_letter_sets_off_the_commit(
    tmp_path: Path, writer: StoreWriter
) -> None:
    hear(writer, Commit(deque([batch(0)])), "what is this?")
    assert verify(tmp_path).rounds == 1


def test_a_flush_answers_how_far_the_store_has_come(writer: StoreWriter) -> None:
    for one in batches(3):
        writer._waiting.append(one)
    flushed = writer.on_receive(Flush())
    assert flushed is not None
    assert (flushed.round, flushed.waiting, flushed.error) == (2, 0, None)
    assert (flushed.totals.written, flushed.has_ballast, flushed.commits) == (9, True, 1)


def test_what_finds_no_space_waits_and_what_fits_is_written(
    tmp_path: Path, writer: StoreWriter, full: Full
) -> None:
    full.room = 3
    hear(writer, *(Commit(deque([one])) for one in batches(6)))
    flushed = writer.on_receive(Flush())
    assert flushed is not None
    assert isinstance(flushed.error, StoreFullError)
    assert (flushed.round, flushed.waiting) == (2, 3)
    assert verify(tmp_path).rounds == 3
    full.room = 100
    flushed = writer.on_receive(Flush())
    assert flushed is not None
    assert (flushed.round, flushed.waiting, flushed.error) == (5, 0, None)
    assert verify(tmp_path).rounds == 6


def test_it_tries_again_by_itself_after_a_while(
    tmp_path: Path, writer: StoreWriter, full: Full
) -> None:
    full.room = 0
    hear(writer, Commit(deque([batch(0)])))
    assert writer.wake_at == writer.clock.now() + RETRY_AFTER
    full.room = 100
    writer.wake()
    assert verify(tmp_path).rounds == 1
    writer.wake()
    assert writer.wake_at is None


def test_a_round_told_twice_is_refused_and_does_not_vanish(writer: StoreWriter) -> None:
    hear(writer, Commit(deque([batch(0)])), Commit(deque([batch(0)])))
    for _ in range(2):
        flushed = writer.on_receive(Flush())
        assert flushed is not None
        assert flushed.waiting == 1
        assert "round 1 must come next, got round 0" in str(flushed.error)


def test_a_round_that_was_committed_before_the_head_failed_is_not_written_twice(
    tmp_path: Path, writer: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writer._database is not None
    head = writer._database._head

    def fail(self: Any, _: Any) -> None:
        raise OSError(5, "no")

    with monkeypatch.context() as patch:
        patch.setattr(type(head), "write", fail)
        hear(writer, Commit(deque([batch(0)])), Commit(deque([batch(1)])))
    hear(writer, Commit(deque([batch(2)])))
    assert verify(tmp_path).rounds == 3


def test_stopping_commits_what_waits(tmp_path: Path) -> None:
    made = StoreWriter(lambda: Database(tmp_path))
    made.on_start()
    made._waiting.extend(batches(4))
    made.on_stop()
    assert verify(tmp_path).rounds == 4


def test_a_store_that_cannot_be_opened_fails_the_start(tmp_path: Path) -> None:
    held = Database(tmp_path)
    dispatcher = InlineDispatcher()
    with pytest.raises(StartError, match="in use"):
        dispatcher.start([StoreWriter(lambda: Database(tmp_path))], FUSE)
    held.close()


def test_rounds_go_on_while_a_writer_on_a_thread_of_its_own_commits(tmp_path: Path) -> None:
    dispatcher = ThreadedDispatcher()
    made = StoreWriter(lambda: Database(tmp_path))
    dispatcher.start([made], FUSE)
    feed = Feed(Address(made))
    for one in batches(60):
        feed.add(one)
    assert feed.flush().round == 59
    assert verify(tmp_path).rounds == 60
    assert dispatcher.stop([made], FUSE) == []
    assert verify(tmp_path).rounds == 60


def hand_on(feed: Feed, rounds: int, first: int) -> None:
    *held, last = batches(rounds, first)
    for one in held:
        feed.hold(one)
    feed.add(last)


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_feed_waits_when_many_rounds_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(feeding, "MOST_ROUNDS", 8)
    held = threading.Event()
    most = 0

    class Slow(StoreWriter):
        def _commit_all(self) -> None:
            nonlocal most
            held.wait(FUSE)
            most = max(most, len(self._waiting) + len(feed._tray))
            super()._commit_all()

    dispatcher = ThreadedDispatcher()
    made = Slow(lambda: Database(tmp_path))
    dispatcher.start([made], FUSE)
    feed = Feed(Address(made))
    # Of twice as many it asks after the first half, and waits for nothing.
    for first in range(0, 15, at_once):
        hand_on(feed, at_once, first)
    held.set()
    for first in range(15, 60, at_once):
        hand_on(feed, at_once, first)
    assert feed.flush().round == 59
    assert most < 2 * (8 + at_once)
    dispatcher.stop([made], FUSE)


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    """A feed of a writer that runs on this thread."""
    dispatcher = InlineDispatcher()
    made = StoreWriter(lambda: Database(tmp_path))
    dispatcher.start([made], FUSE)
    yield Feed(Address(made))
    dispatcher.stop([made], FUSE)


def test_a_feed_raises_what_the_writer_met_until_there_is_space(feed: Feed, full: Full) -> None:
    feed.add(batch(0))
    full.room = 1
    feed.add(batch(1))
    for _ in range(2):
        with pytest.raises(StoreFullError, match=r"run\.db: database or disk is full"):
            feed.flush()
    full.room = 100
    assert feed.flush().round == 1
    feed.add(Batch(2))
    assert feed.flush().round == 2


def test_a_feed_forgets_an_answer_from_before_there_was_space(
    feed: Feed, full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_ROUNDS", 2)
    full.room = 0
    for one in batches(2):
        feed.add(one)
    full.room = 100
    feed.await_space(FUSE)
    for one in batches(4, 2):
        feed.add(one)
    assert feed.flush().round == 5


def test_a_feed_raises_what_the_writer_answered_by_the_time_as_many_rounds_wait_again(
    feed: Feed, full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_ROUNDS", 2)
    full.room = 0
    for one in batches(3):
        feed.add(one)
    with pytest.raises(StoreFullError):
        feed.add(batch(3))
    full.room = 100
    assert feed.flush().round == 3


def test_what_the_writer_does_not_know_is_refused(writer: StoreWriter) -> None:
    with pytest.raises(TypeError, match="hears no str"):
        writer.on_receive("what is this?")


def test_an_error_tells_the_file_and_the_rule() -> None:
    error = StoreError("runs/a/run.db", "is in use")
    assert (str(error), error.path, error.rule) == (
        "runs/a/run.db: is in use",
        "runs/a/run.db",
        "is in use",
    )
