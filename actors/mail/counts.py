"""What became of the letters that were put into a mailbox, and the law that none is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ...errors import LostLetterError
from .dead_letters import DeadLetters

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """One mailbox's letters at one moment.

    Each number is counted where it comes about, by itself; none is worked out from the others.
    While letters move, they may be a letter apart.
    """

    sent: int
    handled: int
    dead: int
    queued: int

    @property
    def lost(self) -> int:
        """How many have gone astray; negative if some are there twice."""
        return self.sent - self.handled - self.dead - self.queued


class Counted(Protocol):
    """What has letters."""

    @property
    def name(self) -> str: ...

    def counts(self) -> Counts: ...


def check_law(mailboxes: Iterable[Counted], dead_letters: DeadLetters | None = None) -> None:
    """See that every letter was handled, handed back, or waits, and none twice.

    For when nobody sends or reads any more.

    Args:
        dead_letters: where all that die in these mailboxes, and in no others, are recorded.

    Raises:
        LostLetterError: that is not so.
    """
    counts = {mailbox: mailbox.counts() for mailbox in mailboxes}
    wrong = [f"{m.name or 'a mailbox'} {c}" for m, c in counts.items() if c.lost]
    if wrong:
        raise LostLetterError(f"sent = handled + dead + queued does not hold: {_few(wrong)}")
    if dead_letters is not None:
        handed_back = sum(c.dead for c in counts.values())
        recorded = dead_letters.statistics().in_mailboxes
        if handed_back != recorded:
            raise LostLetterError(
                f"mailboxes handed back {handed_back:,} letters, and {recorded:,} were recorded"
            )


def _few(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
