"""What was said and finds no reader: all of it is counted, and once a round there is a warning."""

from __future__ import annotations

from collections.abc import Sequence

from ...actors.mail.dead_letters import DeadLetters
from ...actors.once import OncePerRound
from ...logs import get_logger
from .mail import DeadLetter

log = get_logger(__name__)

_NAMED = 5


class Undelivered:
    """Records dead letters where a society counts them, and warns of the first of each round.

    Any thread may use it, and should hold nothing that those who listen could wait for.
    """

    def __init__(self, dead_letters: DeadLetters | None = None) -> None:
        self._dead_letters = dead_letters or DeadLetters(kept=0)
        self._warnings = OncePerRound()
        self._first: DeadLetter | None = None
        self._before = 0

    def record(self, dead: Sequence[DeadLetter]) -> None:
        """Record these; there will be a warning with those of their round.

        For who shares this with no other thread.
        """
        for parcel, receivers, reason in dead:
            self._dead_letters.record_each(parcel, reason, receivers, parcel.sender)
            self._before += len(receivers)
            self._first = self._first or dead[0]

    def note(self, dead: Sequence[DeadLetter], round: int) -> None:
        """Record these; warn of them if this round has heard no warning yet."""
        for parcel, receivers, reason in dead:
            self._dead_letters.record_each(parcel, reason, receivers, parcel.sender)
        first, before = self._first, self._before
        self._first, self._before = None, 0
        first = first or (dead[0] if dead else None)
        if first is None or not self._warnings.is_first(None, round):
            return
        log.warning(
            "messages.undelivered",
            round=round,
            count=before + sum(len(letter.receivers) for letter in dead),
            reason=first.reason.value,
            id=first.parcel.id,
            receivers=list(first.receivers[:_NAMED]),
        )
