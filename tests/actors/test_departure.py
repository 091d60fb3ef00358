"""Some actors are stopped, ahead of what waits for them, while the others go on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.departure import part_with
from antiphon.actors.dispatcher import Dispatcher
from antiphon.actors.mail.dead_letters import DeadLetters
from antiphon.actors.mail.mailbox_rules import MailboxRules
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.stop_flag import StopFlag
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.clock import SystemClock

FUSE = 10.0
KINDS: list[type[Dispatcher]] = [ThreadedDispatcher, PooledDispatcher]


class Reader(Actor):
    """Writes down what it reads, and waits where it is told to."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.read_so_far: list[Any] = []
        self.begun_waiting = threading.Event()

    def on_receive(self, message: Any) -> Any:
        self.read_so_far.append(message)
        if isinstance(message, threading.Event):
            self.begun_waiting.set()
            message.wait(FUSE)
        return message


@contextmanager
def run_by(dispatcher: Dispatcher, actors: Sequence[Actor]) -> Iterator[None]:
    dispatcher.start(actors, FUSE)
    try:
        yield
    finally:
        dispatcher.stop(actors, FUSE)


class Tells(SystemClock):
    """Sets an event when somebody asks for the time again: all have been told to stop then."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event
        self._asked = 0

    def now(self) -> float:
        self._asked += 1
        if self._asked == 2:
            self._event.set()
        return super().now()


@pytest.mark.parametrize("kind", KINDS)
def test_stopping_overtakes_what_waits_and_leaves_the_others_running(
    kind: type[Dispatcher],
) -> None:
    leaving, staying, come_back = Reader("leaving"), Reader("staying"), threading.Event()
    dead = DeadLetters()
    leaving.actor_inbox.rules = MailboxRules(dead_letters=dead)
    with run_by(kind(), [leaving, staying]):
        Address(leaving).tell(come_back)
        assert leaving.begun_waiting.wait(FUSE)
        for number in range(20):
            Address(leaving).tell(number)
        assert part_with([leaving], Tells(come_back), FUSE) == []
        assert leaving.read_so_far == [come_back]
        assert [letter.message for letter in dead.last()] == list(range(20))
        counts = leaving.actor_inbox.counts()
        assert (counts.dead, counts.queued, counts.lost) == (20, 0, 0)
        assert Address(staying).ask("there?", FUSE) == "there?"


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_does_not_come_back_is_given_up_and_ends_when_it_does(
    kind: type[Dispatcher],
) -> None:
    hung, idle, come_back = Reader("hung"), Reader("idle"), threading.Event()
    stopped = threading.Event()
    hung.on_stop = stopped.set  # type: ignore[method-assign]  # it runs when the thread is back
    with run_by(kind(), [hung, idle]):
        Address(hung).tell(come_back)
        assert hung.begun_waiting.wait(FUSE)
        assert part_with([hung, idle], SystemClock(), 0.05) in (["hung"], ["hung", "idle"])
        assert hung.ended.is_set()
        assert not stopped.is_set()
        come_back.set()
        assert stopped.wait(FUSE)


class Watched(StopFlag):
    """A flag that says when somebody waits for it."""

    __slots__ = ("waited_for",)

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_for.set()
        return super().wait(timeout)


class Slow(Reader):
    """Does not end before somebody waits for that."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.ended = Watched()
        self.ended.waited_for = threading.Event()

    def finish(self) -> None:
        self.ended.waited_for.wait(FUSE)
        super().finish()


def test_who_has_been_parted_with_has_ended() -> None:
    slow = Slow("slow")
    with run_by(ThreadedDispatcher(), [slow]):
        assert part_with([slow], SystemClock(), FUSE) == []
        has_ended = slow.ended.is_set()
        slow.ended.waited_for.set()
        assert has_ended


def test_parting_twice_changes_nothing() -> None:
    reader = Reader("reader")
    with run_by(ThreadedDispatcher(), [reader]):
        for _ in range(2):
            assert part_with([reader], SystemClock(), FUSE) == []
