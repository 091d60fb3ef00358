"""Exact beliefs over one hidden factor: what an observation and an action do to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from .generative import GenerativeModel
from .matrices import Array, Indices, locked

EPSILON = float(np.finfo(np.float64).eps)
"""The floor under every probability before it is multiplied or its logarithm taken."""

_TINY = 1e-280


class Beliefs:
    """The compiled half of a model that keeps beliefs; read-only, shared by its agents.

    One agent at a time and no BLAS: the same bits come out whoever else exists, and no
    product wakes OpenBLAS's threads, which would also let go of the GIL.

    Attributes:
        start: float64, shape (n_states,): the beliefs before the first observation.
    """

    def __init__(self, model: GenerativeModel) -> None:
        self.start = model.D
        self._n_states = model.n_states
        self._likelihoods: tuple[Array, ...] = tuple(
            locked(np.maximum(matrix, EPSILON)) for matrix in model.A
        )
        self._moves = model.moves
        self._matrices = None if model.moves is not None else _by_action(model.B)

    def posterior(self, prior: Array, observation: Sequence[int]) -> Array:
        """Give p(s | o), shape (n_states,), from a prior and one index per modality.

        Source: Bayes' rule with floors, normalise(max(A[o], eps) * max(prior, eps)); equal
        to the logarithmic form of pymdp 1.0.4 up to rounding.
        """
        joint = np.maximum(prior, EPSILON)
        for likelihood, outcome in zip(self._likelihoods, observation, strict=True):
            joint *= likelihood[outcome]
        total = np.add.reduce(joint)
        if total < _TINY:  # so many unlikely outcomes that the product has lost its digits
            joint = self._joint_from_logarithms(prior, observation)
            total = np.add.reduce(joint)
        joint /= total
        return joint

    def predict(self, beliefs: Array, action: int) -> Array:
        """Give p(s') after an action, shape (n_states,)."""
        if self._moves is not None:
            return scatter(self._moves[action], beliefs, self._n_states)
        assert self._matrices is not None
        predicted: Array = np.einsum("ts,s->t", self._matrices[action], beliefs)
        return predicted

    def _joint_from_logarithms(self, prior: Array, observation: Sequence[int]) -> Array:
        logarithm: Array = np.log(np.maximum(prior, EPSILON))
        for likelihood, outcome in zip(self._likelihoods, observation, strict=True):
            logarithm += np.log(likelihood[outcome])
        joint: Array = np.exp(logarithm - logarithm.max())
        return joint


def _by_action(transitions: Array) -> tuple[Array, ...]:
    """Split B into one contiguous (S, S) matrix for each action."""
    actions = range(transitions.shape[2])
    return tuple(locked(np.ascontiguousarray(transitions[:, :, action])) for action in actions)


def scatter(targets: Indices, weights: Array, size: int) -> Array:
    """Add weights up where they belong, always in their order; float64, shape (size,)."""
    # numpy's stubs know only the counting kind of bincount.
    return cast("Array", np.bincount(targets, weights, size))
