"""Bringing back what matters to a question: by how lately, how important, how near to it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np

from .embedding import CheckedEmbedding, Embedding, HashingEmbedding, Vectors
from .item import Item
from .remembered import Remembered
from .semantic import SemanticMemory
from .vectors import Entry, Floats, Shelf
from .words import words_of

LATELY = 100
"""Experiences of late that are searched beside the items."""
_TIE = 9
"""Decimals after which two scores are equal."""

Memory: TypeAlias = Item | Remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each of the three counts; only their proportions matter.

    Raises:
        ValueError: one is negative or no number, or none counts.
    """

    recency: float = 1.0
    importance: float = 1.0
    relevance: float = 1.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
                raise ValueError(f"{entry.name} must be a finite number >= 0, got {value!r}")
        if not self.total:
            raise ValueError("one of recency, importance, relevance must be above 0")

    @property
    def total(self) -> float:
        """What a perfect memory would come to."""
        return self.recency + self.importance + self.relevance


@dataclass(frozen=True, slots=True, eq=False)
class Recalled:
    """Something that came back, and why it came before others; all figures are 0 to 1."""

    memory: Memory
    """An item, or an experience of late that is still whole."""
    text: str
    score: float
    recency: float
    importance: float
    relevance: float
    """Each is 0 for the least and 1 for the most of all that was searched."""


class Recollection:
    """Searches an agent's items and its experiences of late.

    Any thread may recall, beside the one that writes; what is new is embedded by the thread
    that asks first, outside the lock, so that an embedding that hangs holds up nobody else.

    Source: Park et al. (2023), "Generative Agents", the retrieval function.
    """

    def __init__(
        self,
        semantic: SemanticMemory,
        recent: Callable[[], Sequence[Remembered]] = tuple,
        *,
        embedding: Embedding | None = None,
        decay: float = 0.995,
        lately: int = LATELY,
    ) -> None:
        """Take what is searched.

        Args:
            recent: gives the experiences that are whole, oldest first.
            embedding: makes vectors of texts; by the words in them if None.
            decay: what a memory's recency is multiplied by with every round.
            lately: how many of the latest experiences are searched.

        Raises:
            ValueError: decay is not in (0, 1], or lately is negative.
        """
        if not 0 < decay <= 1:
            raise ValueError(f"decay must be in (0, 1], got {decay!r}")
        if lately < 0:
            raise ValueError(f"lately must be >= 0, got {lately!r}")
        self._semantic = semantic
        self._recent = recent
        self._embed = CheckedEmbedding(embedding or HashingEmbedding())
        self._decay = decay
        self._lately = lately
        self._items: Shelf[Memory] = Shelf()
        self._experiences: Shelf[Memory] = Shelf()
        self._shelved: tuple[Item, ...] = ()
        # Readers only: the writer of the memories never waits for it.
        self._lock = threading.Lock()

    def recall(
        self, query: Any, k: int = 5, *, now: int, weights: Weights | None = None
    ) -> list[Recalled]:
        """Give the k memories with the highest score, the best first.

        Equal scores are ordered by time, the latest first. One history and one query give one
        answer, in any thread and however often something was asked before.

        Args:
            query: a text, an experience, or an observation.
            now: the round in which it is asked.

        Raises:
            ValueError: k is not at least 1.
            PluginError: the embedding failed or broke its contract.
        """
        if k < 1:
            raise ValueError(f"k must be >= 1, got {k!r}")
        vector = self._embed([query if isinstance(query, str) else words_of(query)])[0]
        items, whole = self._semantic.items(), self._whole()
        known: dict[Hashable, Vectors] = {}
        while True:
            with self._lock:
                absent = self._absent(items, whole, known)
                if not absent:
                    self._shelve(items, whole, known)
                    return self._best(vector, k, now, weights or Weights())
            # Whoever recalls beside us may meanwhile drop what was here: hence the loop.
            vectors = self._embed([_text_of(entry.memory) for entry in absent])
            known |= zip((entry.key for entry in absent), vectors, strict=True)

    def _whole(self) -> list[Entry[Memory]]:
        lived = tuple(self._recent())[-self._lately :] if self._lately else ()
        return [_entry_of_experience(one) for one in lived]

    def _absent(
        self,
        items: tuple[Item, ...],
        whole: list[Entry[Memory]],
        known: Mapping[Hashable, Vectors],
    ) -> list[Entry[Memory]]:
        absent = self._experiences.missing(whole)
        if items is not self._shelved:
            absent += self._items.missing([_entry_of_item(item) for item in items])
        return [entry for entry in absent if entry.key not in known]

    def _shelve(
        self,
        items: tuple[Item, ...],
        whole: list[Entry[Memory]],
        known: Mapping[Hashable, Vectors],
    ) -> None:
        _arrange(self._experiences, whole, known)
        if items is not self._shelved:
            _arrange(self._items, [_entry_of_item(item) for item in items], known)
            self._shelved = items

    def _best(self, vector: Vectors, k: int, now: int, weights: Weights) -> list[Recalled]:
        figures = np.concatenate((self._items.figures(), self._experiences.figures()))
        near = (self._items.nearness(vector), self._experiences.nearness(vector))
        parts = (
            _scaled(self._decay ** np.maximum(now - figures[:, 0], 0.0)),
            _scaled(figures[:, 1]),
            _scaled(np.concatenate(near)),
        )
        counts = (weights.recency, weights.importance, weights.relevance)
        weighed = sum(
            part * (count / weights.total) for part, count in zip(parts, counts, strict=True)
        )
        score: Floats = np.round(weighed, _TIE)
        return [
            self._recalled(row, float(score[row]), [float(part[row]) for part in parts])
            for row in _highest(score, figures[:, 2], k)
        ]

    def _recalled(self, row: int, score: float, parts: list[float]) -> Recalled:
        of_items = len(self._items)
        entry = (
            self._items.entry(row) if row < of_items else self._experiences.entry(row - of_items)
        )
        recency, importance, relevance = parts
        return Recalled(entry.memory, _text_of(entry.memory), score, recency, importance, relevance)


def _text_of(memory: Memory) -> str:
    return memory.text if isinstance(memory, Item) else words_of(memory)


def _entry_of_item(item: Item) -> Entry[Memory]:
    return Entry(item.id, item, item.round, item.importance, item.last)


def _entry_of_experience(lived: Remembered) -> Entry[Memory]:
    sequence, round = lived.sequence, lived.experience.round
    return Entry(sequence, lived, round, lived.importance, sequence)


def _arrange(
    shelf: Shelf[Memory], entries: Sequence[Entry[Memory]], known: Mapping[Hashable, Vectors]
) -> None:
    """Have exactly these on the shelf; those that are not there yet are among the known."""
    shelf.keep(entries)
    if missing := shelf.missing(entries):
        shelf.put(missing, np.stack([known[entry.key] for entry in missing]))


def _scaled(values: Floats) -> Floats:
    """Bring values to 0 for the least and 1 for the most; all 0 where they are equal."""
    if not len(values):
        return values
    least, most = values.min(), values.max()
    return (values - least) / (most - least) if most > least else np.zeros(len(values))


def _highest(score: Floats, last: Floats, k: int) -> list[int]:
    """Give the rows with the highest scores, the best first; of equals the last lived."""
    place = max(0, len(score) - k)
    if not len(score):
        return []
    rows = np.flatnonzero(score >= np.partition(score, place)[place])
    order = np.lexsort((-last[rows], -score[rows]))
    return [int(row) for row in rows[order[:k]]]
