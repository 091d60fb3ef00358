"""Alike experiences become one with a count; what is left over is counted by what was done."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..compact import Columns
from ..item import Draft
from ..remembered import Remembered
from ..window import Window
from .alike import keys_of
from .plain import plain, shown, times

_AT_ONCE = 64
"""How many experiences are looked at between two pauses."""


def merge(
    window: Sequence[Remembered], *, decimals: int = 2, share: float = 0.125
) -> Iterator[Draft | None]:
    """Merge experiences in which the same was seen and done, and ended in the same way.

    There are at most ``share`` times as many drafts as experiences, and at least one. If there
    are more kinds of experience than that, those that mattered most, all their experiences
    together, stay apart; the others are counted by what was done, or just by how it ended.

    Args:
        decimals: how exactly observed numbers count.
    """
    columns = Window.of(window).columns
    kinds = _Kinds()
    for start in range(0, len(window), _AT_ONCE):
        kinds.take(columns, slice(start, start + _AT_ONCE), decimals)
        yield None
    apart, left = kinds.parted(columns.importances, max(1, int(len(window) * share)))
    for places in apart:
        yield _merged(columns, places)
    for places in left:
        yield _assorted(columns, places, kinds.count_of(places), decimals)


class _Numbers(defaultdict[Any, int]):
    """Gives each key a number: 0 to the first that came, and so on."""

    def __init__(self) -> None:
        super().__init__(itertools.count().__next__)

    def of(self, keys: Iterable[Any]) -> list[int]:
        return list(map(self.__getitem__, keys))


class _Kinds:
    """Which experiences are alike: in how they ended; in what was done, too; and in all.

    Columns of numbers, and not an object for each experience.
    """

    def __init__(self) -> None:
        self._by_end, self._by_deed, self._by_kind = _Numbers(), _Numbers(), _Numbers()
        self._ends: list[int] = []
        self._deeds: list[int] = []
        self._kinds: list[int] = []

    def take(self, columns: Columns, part: slice, decimals: int) -> None:
        """Take in the experiences that come next."""
        parts = columns.statuses[part], columns.terminated[part], columns.truncated[part]
        ends = self._by_end.of(zip(*parts, strict=True))
        done = keys_of(columns.executed[part], decimals)
        deeds = self._by_deed.of(zip(done, ends, strict=True))
        seen = keys_of(columns.observations[part], decimals)
        self._ends += ends
        self._deeds += deeds
        self._kinds += self._by_kind.of(zip(seen, deeds, strict=True))

    def count_of(self, places: Iterable[int]) -> int:
        """Give of how many kinds the experiences at these places are."""
        return len({self._kinds[place] for place in places})

    def parted(
        self, importances: Sequence[float], most: int
    ) -> tuple[list[list[int]], list[list[int]]]:
        """Give the places of those kinds that stay apart, and of the others by coarser ones."""
        count = len(self._by_kind)
        if count <= most:
            return _gathered(self._kinds), []
        coarser, rest = self._coarser(most // 2)
        weights = [0.0] * count
        for kind, importance in zip(self._kinds, importances, strict=True):
            weights[kind] += importance
        # The sort is stable, and kinds are in lived order: of two that matter as much, the first.
        ranked = sorted(range(count), key=weights.__getitem__, reverse=True)
        chosen = set(ranked[: max(0, most - rest)])
        owners = [
            kind if kind in chosen else count + other
            for kind, other in zip(self._kinds, coarser, strict=True)
        ]
        gathered = _gathered(owners)
        return (
            [places for places in gathered if owners[places[0]] < count],
            [places for places in gathered if owners[places[0]] >= count],
        )

    def _coarser(self, most: int) -> tuple[list[int], int]:
        """Give by what to count those that do not stay apart, and how many of these there are."""
        if len(self._by_deed) <= most:
            return self._deeds, len(self._by_deed)
        if len(self._by_end) <= most:
            return self._ends, len(self._by_end)
        return [0] * len(self._ends), 1


def _gathered(owners: Sequence[int]) -> list[list[int]]:
    """Give the places of each, in the order in which they first came."""
    places: dict[int, list[int]] = {}
    for place, owner in enumerate(owners):
        places.setdefault(owner, []).append(place)
    return list(places.values())


def _merged(columns: Columns, places: Sequence[int]) -> Draft:
    first = places[0]
    content = {
        "observation": plain(columns.observations[first]),
        "executed": plain(columns.executed[first]),
        "status": columns.statuses[first],
        "last": columns.terminated[first] or columns.truncated[first],
    }
    return _draft("merged", columns, places, f"saw {shown(columns.observations[first])}", content)


def _assorted(columns: Columns, places: Sequence[int], kinds: int, decimals: int) -> Draft:
    if kinds == 1:
        return _merged(columns, places)
    content = {"kinds": kinds, **_shared(columns, places, decimals)}
    example = max(places, key=columns.importances.__getitem__)
    saw = f"saw {kinds} different things"
    samples = (columns.sequences[example],)
    return _draft("assorted", columns, places, saw, content, samples=samples)


def _shared(columns: Columns, places: Sequence[int], decimals: int) -> dict[str, Any]:
    """Give what holds for all of them."""
    parts = {
        "executed": [columns.executed[place] for place in places],
        "status": [columns.statuses[place] for place in places],
        "last": [columns.terminated[place] or columns.truncated[place] for place in places],
    }
    return {
        name: plain(part[0])
        for name, part in parts.items()
        if len(set(keys_of(part, decimals))) == 1
    }


def _draft(
    kind: str,
    columns: Columns,
    places: Sequence[int],
    saw: str,
    content: dict[str, Any],
    *,
    samples: tuple[int, ...] = (),
) -> Draft:
    did = f"; did {shown(content['executed'])}" if "executed" in content else ""
    status = content.get("status", "acted")
    how = ("" if status == "acted" else f"; {status}") + ("; the end" * content.get("last", False))
    return Draft(
        kind=kind,
        content=content,
        text=f"{times(len(places))}: {saw}{did}{how}",
        members=tuple([columns.sequences[place] for place in places]),
        importance=max([columns.importances[place] for place in places]),
        samples=samples,
    )
