"""Making stories of what memories, monitors and stores give."""

from __future__ import annotations

import collections
import heapq
from collections.abc import Iterable

from ..memory.alerts import Alert
from ..memory.history import Snapshot
from ..memory.item import Item
from ..memory.remembered import Remembered
from ..memory.words import words_of
from .story import Kind, Note, Size, Told

SHOWN = 10
"""Items that are shown of one agent."""
SAMPLES = 5
"""Experiences that are shown of one item."""


def sizes_of(snapshots: Iterable[Snapshot]) -> tuple[Size, ...]:
    """Give the sizes that a monitor's snapshots tell, the peaks between them included."""
    sizes: list[Size] = []
    for one in snapshots:
        sizes.append(Size(one.round, one.size, one.bytes))
        if one.high > one.size:
            sizes.append(Size(one.round, one.high, one.bytes))
    return tuple(sizes)


def kinds_of(items: Iterable[Item]) -> tuple[Kind, ...]:
    """Count items by their kind, the kind that stands for most first."""
    counts: collections.Counter[str] = collections.Counter()
    experiences: collections.Counter[str] = collections.Counter()
    for item in items:
        counts[item.kind] += 1
        experiences[item.kind] += item.count
    kinds = [Kind(kind, counts[kind], experiences[kind]) for kind in counts]
    return tuple(sorted(kinds, key=lambda one: (-one.experiences, one.kind)))


def top_of(items: Iterable[Item], count: int = SHOWN) -> tuple[Told, ...]:
    """Give the most important items, of equals those that stand for most, then the latest."""
    top = heapq.nlargest(count, items, key=lambda item: (item.importance, item.count, item.last))
    return tuple(told(item) for item in top)


def told(item: Item) -> Told:
    """Give an item for a reader."""
    return Told(
        id=item.id,
        kind=item.kind,
        text=item.text,
        importance=item.importance,
        count=item.count,
        round=item.round,
        members=item.members,
        samples=tuple(line_of(sample) for sample in item.samples[:SAMPLES]),
    )


def line_of(lived: Remembered) -> str:
    """Tell an experience in one line, with its place in the agent's life."""
    return f"#{lived.sequence} in round {lived.experience.round}: {words_of(lived)}"


def notes_of(alerts: Iterable[Alert]) -> tuple[Note, ...]:
    """Give a monitor's alerts for a reader."""
    return tuple(Note(one.round, str(one.severity), one.message) for one in alerts)
