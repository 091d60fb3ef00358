"""Where the distributions of a learned model stand in an agent's flat rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import Any, cast

import numpy as np

from ..factored.layout import Layout
from ..factored.model import FactoredModel
from ..generative import GenerativeModel
from ..matrices import Array, Indices, locked


class Columns:
    """The places of all columns of A, B and D; read-only, shared by agents.

    A and D are laid out as ``Layout`` says. Of B each column holds only the states that may
    follow, ``widths[f]`` of them: for several factors all states, so that this is the layout
    of B as well; for one factor those that are possible in the model.

    Attributes:
        modalities: int64, shape (n_modalities, 4): the first entry, how many outcomes, how
            many columns, and the number of the first column.
        parents: int64, shape (n_modalities, most factors): what it depends on; then -1.
        factors: int64, shape (n_factors, 5): the first entry, how many states, the width,
            how many actions, and the first entry in beliefs.
        following: int64, shape (n_transitions,): the state that each entry of B leads to.
    """

    def __init__(self, layout: Layout, following: Sequence[Indices]) -> None:
        """Lay out.

        Args:
            following: for each factor shape (U, S, width): states, in each list distinct.
        """
        self.layout = layout
        self.widths = tuple(part.shape[2] for part in following)
        self.shapes = tuple(part.shape for part in following)
        self.offsets = tuple(accumulate(map(prod, self.shapes), initial=0))
        self.following: Indices = locked(np.concatenate([part.ravel() for part in following]))
        self.modalities = _modalities(layout)
        self.parents = _parents(layout)
        own = (layout.n_states, self.widths, layout.n_controls, layout.s_offsets[:-1])
        rows = np.array([self.offsets[:-1], *own], np.int64)
        self.factors: Indices = locked(np.ascontiguousarray(rows.T))

    @classmethod
    def of(cls, model: GenerativeModel | FactoredModel, *, whole: bool) -> Columns:
        """Find them.

        Args:
            whole: whether columns of B hold all states, even where the model has zeros.
        """
        layout = layout_of(model)
        if isinstance(model, GenerativeModel) and model.moves is not None and not whole:
            return cls(layout, [model.moves.astype(np.int64)[:, :, None]])
        if isinstance(model, GenerativeModel) and not whole:
            return cls(layout, [_possible(model.B)])
        every = [np.arange(size) for size in layout.n_states]
        pairs = zip(every, layout.n_controls, strict=True)
        return cls(layout, [np.tile(own, (n, own.size, 1)) for own, n in pairs])

    @property
    def n_transitions(self) -> int:
        """How many entries of B there are."""
        return self.offsets[-1]

    @property
    def n_columns(self) -> int:
        """How many columns all A have together."""
        return int(self.modalities[:, 2].sum())

    def pack_B(self, arrays: Sequence[Array]) -> Array:  # noqa: N802
        """Lay out an array of shape (S, S, U) for each factor, new."""
        parts = [
            np.take_along_axis(array.transpose(2, 1, 0), own, axis=2).ravel()
            for array, own in zip(arrays, self._lists(), strict=True)
        ]
        return np.concatenate(parts).astype(np.float64)

    def unpack_B(self, flat: Array) -> tuple[Array, ...]:  # noqa: N802
        """Give an array of shape (S, S, U) for each factor, new."""
        arrays = []
        for part, own in zip(self.split_B(flat), self._lists(), strict=True):
            n_states = own.shape[1]
            dense = np.zeros((*own.shape[:2], n_states))
            np.put_along_axis(dense, own, part, axis=2)
            arrays.append(dense.transpose(2, 1, 0))
        return tuple(arrays)

    def split_B(self, flat: Array) -> tuple[Array, ...]:  # noqa: N802
        """Give views of shape (U, S, width); what is written there is written in ``flat``."""
        parts = np.split(flat, self.offsets[1:-1])
        return tuple(part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True))

    def _lists(self) -> tuple[Indices, ...]:
        return cast("tuple[Indices, ...]", self.split_B(cast("Array", self.following)))


def layout_of(model: GenerativeModel | FactoredModel) -> Layout:
    """Give the layout of a model; one factor is the simplest case of several."""
    if isinstance(model, FactoredModel):
        return model.layout
    return Layout(
        n_states=(model.n_states,),
        n_observations=model.n_observations,
        n_controls=(model.n_actions,),
        A_dependencies=((0,),) * len(model.A),
        B_dependencies=((0,),),
        control_factors=(0,),
    )


def _possible(transitions: Array) -> Indices:
    """List the states that can follow, those of B > 0 first; shape (U, S, width)."""
    impossible = transitions.transpose(2, 1, 0) <= 0
    width = int((~impossible).sum(axis=2).max())
    listed: Any = np.argsort(impossible, axis=2, kind="stable")[:, :, :width]
    return np.ascontiguousarray(listed, np.int64)


def _modalities(layout: Layout) -> Indices:
    columns = [prod(shape[1:]) for shape in layout.a_shapes]
    firsts = list(accumulate(columns, initial=0))[:-1]
    rows = [layout.a_offsets[:-1], layout.n_observations, columns, firsts]
    return locked(np.ascontiguousarray(np.array(rows, np.int64).T))


def _parents(layout: Layout) -> Indices:
    most = max(len(factors) for factors in layout.A_dependencies)
    rows = [[*own, *[-1] * (most - len(own))] for own in layout.A_dependencies]
    return locked(np.array(rows, np.int64).reshape(len(rows), most))
