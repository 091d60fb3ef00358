"""A range of experiences as a strategy sees it: one by one, or as whole columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from ..models.crowds.pupil import Pupil
from ..models.experience import Experience
from .compact import Columns
from .remembered import Remembered


class Window(Sequence[Remembered]):
    """Experiences in lived order; read-only.

    Whole columns are there for those who look at all. An experience is made when somebody asks
    for it, and is kept nowhere: thousands that live for a while, between two rounds, would each
    time have the garbage collector walk over all that there is.
    """

    __slots__ = ("_places", "columns", "pupil")

    def __init__(self, columns: Columns, pupil: Pupil | None = None) -> None:
        self.pupil = pupil
        """Whose experiences they are, if that is an agent that can be taught."""
        frozen: list[Any] = [tuple(column) for column in columns]
        self.columns = Columns(*frozen)
        """Tuples, so that a strategy can change nothing of what becomes of its drafts."""
        self._places: dict[int, int] = {}

    @classmethod
    def of(cls, lived: Iterable[Remembered], pupil: Pupil | None = None) -> Window:
        """Make one of experiences; it is given back as it is if it is a window."""
        if isinstance(lived, Window):
            return lived
        rows = [
            (
                sequence, one.round, one.observation, one.intended, one.executed, one.status,
                one.reward, one.terminated, one.truncated, importance, surprise,
            )
            for sequence, one, importance, surprise in lived
        ]  # fmt: skip
        columns = zip(*rows, strict=True) if rows else [()] * len(Columns._fields)
        return cls(Columns._make(columns), pupil)

    def places(self, sequences: Iterable[int]) -> list[int]:
        """Give where in the window these are."""
        if not self._places:
            self._places = {one: place for place, one in enumerate(self.columns.sequences)}
        return [self._places[one] for one in sequences]

    def __len__(self) -> int:
        return len(self.columns.sequences)

    @overload
    def __getitem__(self, index: int) -> Remembered: ...
    @overload
    def __getitem__(self, index: slice) -> Window: ...
    def __getitem__(self, index: int | slice) -> Remembered | Window:
        if isinstance(index, slice):
            return Window(Columns._make([column[index] for column in self.columns]), self.pupil)
        return _remembered(tuple([column[index] for column in self.columns]))

    def __iter__(self) -> Iterator[Remembered]:
        return map(_remembered, zip(*self.columns, strict=True))


def _remembered(row: tuple[Any, ...]) -> Remembered:
    (
        sequence, round, observation, intended, executed, status,
        reward, terminated, truncated, importance, surprise,
    ) = row  # fmt: skip
    lived = Experience(
        round, observation, intended, executed, status, reward, terminated, truncated
    )
    return Remembered(sequence, lived, importance, surprise)
