"""Where the parts of a factored model stand in flat vectors, for those who compute with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from math import prod

import numpy as np

from ..matrices import Array

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The sizes of a model, and what follows from them.

    An agent has one flat float64 vector of each kind; agents that share their parameters
    share vectors, agents with their own have a row each.

    - likelihoods: A[m] one after another, each in C order of (O_m, *S of its factors), so
      that what an outcome tells of the states is one run of numbers.
    - transitions: B[f] one after another, each in C order of (U_f, S_previous, S_next); the
      axes of B itself, (S_next, S_previous, U_f), are only those of ``unpack_B``.
    - beliefs: of each factor one after another; so is D.
    - outcomes: of each modality one after another; C is laid out so.

    Novelty, counts and masks of A and B are laid out as A and B are.
    """

    n_states: Shape
    """Of each factor."""
    n_observations: Shape
    """Of each modality."""
    n_controls: Shape
    """Of each factor: how many actions its B tells of; 1 where none moves it."""
    A_dependencies: tuple[Shape, ...]
    """Of each modality: the factors it depends on, in the order of its axes."""
    B_dependencies: tuple[Shape, ...]
    """Of each factor: itself alone, as (f,)."""
    control_factors: Shape
    """The factors that actions choose for, rising: an action has one entry for each of
    these; the others always use their action 0."""

    @property
    def n_factors(self) -> int:
        return len(self.n_states)

    @property
    def n_modalities(self) -> int:
        return len(self.n_observations)

    @cached_property
    def a_shapes(self) -> tuple[Shape, ...]:
        """Of each modality: (O_m, *S of its factors)."""
        pairs = zip(self.n_observations, self.A_dependencies, strict=True)
        return tuple((size, *(self.n_states[f] for f in factors)) for size, factors in pairs)

    @cached_property
    def b_shapes(self) -> tuple[Shape, ...]:
        """Of each factor: (S_next, S_previous, U), the axes as everyone writes them."""
        pairs = zip(self.n_states, self.n_controls, strict=True)
        return tuple((size, size, n_controls) for size, n_controls in pairs)

    @cached_property
    def a_offsets(self) -> Shape:
        """Where each A[m] begins, and where the last ends."""
        return _offsets(map(prod, self.a_shapes))

    @cached_property
    def b_offsets(self) -> Shape:
        """Where each B[f] begins, and where the last ends."""
        return _offsets(map(prod, self.b_shapes))

    @cached_property
    def s_offsets(self) -> Shape:
        """Where the beliefs of each factor begin, and where the last end."""
        return _offsets(self.n_states)

    @cached_property
    def o_offsets(self) -> Shape:
        """Where the outcomes of each modality begin, and where the last end."""
        return _offsets(self.n_observations)

    @property
    def n_likelihoods(self) -> int:
        return self.a_offsets[-1]

    @property
    def n_transitions(self) -> int:
        return self.b_offsets[-1]

    @property
    def n_beliefs(self) -> int:
        return self.s_offsets[-1]

    @property
    def n_outcomes(self) -> int:
        return self.o_offsets[-1]

    @property
    def n_actions(self) -> Shape:
        """Of each control factor: how many actions it has."""
        return tuple(self.n_controls[f] for f in self.control_factors)

    def pack_A(self, arrays: Sequence[Array]) -> Array:  # noqa: N802
        """Lay out an array of ``a_shapes[m]`` for each modality, new."""
        return _packed(arrays)

    def unpack_A(self, flat: Array) -> tuple[Array, ...]:  # noqa: N802
        """Give views of shape ``a_shapes[m]``; what is written there is written in ``flat``."""
        parts = _parts(flat, self.a_offsets)
        return tuple(part.reshape(s) for part, s in zip(parts, self.a_shapes, strict=True))

    def pack_B(self, arrays: Sequence[Array]) -> Array:  # noqa: N802
        """Lay out an array of ``b_shapes[f]`` for each factor, new."""
        return _packed([np.transpose(array, (2, 1, 0)) for array in arrays])

    def unpack_B(self, flat: Array) -> tuple[Array, ...]:  # noqa: N802
        """Give views of shape ``b_shapes[f]``; what is written there is written in ``flat``."""
        parts = _parts(flat, self.b_offsets)
        pairs = zip(parts, self.b_shapes, strict=True)
        return tuple(part.reshape(shape[::-1]).transpose(2, 1, 0) for part, shape in pairs)

    def pack_D(self, vectors: Sequence[Array]) -> Array:  # noqa: N802
        """Lay out a vector for each factor, new; beliefs too."""
        return _packed(vectors)

    def unpack_D(self, flat: Array) -> tuple[Array, ...]:  # noqa: N802
        """Give a view for each factor; of beliefs too."""
        return _parts(flat, self.s_offsets)

    def pack_C(self, vectors: Sequence[Array]) -> Array:  # noqa: N802
        """Lay out a vector for each modality, new."""
        return _packed(vectors)

    def unpack_actions(self, flat: Array) -> tuple[Array, ...]:
        """Give a view for each control factor of the chances of its actions."""
        return _parts(flat, _offsets(self.n_actions))

    def unpack_C(self, flat: Array) -> tuple[Array, ...]:  # noqa: N802
        """Give a view for each modality."""
        return _parts(flat, self.o_offsets)


def _offsets(sizes: Sequence[int] | map[int]) -> Shape:
    return tuple(accumulate(sizes, initial=0))


def _packed(arrays: Sequence[Array]) -> Array:
    flat: Array = np.concatenate([np.ravel(array) for array in arrays]).astype(np.float64)
    return flat


def _parts(flat: Array, offsets: Shape) -> tuple[Array, ...]:
    return tuple(flat[a:b] for a, b in pairwise(offsets))
