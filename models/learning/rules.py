"""How counts grow with what is experienced, and what follows from them: the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..matrices import EPSILON, Array, Indices
from .concentrations import novelty
from .excess import excess
from .lesson import STILL, Lesson
from .parameters import Parameters


class NumpyRules:
    """Plain numpy; one row at a time, so that no row knows of the others.

    Source: pymdp 1.0.4, ``learning``; for D pymdp's older ``update_state_prior_dirichlet``.
    Forgetting is of this house: a column that is visited with probability q keeps the share
    1 - q (1 - rate) of what was learned of it.
    """

    name = "numpy"

    def derive(self, own: Parameters, row: int) -> None:
        for m in range(len(own.shared.columns.modalities)):
            _renew_outcomes(own, row, m)
        for f in range(len(own.shared.columns.factors)):
            _renew_moves(own, row, f)
        if not own.fresh[row, 2]:
            _renew_starts(own, row)

    def learn(self, own: Parameters, lesson: Lesson) -> None:
        for k in map(int, lesson.seeing.nonzero()[0]):
            _learn_A(own, lesson, k)
            if (lesson.actions[k] != STILL).all():
                _learn_B(own, lesson, k)
            if lesson.began[k] and own.shared.learning.learn_D:
                _learn_D(own, lesson, k)


def _learn_A(own: Parameters, lesson: Lesson, k: int) -> None:  # noqa: N802
    shared, row = own.shared, lesson.who[k]
    learned = [m for m, is_counted in enumerate(shared.counted_A) if is_counted]
    if not shared.learning.learn_A:
        return
    if learned and own.fresh[row, 0]:
        own.fresh[row, 0] = False
        for m in learned:
            _renew_outcomes(own, row, m)
    beliefs = shared.columns.layout.unpack_D(lesson.after[k])
    counts, priors = _by_column(own, own.counts_A[row]), _by_column(own, shared.A)
    for m in learned:
        joint = _joint([beliefs[f] for f in shared.columns.layout.A_dependencies[m]])
        held = (joint > shared.negligible).nonzero()[0]
        visits, outcome = joint[held], lesson.observations[k, m]
        new = _kept(counts[m][:, held], priors[m][:, held], visits, shared.learning.fr_A)
        possible = (new[outcome] > 0) | (shared.floor > 0)
        new[outcome] += np.where(possible, shared.learning.lr_A * visits, 0.0)
        counts[m][:, held] = new
        _renew_outcomes(own, row, m, held)


def _learn_B(own: Parameters, lesson: Lesson, k: int) -> None:  # noqa: N802
    shared, row = own.shared, lesson.who[k]
    learned = [f for f, is_counted in enumerate(shared.counted_B) if is_counted]
    if not shared.learning.learn_B:
        return
    if learned and own.fresh[row, 1]:
        own.fresh[row, 1] = False
        for f in learned:
            _renew_moves(own, row, f)
    layout = shared.columns.layout
    before, after = layout.unpack_D(lesson.before[k]), layout.unpack_D(lesson.after[k])
    for f in learned:
        action = lesson.actions[k, f]
        counts = shared.columns.split_B(own.counts_B[row])[f]
        prior = shared.columns.split_B(shared.B)[f]
        states = (before[f] > shared.negligible).nonzero()[0]
        held, visits = (action, states), before[f][states]
        arrivals = np.where(after[f] > shared.negligible, after[f], 0.0)
        gains = arrivals[_targets(own, f)[held]] * visits[:, None]
        new = _kept(counts[held].T, prior[held].T, visits, shared.learning.fr_B).T
        possible = (new > 0) | (shared.floor > 0)
        counts[held] = new + np.where(possible, shared.learning.lr_B * gains, 0.0)
        _renew_moves(own, row, f, held)


def _learn_D(own: Parameters, lesson: Lesson, k: int) -> None:  # noqa: N802
    shared, row = own.shared, lesson.who[k]
    own.fresh[row, 2] = False
    rates, held = shared.learning, lesson.after[k]
    counts = shared.D + rates.fr_D * (own.counts_D[row] - shared.D)
    possible = (counts > 0) | (shared.floor > 0)
    own.counts_D[row] = counts + np.where(possible, rates.lr_D * held, 0.0)
    _renew_starts(own, row)


def _renew_outcomes(own: Parameters, row: int, m: int, held: Any = slice(None)) -> None:
    """Renew what follows from the counts of these columns of a modality, or of all."""
    shared = own.shared
    counts = _by_column(own, own.counts_A[row])[m][:, held]
    if shared.learning.use_param_info_gain:
        _by_column(own, own.excess_A[row])[m][:, held] = excess(np.maximum(counts, EPSILON))
        _by_column(own, own.novelty_A[row])[m][:, held] = novelty(counts, 0, shared.floor)
    likelihood = _by_column(own, own.likelihoods[row])[m]
    if shared.learning.learn_A and shared.counted_A[m] and not own.fresh[row, 0]:
        likelihood[:, held] = _shared_out(counts, shared.floor, 0)
    seen, (_, _, n_columns, first) = likelihood[:, held], shared.columns.modalities[m]
    entropies = -(seen * np.log(np.maximum(seen, EPSILON))).sum(axis=0)
    own.ambiguity[row, first : first + n_columns][held] = entropies


def _renew_moves(own: Parameters, row: int, f: int, held: Any = slice(None)) -> None:
    """Renew what follows from the counts of these columns of a factor, or of all."""
    shared, split = own.shared, own.shared.columns.split_B
    counts = split(own.counts_B[row])[f][held]
    if shared.learning.use_param_info_gain:
        split(own.excess_B[row])[f][held] = excess(np.maximum(counts, EPSILON))
        split(own.novelty_B[row])[f][held] = novelty(counts, -1, shared.floor)
    if shared.learning.learn_B and shared.counted_B[f] and not own.fresh[row, 1]:
        shares = _shared_out(counts, shared.floor, -1)
        split(own.transitions[row])[f][held] = shares


def _renew_starts(own: Parameters, row: int) -> None:
    layout = own.shared.columns.layout
    starts, counts = layout.unpack_D(own.starts[row]), layout.unpack_D(own.counts_D[row])
    for start, count in zip(starts, counts, strict=True):
        start[:] = _shared_out(count, own.shared.floor, 0)


def _by_column(own: Parameters, flat: Array) -> list[Array]:
    """Give views of a flat A, for each modality shape (n_outcomes, n_columns)."""
    parts = own.shared.columns.layout.unpack_A(flat)
    return [part.reshape(len(part), -1) for part in parts]


def _targets(own: Parameters, f: int) -> Indices:
    columns = own.shared.columns
    first, size = columns.offsets[f], columns.offsets[f + 1] - columns.offsets[f]
    targets: Indices = columns.following[first : first + size].reshape(columns.shapes[f])
    return targets


def _kept(counts: Array, prior: Array, visits: Array, rate: float) -> Array:
    """Give what is left of counts of shape (n_entries, n_columns) after these visits."""
    if rate == 1.0:
        return counts.copy()
    left = 1.0 - visits * (1.0 - rate)
    kept: Array = prior + left * (counts - prior)
    return kept


def _shared_out(counts: Array, floor: float, axis: int) -> Array:
    held = np.maximum(counts, floor)
    shares: Array = held / held.sum(axis=axis, keepdims=True)
    return shares


def _joint(marginals: Sequence[Array]) -> Array:
    """Give the outer product of beliefs, flat, the last factor the fastest."""
    joint = marginals[0]
    for marginal in marginals[1:]:
        joint = np.multiply.outer(joint, marginal).ravel()
    return joint
