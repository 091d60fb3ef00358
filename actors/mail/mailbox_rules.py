"""What the mailboxes of one society have in common."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Final

from .dead_letters import DeadLetters
from .overflow import REFUSE, Overflow


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """How many letters a mailbox holds, and what becomes of those that nobody reads."""

    capacity: int | None = None
    """None for any number. What the kernel sends, and stops, do not count."""
    overflow: Overflow = REFUSE
    dead_letters: DeadLetters | None = None
    """Where they are counted; None: they are only logged."""

    room: int = field(init=False)
    """How many letters an empty mailbox holds, as a number in any case."""

    def __post_init__(self) -> None:
        if self.capacity is not None and self.capacity < 1:
            raise ValueError(f"capacity must be >= 1 or None, got {self.capacity}")
        room = sys.maxsize if self.capacity is None else self.capacity
        object.__setattr__(self, "room", room)


UNBOUNDED: Final = MailboxRules()
