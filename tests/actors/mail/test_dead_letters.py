"""What nobody reads is counted exactly, kept for a while, and told to those who want to know."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.mail.dead_letters import (
    IN_MAILBOXES,
    DeadLetter,
    DeadLetters,
    DeadLetterStatistics,
    Reason,
)
from antiphon.tests.actors.letter_box import Note, bounded, dead_of, put

FUSE = 10.0


def letter(number: int = 0, reason: Reason = Reason.CLOSED) -> DeadLetter:
    return DeadLetter(number, reason, "reader", "a")


def test_letters_are_counted_by_reason() -> None:
    dead = DeadLetters()
    for number, reason in enumerate(Reason):
        for _ in range(number):
            dead.record(letter(reason=reason))
    statistics = dead.statistics()
    assert statistics.counts == {reason: number for number, reason in enumerate(Reason)}
    assert statistics.total == sum(range(len(Reason)))
    assert statistics.in_mailboxes == sum(statistics.counts[r] for r in IN_MAILBOXES)


def test_statistics_are_of_their_moment() -> None:
    dead = DeadLetters()
    before = dead.statistics()
    dead.record(letter())
    assert before == DeadLetterStatistics(dict.fromkeys(Reason, 0), 0)
    assert dead.statistics().total == 1


@pytest.mark.parametrize("kept", [0, 1, 5])
def test_only_so_many_are_kept_and_all_are_counted(kept: int) -> None:
    dead = DeadLetters(kept)
    for number in range(20):
        dead.record(letter(number))
    assert [d.message for d in dead.last()] == list(range(20))[20 - kept :]
    assert dead.statistics().kept == kept
    assert dead.statistics().total == 20


def test_a_number_of_letters_to_keep_is_not_negative() -> None:
    with pytest.raises(ValueError, match="kept must be >= 0, got -1"):
        DeadLetters(-1)


def test_listeners_hear_of_each_letter_until_they_do_not_want_to() -> None:
    dead = DeadLetters()
    first: list[DeadLetter] = []
    second: list[DeadLetter] = []
    hear_first, hear_second = first.append, second.append
    for hear in (hear_first, hear_second, hear_second):
        dead.listen(hear)
    died = [letter(n) for n in range(3)]
    dead.record(died[0])
    dead.unlisten(hear_first)
    dead.record(died[1])
    dead.unlisten(hear_second)
    dead.unlisten(hear_second)
    dead.record(died[2])
    assert (first, second) == (died[:1], died[:2])


class Unprintable(Exception):  # noqa: N818  its name is its fault
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(), GeneratorExit(), Unprintable()])
def test_a_listener_that_raises_is_logged_and_harms_nobody(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(died: DeadLetter) -> None:
        raise error

    dead = DeadLetters()
    heard: list[DeadLetter] = []
    dead.listen(fails)
    dead.listen(heard.append)
    died = letter()
    dead.record(died)
    dead.record(died)
    assert heard == [died, died]
    assert dead.statistics().total == 2
    assert "event=listener.failed" in caplog.text
    assert type(error).__name__ in caplog.text


def test_ctrl_c_in_a_listener_reaches_the_user() -> None:
    dead = DeadLetters()
    errors: list[BaseException] = [KeyboardInterrupt()]
    heard: list[DeadLetter] = []

    def interrupted(died: DeadLetter) -> None:
        while errors:
            raise errors.pop()
        heard.append(died)

    dead.listen(interrupted)
    with pytest.raises(KeyboardInterrupt):
        dead.record(letter())
    dead.record(letter())
    assert len(heard) == 1


def test_a_listener_that_is_not_a_function_has_a_name_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Clumsy:
        def __call__(self, died: DeadLetter) -> None:
            raise ValueError("no")

        def __repr__(self) -> str:
            raise RuntimeError("no text")

    dead = DeadLetters()
    dead.listen(Clumsy())
    dead.record(letter())
    assert "Clumsy" in caplog.text


def test_a_listener_that_writes_to_the_dead_does_not_hear_itself() -> None:
    mailbox = bounded(None)
    mailbox.close()
    heard: list[Any] = []

    def complains(died: DeadLetter) -> None:
        heard.append(died.message)
        put(mailbox, "a complaint")

    dead_of(mailbox).listen(complains)
    put(mailbox, "first", "second")
    assert heard == ["first", "second"]
    assert dead_of(mailbox).statistics().counts[Reason.CLOSED] == 4


def test_a_listener_may_write_to_the_mailbox_whose_letters_die() -> None:
    mailbox = bounded(2)
    dead_of(mailbox).listen(lambda died: put(mailbox, Note("listener")))
    put(mailbox, *[Note("a", n) for n in range(5)])
    assert mailbox.waiting() == 2
    assert mailbox.counts().lost == 0


def test_the_first_letter_of_each_reason_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    dead = DeadLetters()
    for _ in range(3):
        dead.record(letter())
        dead.record(letter(reason=Reason.LATE))
    assert caplog.text.count("event=letter.died") == 2
    assert "reason=late" in caplog.text


def together(count: int, does: Callable[[], object]) -> None:
    threads = [threading.Thread(target=does) for _ in range(count)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    sys.setswitchinterval(interval)


def test_counts_are_exact_and_the_last_can_be_read_while_many_write() -> None:
    dead = DeadLetters(10)
    heard: list[DeadLetter] = []
    dead.listen(heard.append)

    def writes() -> None:
        for number in range(1000):
            dead.record(letter(number))
            assert len(dead.last()) <= 10

    together(4, writes)
    assert dead.statistics().counts[Reason.CLOSED] == len(heard) == 4000


def test_listeners_may_come_and_go_while_many_write() -> None:
    dead = DeadLetters(0)

    def comes_and_goes() -> None:
        heard: list[DeadLetter] = []
        hear = heard.append
        for _ in range(200):
            dead.listen(hear)
            dead.record(letter())
            dead.unlisten(hear)
        assert len(heard) >= 200

    together(4, comes_and_goes)
    assert dead._listeners == {}


@pytest.mark.parametrize("listened", [True, False])
@pytest.mark.parametrize("kept", [0, 3, 100])
@pytest.mark.parametrize("receivers", [0, 1, 3, 4, 5, 250])
def test_one_message_that_many_do_not_hear_is_as_many_dead_letters(
    receivers: int,
    kept: int,
    listened: bool,  # noqa: FBT001
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    names = [f"r{n}" for n in range(receivers)]
    dead = DeadLetters(kept)
    heard: list[Any] = []
    if listened:
        dead.listen(heard.append)
    dead.record_each("word", Reason.UNKNOWN, names, "a")
    assert dead.statistics().counts[Reason.UNKNOWN] == receivers
    assert [one.receiver for one in dead.last()] == names[max(0, receivers - kept) :]
    assert [one.receiver for one in heard] == (names if listened else [])
    assert all((one.message, one.sender) == ("word", "a") for one in dead.last())
    assert caplog.text.count("letter.died") == min(1, receivers)
