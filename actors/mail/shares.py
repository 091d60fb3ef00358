"""Who has the most letters in a mailbox, known without counting."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sized


class Shares:
    """Keeps senders by how many letters they have; every change and question is short.

    A full mailbox asks with each letter that comes, and may hold letters of thousands.
    """

    __slots__ = ("_most", "_senders")

    def __init__(self, letters: Mapping[Hashable, Sized]) -> None:
        # By number of letters, in dicts that stand for ordered sets.
        self._senders: dict[int, dict[Hashable, None]] = {}
        for sender, own in letters.items():
            self._senders.setdefault(len(own), {})[sender] = None
        self._most = max(self._senders, default=0)

    def raised(self, sender: Hashable, count: int) -> None:
        """Take note that a sender has one more, and so many now."""
        self._move(sender, count - 1, count)
        self._most = max(self._most, count)

    def lowered(self, sender: Hashable, count: int) -> None:
        """Take note that a sender has one less, and so many now."""
        self._move(sender, count + 1, count)
        # Whoever had the most has one less now, if nobody else had as many.
        if self._most not in self._senders:
            self._most = count

    def largest(self, preferred: Hashable) -> Hashable:
        """Give a sender with the most letters: the preferred one, if it is one of these."""
        most = self._senders[self._most]
        return preferred if preferred in most else next(iter(most))

    def _move(self, sender: Hashable, before: int, now: int) -> None:
        if before:
            del self._senders[before][sender]
            if not self._senders[before]:
                del self._senders[before]
        if now:
            self._senders.setdefault(now, {})[sender] = None
