"""Scores every policy of a model by its expected free energy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .beliefs import EPSILON, scatter
from .generative import GenerativeModel
from .matrices import Array, Indices, locked
from .policies import MAX_BYTES, Plan, Policies

NEGLIGIBLE = 1e-15
"""Beliefs below this are left out of the scores; it changes them by less than 1e-11."""


class Planner:
    """The compiled half of a model that plans; read-only, shared by its agents.

    The value of a prefix with operator U is H(Wq) + C·Wq - h·q, with W = A U, and h the
    ambiguity H_A U; a policy's negative expected free energy is the sum over its prefixes.
    W and h depend on the model alone: one linear map takes beliefs to all Wq and h·q.

    Source: Da Costa et al. (2020), expected free energy as ambiguity and expected utility
    with state information gain; summed as pymdp 1.0.4 does.
    """

    def __init__(self, model: GenerativeModel, length: int) -> None:
        """Compile.

        Raises:
            ModelError: there are too many policies, or they need more than 1 GiB.
        """
        self.policies = Policies.of(model, length)
        self._n_actions = model.n_actions
        self._shape = (len(self.policies.operators), sum(model.n_observations))
        self._preferences = locked(np.concatenate(model.C))
        self._split = self._shape[0] * self._shape[1]
        self._expect = _linear_map(model, self.policies.operators)

    def plan(self, beliefs: Array, gamma: float, preferences: Array | None = None) -> Plan:
        """Score all policies.

        Args:
            beliefs: float64, shape (n_states,), sums to 1.
            preferences: float64, shape (sum(n_observations),), in place of the model's C.
        """
        values = self.values(beliefs, self._preferences if preferences is None else preferences)
        return self.policies.plan(values, gamma, self._n_actions)

    def values(self, beliefs: Array, preferences: Array) -> Array:
        """Give the value of each distinct prefix, nats, shape (n_operators,)."""
        expected = self._expect(beliefs)
        outcomes = expected[: self._split].reshape(self._shape)
        surprise = np.maximum(outcomes, EPSILON)
        np.log(surprise, out=surprise)
        np.subtract(preferences, surprise, out=surprise)
        surprise *= outcomes
        values: Array = np.add.reduce(surprise, axis=1)
        values -= expected[self._split :]
        return values


def _linear_map(
    model: GenerativeModel, operators: Sequence[npt.NDArray[Any]]
) -> Callable[[Array], Array]:
    """Give what maps beliefs to [Wq of each operator, h·q of each operator], flat."""
    likelihood = np.concatenate(model.A)
    ambiguity = -(likelihood * np.log(np.maximum(likelihood, EPSILON))).sum(axis=0)
    n_outcomes = int((likelihood > 0).sum(axis=0).max())
    sparse = model.moves is not None and 3 * n_outcomes <= len(likelihood)
    entries = (n_outcomes if sparse else len(likelihood)) + 1
    _check_size(model.n_states * len(operators) * entries * (16 if sparse else 8))
    if sparse:
        return _Sparse(likelihood, ambiguity, np.stack(operators), n_outcomes)
    return _Dense(likelihood, ambiguity, operators)


def _check_size(n_bytes: int) -> None:
    if n_bytes > MAX_BYTES:
        rule = f"needs {n_bytes / 2**30:.1f} GiB for this model"
        raise ModelError("policy_length", f"{rule}; the most is {MAX_BYTES / 2**30:g} GiB")


class _Dense:
    """One row for each (operator, outcome), then one for each operator's ambiguity."""

    def __init__(
        self, likelihood: Array, ambiguity: Array, operators: Sequence[npt.NDArray[Any]]
    ) -> None:
        if operators[0].ndim == 1:  # where one gets to, for sure
            outcomes = [likelihood[:, operator] for operator in operators]
            ambiguities = [ambiguity[operator] for operator in operators]
        else:
            # BLAS is welcome here: this is compiled once, and shared by all.
            outcomes = [likelihood @ operator for operator in operators]
            ambiguities = [ambiguity @ operator for operator in operators]
        self._rows: Array = locked(np.vstack([*outcomes, *ambiguities]))

    def __call__(self, beliefs: Array) -> Array:
        # Without optimize, einsum is numpy's own loop; `@` would be BLAS, see Beliefs.
        expected: Array = np.einsum("rs,s->r", self._rows, beliefs)
        return expected


class _Sparse:
    """For each state, the few outcomes that each operator makes possible there.

    After an observation most beliefs are negligible, so a few states' lists are all that
    is read: in the grid world about 1 % of what the dense product reads.
    """

    def __init__(
        self, likelihood: Array, ambiguity: Array, operators: Indices, n_outcomes: int
    ) -> None:
        n_rows, (n_operators, n_states) = len(likelihood), operators.shape
        # The positive outcomes of each state first, then some that add zeros.
        possible = np.argsort(likelihood <= 0, axis=0, kind="stable")[:n_outcomes].T
        chances = np.take_along_axis(likelihood.T, possible, axis=1)
        rows = np.arange(n_operators)[:, None, None] * n_rows
        targets = rows + possible[operators]
        last = n_operators * n_rows + np.arange(n_operators)[:, None, None]
        last = np.broadcast_to(last, (n_operators, n_states, 1))
        values = np.concatenate([chances[operators], ambiguity[operators][..., None]], axis=2)
        self._targets: Indices = _by_state(np.concatenate([targets, last], axis=2))
        self._values: Array = _by_state(values)
        self._size = n_operators * (n_rows + 1)

    def __call__(self, beliefs: Array) -> Array:
        held = (beliefs > NEGLIGIBLE).nonzero()[0]
        weights = self._values.take(held, axis=0)
        weights *= beliefs.take(held)[:, None]
        targets = self._targets.take(held, axis=0)
        return scatter(targets.ravel(), weights.ravel(), self._size)


def _by_state(array: npt.NDArray[Any]) -> Any:
    """Bring (operators, states, entries) to (states, operators * entries), read-only."""
    moved = array.transpose(1, 0, 2)
    return locked(np.ascontiguousarray(moved).reshape(len(moved), -1))
