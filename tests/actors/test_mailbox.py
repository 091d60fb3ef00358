"""No letter is ever stranded: it is read or handed back, whoever closes, puts and gets when."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter, Mailbox, refuse
from antiphon.actors.messages import Perceive
from antiphon.testing import RecordingCall
from pykka.messages import _ActorStop

FUSE = 10.0


def asked(message: Any = "question") -> tuple[Letter, Future[Any]]:
    answer: Future[Any] = Future()
    return Letter(message, answer), answer


def perceive(call: RecordingCall) -> Letter:
    return Letter(Perceive(call, 4, None, ()))


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads change places as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_letters_come_out_in_the_order_in_which_they_went_in() -> None:
    mailbox = Mailbox()
    for number in range(3):
        mailbox.put(Letter(number))
    assert [mailbox.get().message for _ in range(3)] == [0, 1, 2]
    assert mailbox.empty()


@pytest.mark.parametrize("timeout", [0, 0.001, -1])
def test_an_empty_mailbox_gives_a_blank_when_time_is_up(timeout: float) -> None:
    assert Mailbox().get(timeout) is BLANK


def test_wake_lets_a_waiting_reader_go() -> None:
    mailbox = Mailbox()
    got: list[Letter] = []
    reader = threading.Thread(target=lambda: got.append(mailbox.get()))
    reader.start()
    mailbox.wake()
    reader.join(FUSE)
    assert got == [BLANK]


def test_close_answers_what_waits_and_all_that_comes_after() -> None:
    mailbox = Mailbox()
    waiting, first = asked()
    coming, second = asked()
    mailbox.put(waiting)
    mailbox.close()
    mailbox.put(coming)
    for answer in (first, second):
        with pytest.raises(pykka.ActorDeadError):
            answer.get(timeout=0)
    assert mailbox.empty()


def test_a_closed_mailbox_hands_a_call_back_as_lost() -> None:
    mailbox = Mailbox()
    before, after = RecordingCall(), RecordingCall()
    mailbox.put(perceive(before))
    mailbox.close()
    mailbox.put(perceive(after))
    for call in (before, after):
        assert [(a.index, a.how) for a in call.answers] == [(4, "lose")]


def test_a_stop_that_nobody_reads_is_answered_as_done() -> None:
    mailbox = Mailbox()
    letter, answer = asked(_ActorStop())
    mailbox.put(letter)
    mailbox.close()
    assert answer.get(timeout=0) is None


def test_a_message_that_nobody_waits_for_is_dropped_in_peace() -> None:
    mailbox = Mailbox()
    mailbox.close()
    mailbox.put(Letter("told"))
    assert mailbox.empty()


def test_a_reader_that_was_woken_and_overtaken_by_close_still_wakes() -> None:
    mailbox = Mailbox()
    mailbox.wake()
    mailbox.close()
    assert mailbox.get(0) is BLANK
    mailbox.wake()
    mailbox.put(Letter("late"))
    assert mailbox.get(FUSE) is BLANK


def test_refuse_tells_both_kinds_of_waiting() -> None:
    error = ValueError("no")
    letter, answer = asked()
    refuse(letter, error)
    call = RecordingCall()
    refuse(perceive(call), error)
    with pytest.raises(ValueError, match="no"):
        answer.get(timeout=0)
    assert [(a.how, a.value) for a in call.answers] == [("fail", error)]


def test_each_letter_is_announced_once_until_the_mailbox_closes() -> None:
    announced: list[int] = []
    mailbox = Mailbox()
    mailbox.notify = lambda box: announced.append(1)
    mailbox.put(Letter(1))
    mailbox.put(Letter(2))
    mailbox.close()
    mailbox.put(Letter(3))
    assert len(announced) == 2


class Interrupted:
    """A queue at which somebody closes the mailbox just before, or just after, a letter goes in."""

    def __init__(self, mailbox: Mailbox, moment: str) -> None:
        self._letters = mailbox.letters
        self._mailbox = mailbox
        self._moment = moment

    def append(self, letter: Letter) -> None:
        closes = letter is not BLANK
        if closes and self._moment == "before":
            self._mailbox.close()
        self._letters.append(letter)
        if closes and self._moment == "after":
            self._mailbox.close()

    def __len__(self) -> int:
        return len(self._letters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._letters, name)


class LooksFirst(Mailbox):
    """The mutant: it looks whether it is closed, and then adds the letter."""

    def put(self, letter: Letter, /) -> None:
        if self._closed:
            super().put(letter)
        else:
            self.letters.append(letter)


def is_answered(mailbox: Mailbox, moment: str) -> bool:
    mailbox.letters = Interrupted(mailbox, moment)  # type: ignore[assignment]
    letter, answer = asked()
    mailbox.put(letter)
    return answer.is_set()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_letter_put_while_the_mailbox_closes_is_answered(moment: str) -> None:
    assert is_answered(Mailbox(), moment)


def test_a_mailbox_that_looks_before_it_adds_is_caught() -> None:
    assert not is_answered(LooksFirst(), "before")


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
