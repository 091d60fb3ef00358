"""The shared state that everyone may read, and the one place where it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...models.board import Board
from ...models.outbox import Kind, Parcel, in_order


@dataclass(frozen=True, slots=True)
class BlackboardStatistics:
    """What has become of the writes that were proposed so far."""

    version: int
    keys: int
    written: int
    removed: int
    overruled: int
    """Writes that another agent's on the same key followed in the same round."""
    refused: int
    """Writes of new keys for which there was no room."""


class Blackboard:
    """Makes one board after another out of what agents propose; one owner, one thread.

    All writes of a round hold from the same moment, between two rounds, by sender and in the
    sender's order: on a key that several write, the last of these stands. Agents that should
    not overrule each other use keys of their own, such as ``bids/<id>``.
    """

    def __init__(self, limit: int = 1_000) -> None:
        """Start with an empty board.

        Args:
            limit: how many keys it may hold.
        """
        if limit < 1:
            raise ValueError(f"limit must be >= 1, got {limit}")
        self._limit = limit
        self._board = Board()
        self._written = self._removed = self._overruled = self._refused = 0

    @property
    def board(self) -> Board:
        """What everyone may read now."""
        return self._board

    def apply(self, writes: Iterable[Parcel]) -> Board:
        """Carry out a round's writes; the same board again if they change nothing."""
        ordered = in_order(writes)
        if not ordered:
            return self._board
        before = self._written + self._removed
        values = dict(self._board)
        writers: dict[str, str] = {}
        for write in ordered:
            key = write.name
            if write.kind is Kind.PUT and key not in values and len(values) >= self._limit:
                self._refused += 1
                continue
            self._overruled += writers.get(key, write.sender) != write.sender
            writers[key] = write.sender
            if write.kind is Kind.PUT:
                values[key] = write.payload
                self._written += 1
            elif key in values:
                del values[key]
                self._removed += 1
        if self._written + self._removed > before:
            self._board = Board(values, self._board.version + 1)
        return self._board

    def statistics(self) -> BlackboardStatistics:
        return BlackboardStatistics(
            version=self._board.version,
            keys=len(self._board),
            written=self._written,
            removed=self._removed,
            overruled=self._overruled,
            refused=self._refused,
        )
