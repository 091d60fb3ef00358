"""The vectors of what may be recalled, side by side, each embedded once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from .embedding import Vectors

Floats = npt.NDArray[np.float64]
Memory = TypeVar("Memory")
_FIRST_ROWS = 64
_FEW = 4
"""One in so many dimensions: up to there it is quicker to go through them one by one."""


class Entry(NamedTuple, Generic[Memory]):
    """Something that may be recalled, with all that its score is made from but the vector."""

    key: Hashable
    """By which it is known again."""
    memory: Memory
    round: int
    importance: float
    last: int
    """Its highest sequence: the later of two equals comes first."""


class Shelf(Generic[Memory]):
    """Holds entries and their vectors; grows by doubling, and never has a gap.

    It is not for several threads at once; whoever shares it locks it.
    """

    def __init__(self) -> None:
        self._entries: list[Entry[Memory]] = []
        self._rows: dict[Hashable, int] = {}
        # A column for each entry: a question has few of all words, and reads their rows alone.
        self._vectors: Vectors = np.empty((0, 0), np.float32)
        self._figures: Floats = np.empty((0, 3), np.float64)

    def __len__(self) -> int:
        return len(self._entries)

    def missing(self, entries: Sequence[Entry[Memory]]) -> list[Entry[Memory]]:
        """Give those that have no vector here yet."""
        return [entry for entry in entries if entry.key not in self._rows]

    def keep(self, entries: Sequence[Entry[Memory]]) -> None:
        """Drop everything that is not among these."""
        wanted = {entry.key for entry in entries}
        for key in [key for key in self._rows if key not in wanted]:
            self._drop(key)

    def put(self, entries: Sequence[Entry[Memory]], vectors: Vectors) -> None:
        """Take in entries with a row of vectors for each; those that are here already stay."""
        if not entries:
            return
        self._make_room(len(self._entries) + len(entries), vectors.shape[1])
        for entry, vector in zip(entries, vectors, strict=True):
            if entry.key in self._rows:
                continue
            row = len(self._entries)
            self._rows[entry.key] = row
            self._entries.append(entry)
            self._vectors[:, row] = vector
            self._figures[row] = entry.round, entry.importance, entry.last

    def entry(self, row: int) -> Entry[Memory]:
        """Give what stands in a row."""
        return self._entries[row]

    def nearness(self, vector: Vectors) -> Floats:
        """Give the cosine of every row with this vector; exact, whatever the order of rows."""
        count = len(self._entries)
        if not count:
            return np.empty(0)
        vectors, told = self._vectors[:, :count], np.flatnonzero(vector)
        if len(told) * _FEW > len(vector):
            return (vector @ vectors).astype(np.float64)
        near = np.zeros(count, np.float32)
        for dimension in told:
            near += vector[dimension] * vectors[dimension]
        return near.astype(np.float64)

    def figures(self) -> Floats:
        """Give round, importance and last sequence; float64, shape (rows, 3), not to be kept."""
        return self._figures[: len(self._entries)]

    def _make_room(self, rows: int, dimensions: int) -> None:
        capacity = max(len(self._figures), _FIRST_ROWS)
        while capacity < rows:
            capacity *= 2
        if capacity == len(self._figures):
            return
        vectors = np.empty((dimensions, capacity), np.float32)
        figures = np.empty((capacity, 3), np.float64)
        if count := len(self._entries):
            vectors[:, :count] = self._vectors[:, :count]
            figures[:count] = self._figures[:count]
        self._vectors, self._figures = vectors, figures

    def _drop(self, key: Hashable) -> None:
        """Take one out; the last one takes its row."""
        row, last = self._rows.pop(key), len(self._entries) - 1
        moved = self._entries.pop()
        if row != last:
            self._entries[row] = moved
            self._rows[moved.key] = row
            self._vectors[:, row] = self._vectors[:, last]
            self._figures[row] = self._figures[last]
