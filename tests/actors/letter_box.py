"""What the tests of mailboxes put into them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from antiphon.actors.future import Future
from antiphon.actors.mail.dead_letters import DeadLetters
from antiphon.actors.mail.handling import CONTROL, KERNEL, SIGNED, Handling
from antiphon.actors.mail.mailbox_rules import MailboxRules
from antiphon.actors.mail.overflow import OVERFLOWS
from antiphon.actors.mailbox import BLANK, Letter, Mailbox


@dataclass(frozen=True)
class Note:
    """Waits for its sender's turn."""

    handling: ClassVar = SIGNED
    sender: str
    number: int = 0


@dataclass(frozen=True)
class Sight(Note):
    """Is of interest only until the next one comes."""

    handling: ClassVar = Handling(signed=True, newest_only=True)


@dataclass(frozen=True)
class Call(Note):
    """Comes from the kernel, whatever it says."""

    handling: ClassVar = KERNEL


@dataclass(frozen=True)
class Halt(Note):
    """Cannot wait."""

    handling: ClassVar = CONTROL


@dataclass(frozen=True)
class Owner:
    name: str = "reader"


def bounded(capacity: int | None, overflow: str = "refuse", kept: int = 10_000) -> Mailbox:
    rules = MailboxRules(capacity, OVERFLOWS[overflow], DeadLetters(kept))
    return Mailbox(Owner(), rules)


def dead_of(mailbox: Mailbox) -> DeadLetters:
    dead = mailbox.rules.dead_letters
    assert dead is not None
    return dead


def put(mailbox: Mailbox, *messages: Any) -> None:
    for message in messages:
        mailbox.put(Letter(message))


def ask(mailbox: Mailbox, message: Any) -> Future[Any]:
    answer: Future[Any] = Future()
    mailbox.put(Letter(message, answer))
    return answer


def read(mailbox: Mailbox) -> Any:
    """Take the next message in hand; None if there is none."""
    while not mailbox.empty():
        letter = mailbox.get(0)
        if letter is not BLANK:
            mailbox.handled += 1
            return letter.message
    return None


def read_all(mailbox: Mailbox) -> list[Any]:
    messages = []
    while (message := read(mailbox)) is not None:
        messages.append(message)
    return messages


def notes(sender: str, numbers: Iterable[int]) -> list[Note]:
    return [Note(sender, number) for number in numbers]
