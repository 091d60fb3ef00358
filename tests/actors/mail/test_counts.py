"""Sent = handled + dead + queued, and whoever breaks that is named."""

from __future__ import annotations

import pytest
from antiphon.actors.mail.counts import Counts, check_law
from antiphon.actors.mail.dead_letters import DeadLetter, DeadLetters, Reason
from antiphon.actors.mail.mailbox_rules import MailboxRules
from antiphon.actors.mailbox import Mailbox
from antiphon.errors import LostLetterError
from antiphon.tests.actors.letter_box import Note, Owner, bounded, dead_of, notes, put, read


def used() -> Mailbox:
    """Give a mailbox in which letters were read, have died, and wait."""
    mailbox = bounded(10)
    put(mailbox, *notes("a", range(20)), *notes("b", range(3)))
    for _ in range(4):
        read(mailbox)
    return mailbox


def test_each_number_is_counted_by_itself() -> None:
    assert used().counts() == Counts(sent=23, handled=4, dead=13, queued=6)
    assert Mailbox().counts() == Counts(0, 0, 0, 0)


def test_the_law_holds_before_and_after_the_end() -> None:
    mailbox = used()
    check_law([mailbox, Mailbox()], dead_of(mailbox))
    mailbox.close()
    assert mailbox.counts() == Counts(sent=23, handled=4, dead=19, queued=0)
    check_law([mailbox, Mailbox()], dead_of(mailbox))


def test_a_blank_is_no_letter() -> None:
    mailbox = Mailbox()
    mailbox.wake()
    mailbox.wake()
    assert mailbox.counts() == Counts(0, 0, 0, 0)
    mailbox.close()
    assert mailbox.counts() == Counts(0, 0, 0, 0)


def loses(mailbox: Mailbox) -> None:
    mailbox.get(0)


def doubles(mailbox: Mailbox) -> None:
    mailbox.letters.append(mailbox.get(0))
    mailbox.letters.append(mailbox.letters[-1])


def handles_what_nobody_put(mailbox: Mailbox) -> None:
    mailbox.handled += 1


@pytest.mark.parametrize(
    ("breach", "lost"), [(loses, 1), (doubles, -1), (handles_what_nobody_put, -1)]
)
def test_a_mailbox_that_loses_or_doubles_is_named(breach: object, lost: int) -> None:
    mailbox = Mailbox(Owner("broken"))
    put(mailbox, *range(3))
    assert callable(breach)
    breach(mailbox)
    assert mailbox.counts().lost == lost
    with pytest.raises(LostLetterError, match=r"does not hold: broken Counts\(sent=3, "):
        check_law([used(), mailbox])


def test_of_many_broken_mailboxes_a_few_are_named() -> None:
    broken = [Mailbox(Owner(f"m{n}")) for n in range(9)]
    for mailbox in broken:
        put(mailbox, "x")
        mailbox.get(0)
    with pytest.raises(LostLetterError, match=r"m0 .* and 4 more$"):
        check_law(broken)


def test_what_was_handed_back_has_to_be_on_record() -> None:
    mailbox = used()
    dead_of(mailbox).record(DeadLetter(Note("c"), Reason.LATE, "reader"))
    check_law([mailbox], dead_of(mailbox))
    dead_of(mailbox).record(DeadLetter(Note("c"), Reason.CLOSED, "reader"))
    with pytest.raises(LostLetterError, match="handed back 13 letters, and 14 were recorded"):
        check_law([mailbox], dead_of(mailbox))


def test_mailboxes_of_one_society_share_a_record() -> None:
    dead = DeadLetters()
    mailboxes = [Mailbox(Owner(name), MailboxRules(1, dead_letters=dead)) for name in "ab"]
    for mailbox in mailboxes:
        put(mailbox, *range(3))
    check_law(mailboxes, dead)
    assert dead.statistics().counts[Reason.REFUSED] == 4
