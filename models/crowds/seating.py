"""Agents that are answered for together, sorted by where their rows stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np

from ..kernels.rows import BaseRows, Turn
from ..matrices import Indices
from .seat import Seat

_T = TypeVar("_T")


class Group(NamedTuple):
    """Those of a call whose rows stand on one page."""

    rows: BaseRows
    who: Indices
    """int64, shape (n,): their rows."""
    at: range | list[int]
    """Their places in the call; a range where they are side by side."""

    def turn(self, seen: Indices, moves: Indices, ends: Indices) -> Turn:
        """Give what concerns these of what a whole call is given; see ``Turn``."""
        at = self.at
        if len(at) == len(ends):
            return Turn(self.who, seen, moves, ends)
        if isinstance(at, range):
            begin = int(ends[at.start - 1]) if at.start else 0
            own = ends[at.start : at.stop]
            return Turn(
                self.who, seen[at.start : at.stop], moves[begin : int(own[-1])], own - begin
            )
        begins = np.concatenate([[0], ends[:-1]])[at]
        counts = ends[at] - begins
        own = np.cumsum(counts)
        places = np.arange(own[-1]) + np.repeat(begins - (own - counts), counts)
        return Turn(self.who, seen[at], moves[places], own)


class Seating(Sequence[Seat]):
    """Seats in the order of a call; whoever makes the same call again may keep it."""

    __slots__ = ("_groups", "_seats")

    def __init__(self, seats: Sequence[Seat]) -> None:
        self._seats = seats
        self._groups: list[Group] | None = None

    def __len__(self) -> int:
        return len(self._seats)

    @overload
    def __getitem__(self, place: int) -> Seat: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Seat]: ...
    def __getitem__(self, place: int | slice) -> Seat | Sequence[Seat]:
        return self._seats[place]

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats)

    def groups(self, results: Sequence[int | Exception]) -> Sequence[Group]:
        """Sort those for whom no error stands in the results yet: 0 does."""
        if results.count(0) < len(results):
            return _grouped(self._seats, [k for k, result in enumerate(results) if result == 0])
        if self._groups is None:
            self._groups = _grouped(self._seats, range(len(self)))
        return self._groups


def _grouped(seats: Sequence[Seat], places: Sequence[int]) -> list[Group]:
    pages: dict[int, tuple[BaseRows, list[int]]] = {}
    for k in places:
        rows = seats[k].rows
        pages.setdefault(id(rows), (rows, []))[1].append(k)
    return [
        Group(rows, np.array([seats[k].row for k in at], np.int64), as_range(at))
        for rows, at in pages.values()
    ]


def as_range(places: list[int]) -> range | list[int]:
    """Give ascending places as a range if they are side by side."""
    if places and places[-1] - places[0] + 1 == len(places):
        return range(places[0], places[-1] + 1)
    return places


def picked(values: Sequence[_T], places: Sequence[int]) -> Sequence[_T]:
    """Give the values at these places."""
    if isinstance(places, range):
        return values[places.start : places.stop]
    return [values[k] for k in places]


def put(values: list[Any], places: Sequence[int], new: Sequence[Any]) -> None:
    """Write new values at these places.

    Raises:
        ValueError: there are not as many of them.
    """
    if isinstance(places, range) and len(new) == len(places):
        values[places.start : places.stop] = new
        return
    for k, value in zip(places, new, strict=True):
        values[k] = value
