"""Which letter has to go when a mailbox is full.

It is always one of the sender that has the most letters there, so that nobody's flood pushes
out what others sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .dead_letters import Reason


@dataclass(frozen=True, slots=True)
class Overflow:
    """A way of choosing among the letters of the sender that has the most."""

    reason: Reason
    """What the letter that goes dies of."""
    oldest: bool = False
    """Whether the first of them goes; otherwise the last."""
    spares_the_waiting: bool = False
    """Whether the letter that comes is one of them, if it makes its sender the one."""

    def turns_away(self, share: int, largest: int) -> bool:
        """Whether a letter that comes goes itself.

        Args:
            share: how many letters of its sender wait.
            largest: the most that wait of any sender.
        """
        return self.spares_the_waiting and share + 1 >= largest


REFUSE: Final = Overflow(Reason.REFUSED, spares_the_waiting=True)
DROP_NEWEST: Final = Overflow(Reason.DROPPED_NEWEST)
DROP_OLDEST: Final = Overflow(Reason.DROPPED_OLDEST, oldest=True)

OVERFLOWS: Final[Mapping[str, Overflow]] = {
    "refuse": REFUSE,
    "drop_newest": DROP_NEWEST,
    "drop_oldest": DROP_OLDEST,
}
"""By the name that settings use."""
