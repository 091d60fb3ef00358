"""Alike experiences become one with a count; what is left over is counted by what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from ..item import Draft
from ..remembered import Remembered
from .alike import keys_of
from .plain import plain, shown, times

Key = tuple[Any, ...]
"""Of observation, executed action, status, terminated, truncated."""

_AT_ONCE = 64
"""How many experiences are looked at between two pauses."""
_COARSER = (1, 2, 5)
"""How many parts of the key do not count any more, one way after another."""


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
    groups: dict[Key, list[int]] = defaultdict(list)
    for start in range(0, len(window), _AT_ONCE):
        keys = _keys(window[start : start + _AT_ONCE], decimals)
        for place, key in enumerate(keys, start):
            groups[key].append(place)
        yield None
    importance = [one.importance for one in window]
    apart, left = _parted(groups, importance, max(1, int(len(window) * share)))
    for places in apart.values():
        yield _merged([window[place] for place in places])
    for lists in left.values():
        lived = [window[place] for place in sorted(place for places in lists for place in places)]
        yield _assorted(lived, len(lists), decimals)


def _keys(chunk: Sequence[Remembered], decimals: int) -> Iterator[Key]:
    _, lived, _, _ = zip(*chunk, strict=True)
    _, observed, _, executed, status, _, terminated, truncated = zip(*lived, strict=True)
    return zip(
        keys_of(observed, decimals), keys_of(executed, decimals), status, terminated, truncated,
        strict=True,
    )  # fmt: skip


def _parted(
    groups: dict[Key, list[int]], importance: list[float], most: int
) -> tuple[dict[Key, list[int]], dict[Key, list[list[int]]]]:
    """Give the groups that stay apart, and the others by their coarser keys."""
    if len(groups) <= most:
        return groups, {}
    coarser, kinds = _COARSER[-1], 1
    for coarser in _COARSER:
        kinds = len({key[coarser:] for key in groups})
        if kinds <= most // 2:
            break
    weights = {key: sum(importance[p] for p in places) for key, places in groups.items()}
    # The sort is stable, and groups are in lived order: of two that matter as much, the first.
    ranked = sorted(groups, key=weights.__getitem__, reverse=True)
    chosen = set(ranked[: most - kinds])
    apart = {key: places for key, places in groups.items() if key in chosen}
    left: dict[Key, list[list[int]]] = {}
    for key, places in groups.items():
        if key not in chosen:
            left.setdefault(key[coarser:], []).append(places)
    return apart, left


def _merged(lived: list[Remembered]) -> Draft:
    first = lived[0].experience
    content = {
        "observation": plain(first.observation),
        "executed": plain(first.executed),
        "status": first.status,
        "last": first.last,
    }
    return _draft("merged", lived, f"saw {shown(first.observation)}", content)


def _assorted(lived: list[Remembered], kinds: int, decimals: int) -> Draft:
    if kinds == 1:
        return _merged(lived)
    content = {"kinds": kinds, **_shared(lived, decimals)}
    example = max(lived, key=lambda one: one.importance).sequence
    return _draft("assorted", lived, f"saw {kinds} different things", content, (example,))


def _shared(lived: list[Remembered], decimals: int) -> dict[str, Any]:
    """Give what holds for all of them."""
    columns = {
        "executed": [one.experience.executed for one in lived],
        "status": [one.experience.status for one in lived],
        "last": [one.experience.last for one in lived],
    }
    return {
        name: plain(column[0])
        for name, column in columns.items()
        if len(set(keys_of(column, decimals))) == 1
    }


def _draft(
    kind: str,
    lived: list[Remembered],
    saw: str,
    content: dict[str, Any],
    samples: tuple[int, ...] = (),
) -> Draft:
    did = f"; did {shown(content['executed'])}" if "executed" in content else ""
    status = content.get("status", "acted")
    how = ("" if status == "acted" else f"; {status}") + ("; the end" * content.get("last", False))
    return Draft(
        kind=kind,
        content=content,
        text=f"{times(len(lived))}: {saw}{did}{how}",
        members=tuple(one.sequence for one in lived),
        importance=max(one.importance for one in lived),
        samples=samples,
    )
