"""Where one thread sorts a crowd and another does something, nothing is lost or overtaken."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors import mailbox as mailbox_module
from antiphon.actors.mail.counts import check_law
from antiphon.actors.mail.lanes import Lanes
from antiphon.actors.mail.mailbox_rules import MailboxRules
from antiphon.actors.mailbox import BLANK, FEW, Letter, Mailbox
from antiphon.tests.actors.letter_box import (
    Halt,
    Note,
    Owner,
    Sight,
    bounded,
    dead_of,
    notes,
    put,
    read,
    read_all,
)


class LeavesAtOnce(Mailbox):
    """The mutant: it lets go of the lanes and does not look whether it was closed meanwhile."""

    def _refuse_all(self) -> None:
        closing = sys._getframe(1).f_code.co_name == "close"
        if closing or self.lanes is None:
            super()._refuse_all()


def closed_while(mailbox: Mailbox, patch: pytest.MonkeyPatch, name: str, at: int) -> None:
    """Close a mailbox as soon as somebody who holds the lanes has done something ``at`` times."""
    done: Any = getattr(Lanes, name)
    left = [at]

    def closes(lanes: Lanes, *arguments: Any) -> Any:
        result = done(lanes, *arguments)
        left[0] -= 1
        if left[0] == 0:
            mailbox.close()
        return result

    patch.setattr(Lanes, name, closes)


def left_behind(mailbox: Mailbox, patch: pytest.MonkeyPatch, name: str, at: int) -> int:
    """Fill, read and close it in the middle of that; count the letters that stay in it."""
    closed_while(mailbox, patch, name, at)
    put(mailbox, *notes("a", range(2 * FEW)), *notes("b", range(2 * FEW)), Sight("c"))
    read(mailbox)
    assert mailbox._closed
    return mailbox.waiting()


WORK_ON_LANES = [("add", 1), ("add", 20), ("take", 1)]


@pytest.mark.parametrize(("name", "at"), WORK_ON_LANES)
def test_letters_that_are_being_sorted_when_the_mailbox_closes_are_handed_back(
    name: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = bounded(20)
    assert left_behind(mailbox, monkeypatch, name, at) == 0
    check_law([mailbox], dead_of(mailbox))


@pytest.mark.parametrize(("name", "at"), WORK_ON_LANES)
def test_a_mailbox_that_does_not_look_again_after_sorting_is_caught(
    name: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = LeavesAtOnce(Owner(), MailboxRules(20))
    assert left_behind(mailbox, monkeypatch, name, at) > 0


class Late(deque[Letter]):
    """A queue whose reader is held up just before it takes a letter."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self.happens: Callable[[], object] | None = happens

    def popleft(self) -> Letter:
        if self.happens is not None:
            happens, self.happens = self.happens, None
            happens()
        return super().popleft()


def read_late() -> tuple[Mailbox, list[Any], list[bool]]:
    """Have a mailbox sorted while its reader takes a letter.

    Gives what that reads, and when it was wrong to think that nothing is left.
    """
    mailbox = bounded(4 * FEW)
    flood = notes("a", range(3 * FEW))
    mailbox.letters = Late(lambda: put(mailbox, *flood[2:], *notes("b", range(3 * FEW))))
    put(mailbox, *flood[:2])
    messages, empty = [], []
    for _ in range(7 * FEW):
        letter = mailbox.get(0)
        if letter is not BLANK:
            messages.append(letter.message)
        empty.append(mailbox.empty() and mailbox.waiting() > 0)
    return mailbox, messages, empty


def in_order(messages: list[Any]) -> bool:
    of_each = [[m.number for m in messages if m.sender == sender] for sender in "ab"]
    return of_each == [sorted(numbers) for numbers in of_each]


def test_a_reader_that_is_held_up_overtakes_nothing_that_is_sorted_meanwhile() -> None:
    mailbox, messages, empty = read_late()
    assert len(messages) + len(dead_of(mailbox).last()) == 6 * FEW
    assert in_order(messages)
    assert not any(empty)


@pytest.mark.parametrize("blanks", [0, 1])
def test_a_mailbox_with_a_lower_fence_is_caught(
    blanks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_module, "_FENCE", (BLANK,) * blanks)
    _, messages, empty = read_late()
    assert not in_order(messages) or any(empty)


def test_what_comes_while_a_crowd_disperses_is_read_in_its_own_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailbox = Mailbox()
    is_empty = Lanes.is_empty
    coming: list[Any] = [Note("a", 1), Halt("b")]

    def as_it_empties(lanes: Lanes) -> bool:
        empty = is_empty(lanes)
        if empty:
            put(mailbox, *coming)
            coming.clear()
        return empty

    put(mailbox, Note("a", 0), Halt("a"))
    monkeypatch.setattr(Lanes, "is_empty", as_it_empties)
    assert read_all(mailbox) == [Halt("a"), Note("a", 0), Halt("b"), Note("a", 1)]


def crowded(capacity: int | None = None) -> tuple[Mailbox, Lanes]:
    mailbox = bounded(capacity)
    put(mailbox, *notes("a", range(2 * FEW)), *notes("b", range(2 * FEW)))
    assert mailbox.lanes is not None
    return mailbox, mailbox.lanes


def puts_while_taken(mailbox: Mailbox, patch: pytest.MonkeyPatch, *messages: Any) -> None:
    """Have the next reader of a crowd take its letter while others come."""
    take = Lanes.take
    coming = [messages]

    def takes(lanes: Lanes) -> Letter | None:
        while coming:
            put(mailbox, *coming.pop())
        return take(lanes)

    patch.setattr(Lanes, "take", takes)


def test_those_who_put_never_wait_for_lanes_and_a_reader_looks_for_what_came_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailbox, _ = crowded(capacity=FEW)
    puts_while_taken(mailbox, monkeypatch, *notes("c", range(2 * FEW)))
    read(mailbox)
    assert mailbox.waiting() == FEW
    check_law([mailbox], dead_of(mailbox))


def test_what_a_reader_finds_outdated_is_handed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, _ = crowded()
    puts_while_taken(mailbox, monkeypatch, Sight("c", 1), Sight("c", 2))
    read(mailbox)
    read(mailbox)
    assert [d.message for d in dead_of(mailbox).last()] == [Sight("c", 1)]
    check_law([mailbox], dead_of(mailbox))


class Door:
    """A lock before which something happens."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._happens = [happens]

    def acquire(self, *, blocking: bool = True) -> bool:
        while self._happens:
            self._happens.pop()()
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def test_a_letter_is_not_put_into_lanes_that_its_reader_has_left() -> None:
    mailbox, lanes = crowded(capacity=FEW)
    messages: list[Any] = []

    def leaves() -> None:
        messages.extend(read_all(mailbox))
        put(mailbox, Note("d"))

    lanes.lock = Door(leaves)  # type: ignore[assignment]
    put(mailbox, Note("c"))
    messages += read_all(mailbox)
    assert messages[-1] == Note("d")
    assert Note("c") in messages
    check_law([mailbox], dead_of(mailbox))


def test_a_reader_takes_nothing_from_lanes_that_were_cleared_before_it_had_them() -> None:
    mailbox, lanes = crowded(capacity=FEW)
    assert lanes.waiting() == FEW
    lanes.lock = Door(mailbox.close)  # type: ignore[assignment]
    assert mailbox.get(0) is BLANK
    assert mailbox.empty()
    check_law([mailbox], dead_of(mailbox))
