"""A generative model made ready for arithmetic: its matrices laid out as kernels read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ModelError
from ..generative import GenerativeModel
from ..matrices import EPSILON, Array, Indices, locked
from ..policies import MAX_BYTES, Policies

FAINT = 1e-12
"""Beliefs up to this are left out of the scores: a hundred states that are left out change a
score by less than 1e-8, and it is rather 1e-10."""
_LANES = 16
"""Rows are as long as a multiple of this: compiled loops then have no slow remainder."""


@dataclass(frozen=True, eq=False, slots=True)
class Outlook:
    """What every distinct prefix makes one expect of each state: outcomes and ambiguity.

    Of K prefixes and O outcomes it fills K * O + K columns: the outcomes of each prefix, one
    prefix after another, then the ambiguity of each. Either ``rows`` holds them all, or, where
    most would be 0, ``targets`` and ``values`` hold the few of each state that are not.
    """

    rows: Array
    """Shape (n_states, n_columns and some more of zeros, see ``_LANES``); empty if sparse."""
    targets: Indices
    """Shape (n_states, n_entries): columns; empty if it is dense."""
    values: Array
    """Shape (n_states, n_entries): what stands there."""

    @property
    def is_sparse(self) -> bool:
        return self.rows.size == 0


@dataclass(frozen=True, eq=False)
class Compiled:
    """One model with all its policies of one length; read-only, shared by its agents."""

    model: GenerativeModel
    policies: Policies
    likelihood: Array
    """Shape (n_outcomes, n_states): p(o | s), all modalities below each other, each at least
    EPSILON."""
    offsets: Indices
    """Shape (n_modalities,): the first outcome of each modality."""
    transitions: Array
    """Shape (n_actions, n_states, n_states): p(next | state) at [action, state, next]; empty
    if every move is sure and ``following`` tells it."""
    following: Indices
    """Shape (n_actions, n_states): the state that follows for sure; else empty."""
    preferences: Array
    """Shape (n_outcomes,): C, one modality after another."""
    outlook: Outlook

    @classmethod
    def of(cls, model: GenerativeModel, policy_length: int) -> Compiled:
        """Compile.

        Raises:
            ModelError: there are too many policies, or they need more than 1 GiB.
        """
        policies = Policies.of(model, policy_length)
        sizes = model.n_observations
        sure, matrices = np.zeros((0, 0), np.intp), np.zeros((0, 0, 1))
        if model.moves is None:
            matrices = np.ascontiguousarray(model.B.transpose(2, 1, 0))
        else:
            sure = model.moves
        return cls(
            model=model,
            policies=policies,
            likelihood=locked(np.maximum(np.concatenate(model.A), EPSILON)),
            offsets=locked(np.cumsum([0, *sizes[:-1]], dtype=np.intp)),
            transitions=locked(matrices),
            following=locked(sure),
            preferences=locked(np.concatenate(model.C)),
            outlook=_outlook(model, policies.operators),
        )

    @property
    def fingerprint(self) -> str:
        """Equal for agents that can be inferred together."""
        return f"{self.model.fingerprint}/{len(self.policies.prefixes)}"

    @property
    def n_operators(self) -> int:
        """How many distinct prefixes the policies have."""
        return len(self.policies.operators)

    @cached_property
    def laid(self) -> tuple[Any, ...]:
        """Everything in one tuple, for functions that know no classes; always of the same types."""
        outlook, policies = self.outlook, self.policies
        flat = self.transitions.reshape(-1, self.transitions.shape[2])
        dynamics = (self.model.D, self.following, flat)
        vision = (self.likelihood, self.offsets)
        columns = (outlook.rows, outlook.targets, outlook.values)
        wanted = self.preferences[None]
        return *dynamics, *vision, *columns, policies.prefixes, self.n_operators, wanted

    @property
    def nbytes(self) -> int:
        """What the arrays take that are not the model's own, in bytes."""
        outlook = self.outlook
        arrays = [self.likelihood, self.transitions, self.preferences]
        arrays += [outlook.rows, outlook.values]
        whole = [self.offsets, outlook.targets, self.policies.actions, self.policies.prefixes]
        operators = sum(operator.nbytes for operator in self.policies.operators)
        return sum(array.nbytes for array in [*arrays, *whole]) + operators


def _outlook(model: GenerativeModel, operators: Sequence[npt.NDArray[Any]]) -> Outlook:
    likelihood = np.concatenate(model.A)
    ambiguity = -(likelihood * np.log(np.maximum(likelihood, EPSILON))).sum(axis=0)
    n_possible = int((likelihood > 0).sum(axis=0).max())
    is_sparse = model.moves is not None and 3 * n_possible <= len(likelihood)
    entries = (n_possible if is_sparse else len(likelihood)) + 1
    _check_size(model.n_states * len(operators) * entries * (16 if is_sparse else 8))
    if is_sparse:
        return _sparse(likelihood, ambiguity, np.stack(operators), n_possible)
    return _dense(likelihood, ambiguity, operators)


def _check_size(n_bytes: int) -> None:
    if n_bytes > MAX_BYTES:
        rule = f"needs {n_bytes / 2**30:.1f} GiB for this model"
        raise ModelError("policy_length", f"{rule}; the most is {MAX_BYTES / 2**30:g} GiB")


def _dense(likelihood: Array, ambiguity: Array, operators: Sequence[npt.NDArray[Any]]) -> Outlook:
    if operators[0].ndim == 1:  # where one gets to, for sure
        outcomes = [likelihood[:, operator] for operator in operators]
        ambiguities = [ambiguity[operator] for operator in operators]
    else:
        # BLAS is welcome here: this is compiled once, and shared by all.
        outcomes = [likelihood @ operator for operator in operators]
        ambiguities = [ambiguity @ operator for operator in operators]
    columns = np.vstack([*outcomes, *ambiguities]).T
    rows = np.zeros((len(columns), -(-columns.shape[1] // _LANES) * _LANES))
    rows[:, : columns.shape[1]] = columns
    empty = np.zeros((0, 0))
    return Outlook(locked(rows), locked(empty.astype(np.intp)), locked(empty))


def _sparse(likelihood: Array, ambiguity: Array, operators: Indices, n_possible: int) -> Outlook:
    """List for each state the possible outcomes of each prefix, then its ambiguity."""
    n_outcomes, (n_operators, n_states) = len(likelihood), operators.shape
    # The possible outcomes of each state first, then, where it has fewer, some that add zeros.
    possible = np.argsort(likelihood <= 0, axis=0, kind="stable")[:n_possible].T
    chances = np.take_along_axis(likelihood.T, possible, axis=1)
    first = np.arange(n_operators)[:, None, None] * n_outcomes
    last = n_operators * n_outcomes + np.arange(n_operators)[:, None, None]
    last = np.broadcast_to(last, (n_operators, n_states, 1))
    targets = np.concatenate([first + possible[operators], last], axis=2)
    values = np.concatenate([chances[operators], ambiguity[operators][..., None]], axis=2)
    return Outlook(locked(np.zeros((0, 0))), _by_state(targets), _by_state(values))


def _by_state(array: npt.NDArray[Any]) -> Any:
    """Bring (operators, states, entries) to (states, operators * entries), read-only."""
    moved = array.transpose(1, 0, 2)
    return locked(np.ascontiguousarray(moved).reshape(len(moved), -1))
