"""What agents believe the world to be like, as rows of numbers: shared, or each its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np

from ..matrices import EPSILON, Array, Indices, locked
from .model import FactoredModel
from .tables import joint_sizes

KINDS = {
    "A": ("likelihoods", "logs", "ambiguity"),
    "B": ("transitions",),
    "C": ("preferences",),
    "D": ("starts",),
    "E": ("habits",),
}
"""What of an agent can be its own, and the arrays that hold it."""
ARRAYS = (*(name for names in KINDS.values() for name in names), "novelty_A", "novelty_B")


class Parameters:
    """One row that all share, or a row for each agent; laid out as ``Layout`` says.

    Whoever changes likelihoods calls ``refresh`` for them, before anything is inferred.

    Attributes:
        likelihoods: float64, shape (n, n_likelihoods): A.
        transitions: float64, shape (n, n_transitions): B.
        preferences: float64, shape (n, n_outcomes): C.
        starts: float64, shape (n, n_beliefs): D.
        habits: float64, shape (n, n_policies): ln E, at least ln EPSILON; zeros if uniform.
        logs: float64, shape (n, n_likelihoods): ln A, at least ln EPSILON.
        ambiguity: float64, shape (n, joint states of each modality): how undecided A leaves
            what is seen there, nats.
        novelty_A: float64, laid out as A: what one would learn of A from an outcome in a
            state, nats; of width 0 where that counts for nothing.
        novelty_B: float64, laid out as B: what one would learn of B from a move; the same.
    """

    def __init__(self, model: FactoredModel, n_policies: int) -> None:
        layout = model.layout
        self.layout = layout
        self.likelihoods: Array = layout.pack_A(model.A)[None]
        self.transitions: Array = layout.pack_B(model.B)[None]
        self.preferences: Array = layout.pack_C(model.C)[None]
        self.starts: Array = layout.pack_D(model.D)[None]
        self.habits: Array = np.zeros((1, n_policies))
        if model.E is not None:
            self.habits[0] = np.log(np.maximum(model.E, EPSILON))
        self.logs: Array = np.empty_like(self.likelihoods)
        self.ambiguity: Array = np.empty((1, sum(joint_sizes(layout))))
        self.novelty_A: Array = np.zeros((1, 0))
        self.novelty_B: Array = np.zeros((1, 0))
        self.refresh()

    @cached_property
    def arrays(self) -> tuple[Array, ...]:
        """All of it as compiled code takes it: views to read, so that types are always equal."""
        return tuple(locked(getattr(self, name).view()) for name in ARRAYS)

    def lock(self) -> Parameters:
        """Make it read-only, to be shared."""
        for name in ARRAYS:
            locked(getattr(self, name))
        return self

    def owned(self, capacity: int, own: Iterable[str], novelty: Iterable[str]) -> Parameters:
        """Copy what each agent is to have for itself into rows; go on sharing the rest.

        Args:
            own: of KINDS.
            novelty: "A", "B" or both: whose novelty counts; it is zeros at first.
        """
        other = Parameters.__new__(Parameters)
        other.layout = self.layout
        for name in ARRAYS:
            setattr(other, name, getattr(self, name))
        for name in (name for kind in own for name in KINDS[kind]):
            setattr(other, name, np.repeat(getattr(self, name), capacity, axis=0))
        for kind in novelty:
            width = self.likelihoods.size if kind == "A" else self.transitions.size
            setattr(other, f"novelty_{kind}", np.zeros((capacity, width)))
        return other

    def restore(self, row: int, origin: Parameters) -> None:
        """Make one agent's own what it was at first."""
        for name in ARRAYS:
            mine, first = getattr(self, name), getattr(origin, name)
            if mine is not first:
                mine[row] = first[0] if first.size else 0.0

    def refresh(self, who: Indices | None = None) -> None:
        """Work out again what follows from the likelihoods of these rows, or of all."""
        rows: Any = slice(None) if who is None else who
        chances = self.likelihoods[rows]
        logs = np.log(np.maximum(chances, EPSILON))
        self.logs[rows] = logs
        surprise = chances * -logs
        offsets = self.layout.a_offsets
        parts = [
            surprise[:, first:last].reshape(len(surprise), size, -1).sum(axis=1)
            for first, last, size in zip(
                offsets[:-1], offsets[1:], self.layout.n_observations, strict=True
            )
        ]
        self.ambiguity[rows] = np.hstack(parts)

    @property
    def bytes_per_row(self) -> int:
        """What one agent takes of what is its own."""
        arrays = [getattr(self, name) for name in ARRAYS]
        return sum(array[0].nbytes for array in arrays if array.flags.writeable)
