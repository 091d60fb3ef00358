"""What is kept in place of many experiences, and which ones they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .ranges import Ranges, ranges_of
from .remembered import Remembered
from .window import Window


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """What a consolidation strategy makes of some experiences of its window."""

    kind: str
    """In one word, for example "merged" or "summary"."""
    content: Any
    """JSON values and read-only arrays."""
    text: str
    """The same for a reader, and for being found by."""
    members: tuple[int, ...]
    """The sequences of the experiences that it stands for; at least one."""
    importance: float = 1.0
    samples: tuple[int, ...] = ()
    """Those of the members that are worth keeping whole; a few."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """What an agent knows in place of the experiences that it came from."""

    id: str
    """``<first>-<last>.<n>``: the window that was consolidated, and which of its items."""
    kind: str
    content: Any
    text: str
    first: int
    """The lowest sequence it stands for."""
    last: int
    """The highest."""
    count: int
    """How many experiences it stands for."""
    members: Ranges
    """Which ones."""
    samples: tuple[Remembered, ...]
    """Some of them, whole."""
    importance: float
    round: int
    """Of the last experience it stands for."""
    reward: float | None
    """The mean over those that were paid one; None if none was."""

    @classmethod
    def of(cls, draft: Draft, window: Window, id: str) -> Item:
        """Make an item of a draft.

        Args:
            window: the experiences that were consolidated; all members are there.
        """
        places, columns = window.places(sorted(draft.members)), window.columns
        paid = [r for place in places if (r := columns.rewards[place]) is not None]
        return cls(
            id=id,
            kind=draft.kind,
            content=draft.content,
            text=draft.text,
            first=columns.sequences[places[0]],
            last=columns.sequences[places[-1]],
            count=len(places),
            members=ranges_of(draft.members),
            samples=tuple([window[place] for place in window.places(draft.samples)]),
            importance=draft.importance,
            round=columns.rounds[places[-1]],
            reward=sum(paid) / len(paid) if paid else None,
        )
