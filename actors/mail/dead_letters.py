"""What nobody will ever handle: how much of it there is, why, and the last of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...logs import get_logger
from ..failures import describe, is_ctrl_c
from .letters import copy_of

log = get_logger(__name__)

KEPT = 100
"""How many dead letters are kept, unless somebody says otherwise."""


class Reason(StrEnum):
    """Why a letter is dead."""

    CLOSED = "closed"
    """The actor stopped before it read the letter, or had stopped already."""
    REFUSED = "refused"
    """The mailbox was full when it came, and its sender had the most letters in there."""
    DROPPED_NEWEST = "dropped_newest"
    """It was the last of the sender with the most letters when room was needed."""
    DROPPED_OLDEST = "dropped_oldest"
    """It was the first of the sender with the most letters when room was needed."""
    CONFLATED = "conflated"
    """A newer one of its kind, of the same sender, came in its place while it waited."""
    EXPIRED = "expired"
    """A question that was read when nobody waited for the answer any more."""
    LATE = "late"
    """An answer to a round that had closed, or that came when its time was over."""
    UNDELIVERABLE = "undeliverable"
    """Its receiver hears no such thing, or too many wait for it already."""
    UNKNOWN = "unknown"
    """Nobody has the id that it was for."""
    GONE = "gone"
    """Who has that id was out for good when it was said, or before it was delivered."""
    SENDER_FLOODS = "sender_floods"
    """Its sender said more to this receiver before one round than one sender may."""
    RECEIVER_FLOODED = "receiver_flooded"
    """All senders together said more to this receiver before one round than it may hear."""


IN_MAILBOXES = frozenset(
    {
        Reason.CLOSED,
        Reason.REFUSED,
        Reason.DROPPED_NEWEST,
        Reason.DROPPED_OLDEST,
        Reason.CONFLATED,
    }
)
"""What letters die of after they were put into a mailbox, or messages that were to wait."""


@dataclass(frozen=True, slots=True, eq=False)
class DeadLetter:
    """One message that nobody handles."""

    message: Any
    """With ordered delivery the parcel, with what was said as its ``payload``."""
    reason: Reason
    receiver: str
    """The name of the actor that it was for; empty if it has none."""
    sender: str | None = None
    """The agent that it is from; None for those without a name."""


@dataclass(frozen=True, slots=True)
class DeadLetterStatistics:
    """How many letters have died, at one moment."""

    counts: Mapping[Reason, int]
    """By reason, every reason, since the society began."""
    kept: int
    """How many of the last ones can be looked at."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def in_mailboxes(self) -> int:
        """Those that had been put into a mailbox."""
        return sum(self.counts[reason] for reason in IN_MAILBOXES)


Listener = Callable[[DeadLetter], object]


class DeadLetters:
    """Counts the dead letters of one society and keeps the last of them.

    Any thread may do anything with it, at any moment; nothing here waits for anybody.
    """

    def __init__(self, kept: int = KEPT) -> None:
        """Make an empty one.

        Args:
            kept: how many of the last letters to keep; their messages stay in memory.
        """
        if kept < 0:
            raise ValueError(f"kept must be >= 0, got {kept}")
        self._last: deque[DeadLetter] = deque(maxlen=kept)
        self._tallies = {reason: _Tally() for reason in Reason}
        # A dict that stands for an ordered set, since one step is enough to change it.
        self._listeners: dict[Listener, None] = {}
        # Threads that are telling the listeners of a letter at this moment.
        self._telling: set[int] = set()

    def record(self, letter: DeadLetter) -> None:
        """Count a letter, keep it for a while, and tell the listeners; never raises.

        The first of each reason is logged.
        """
        tally = self._tallies[letter.reason]
        # A line of its own, without a call in it, is done by one thread at a time.
        tally.count += 1
        self._last.append(letter)
        if tally.count == 1:
            _log_first(letter)
        if self._listeners:
            self._tell(letter)

    def record_each(
        self, message: Any, reason: Reason, receivers: Sequence[str], sender: str | None = None
    ) -> None:
        """Record one message for each of those who do not hear it, as ``record`` does.

        Where nobody listens, it takes no longer for a million than for those that are kept.
        """
        named = receivers
        kept = self._last.maxlen or 0
        if len(receivers) > kept + 1 and not self._listeners:
            named = (receivers[0], *receivers[len(receivers) - kept :])
        for receiver in named:
            self.record(DeadLetter(message, reason, receiver, sender))
        unnamed = len(receivers) - len(named)
        self._tallies[reason].count += unnamed

    def listen(self, listener: Listener) -> None:
        """Have a function told of each letter from now on, once, on the thread that gave it up.

        That may be the thread on which a round is closed, so it is to be quick, and to ask the
        society nothing. What dies while it runs, and by its doing, is counted and kept, but not
        told.
        """
        self._listeners[listener] = None

    def unlisten(self, listener: Listener) -> None:
        """Tell a function no more; it may hear of a letter that is dying now."""
        self._listeners.pop(listener, None)

    def last(self) -> tuple[DeadLetter, ...]:
        """Give the letters that are kept, oldest first."""
        return copy_of(self._last)

    def statistics(self) -> DeadLetterStatistics:
        counts = {reason: tally.count for reason, tally in self._tallies.items()}
        return DeadLetterStatistics(counts, len(self._last))

    def _tell(self, letter: DeadLetter) -> None:
        thread = threading.get_ident()
        if thread in self._telling:
            # A listener that writes to a dead actor would hear of that for ever.
            return
        self._telling.add(thread)
        try:
            for listener in copy_of(self._listeners):
                _contained(listener, letter)
        finally:
            self._telling.discard(thread)


class _Tally:
    """A count that any thread may raise."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


def _log_first(letter: DeadLetter) -> None:
    # In a flood there is one for each letter that is sent, and the counts say the rest.
    log.info(
        "letter.died",
        message=type(letter.message).__name__,
        reason=str(letter.reason),
        receiver=letter.receiver,
        sender=letter.sender,
    )


def _contained(listener: Listener, letter: DeadLetter) -> None:
    try:
        listener(letter)
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        name = getattr(listener, "__qualname__", type(listener).__qualname__)
        log.warning("listener.failed", listener=name, error=describe(error))
