"""Those that a clean-up may choose from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from .compact import trait_of, traits_of


class Candidate(NamedTuple):
    """One experience that may go, by what decides whether it does."""

    sequence: int
    round: int
    importance: float
    surprise: float | None
    """None where nobody said."""


class Candidates(Sequence[Candidate]):
    """The experiences that may go, oldest first; read-only.

    Whole columns are there for those who look at all: it is a hundred times as quick.
    """

    def __init__(self, entries: Sequence[bytes]) -> None:
        """Offer experiences.

        Args:
            entries: as ``compact.pack`` gives them; nobody changes it any more.
        """
        self._entries = entries

    @cached_property
    def _traits(self) -> npt.NDArray[np.void]:
        return traits_of(self._entries)

    @property
    def sequences(self) -> npt.NDArray[np.int64]:
        """int64, shape (len,), ascending."""
        return self._column("sequence")

    @property
    def rounds(self) -> npt.NDArray[np.int64]:
        """int64, shape (len,): when each was lived."""
        return self._column("round")

    @property
    def importances(self) -> npt.NDArray[np.float64]:
        """float64, shape (len,), at least 0."""
        return self._column("importance")

    @property
    def surprises(self) -> npt.NDArray[np.float64]:
        """float64, shape (len,), in nats; NaN where nobody said."""
        return self._column("surprise")

    def _column(self, name: str) -> npt.NDArray[Any]:
        column: npt.NDArray[Any] = self._traits[name]
        return column

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> Candidates: ...
    def __getitem__(self, index: int | slice) -> Candidate | Candidates:
        if isinstance(index, slice):
            return Candidates(self._entries[index])
        sequence, round, importance, nats = trait_of(self._entries[index])
        return Candidate(sequence, round, importance, None if nats != nats else nats)  # noqa: PLR0124  only NaN differs from itself
