"""The reference kernel: plain numpy in float64, with every sum in a fixed order."""

from __future__ import annotations

from typing import cast

import numpy as np

from ..matrices import EPSILON, Array, Indices
from ..policies import Plan
from .compiled import FAINT, Compiled
from .kernel import Prefer
from .rows import START, Inferred, Rows, Turn
from .sums import best, drawn, softmax, total, uniform

TINY = 1e-280
"""A joint probability below this has lost its digits."""
_BLOCK = 2**17
"""How many numbers a product holds at once: about what a core's own cache takes."""


class NumpyKernel:
    """Needs numpy alone.

    No BLAS and no pairwise sum, whose order depends on the shape of what they are given:
    sums are either running sums or go over a middle axis, which numpy adds up slice by slice.
    """

    name = "numpy"
    fingerprint = f"numpy-{np.__version__}"
    is_ready = True
    takes = "no time"

    def prepare(self) -> None:
        """Do nothing: there is nothing to compile."""

    def prepare_for(self, compiled: Compiled) -> None:
        """Do nothing, as above."""

    def predict(self, compiled: Compiled, beliefs: Array, actions: Indices) -> Array:
        if len(compiled.following):
            targets = compiled.following[np.maximum(actions, 0)]
            predicted = _scatter(targets, beliefs, beliefs[0].size)
        else:
            predicted = np.empty_like(beliefs)
            for action in set(actions.tolist()) - {START}:
                rows = (actions == action).nonzero()[0]
                predicted[rows] = _product(beliefs[rows], compiled.transitions[action])
        predicted[actions == START] = compiled.model.D
        return predicted

    def posterior(self, compiled: Compiled, beliefs: Array, observations: Indices) -> Inferred:
        outcomes = compiled.offsets + observations
        joint: Array = np.maximum(beliefs, EPSILON)
        for modality in outcomes.T:
            joint *= compiled.likelihood[modality]
        totals = total(joint)
        lost, shift = (totals < TINY).nonzero()[0], np.zeros(len(beliefs))
        if lost.size:  # so many unlikely outcomes that the product has lost its digits
            recovered = _joint_from_logarithms(compiled, beliefs[lost], outcomes[lost])
            joint[lost], shift[lost] = recovered
            totals = total(joint)
        joint /= totals[:, None]
        return Inferred(joint, -(np.log(totals) + shift))

    def plan(
        self,
        compiled: Compiled,
        beliefs: Array,
        gamma: Array,
        preferences: Array | None = None,
    ) -> Plan:
        policies = compiled.policies
        wanted = compiled.preferences[None] if preferences is None else preferences
        values = _values(compiled, beliefs, wanted)
        neg_efe = values.take(policies.prefixes[0], axis=1)
        for operators in policies.prefixes[1:]:
            neg_efe += values.take(operators, axis=1)
        chances = softmax(gamma[:, None] * neg_efe)
        # The first action is the slowest index of the lexicographic order.
        by_action = chances.reshape(len(beliefs), compiled.model.n_actions, -1)
        return Plan(neg_efe, chances, total(by_action))

    def choose(
        self, rows: Rows, who: Indices, beliefs: Array, preferences: Array | None = None
    ) -> Indices:
        chosen = np.empty(len(who), np.int64)
        width = rows.compiled.n_operators * len(rows.compiled.likelihood)
        for part in _blocks(len(who), width):
            wanted = None if preferences is None else preferences[part]
            some = who[part]
            actions = self.plan(rows.compiled, beliefs[part], rows.gamma[some], wanted).actions
            by_chance = drawn(
                actions, rows.alpha[some], uniform(rows.stream[some], rows.step[some], 0)
            )
            chosen[part] = np.where(rows.greedy[some], best(actions), by_chance)
        return chosen

    def infer(self, rows: Rows, turn: Turn) -> Inferred:
        beliefs, surprise = rows.beliefs[turn.who], np.full(len(turn.who), np.nan)
        counts = turn.ends.copy()
        counts[1:] -= turn.ends[:-1]
        for k in range(counts.max(initial=0)):  # every row's k-th move
            moved = (counts > k).nonzero()[0]
            actions = turn.moves[(turn.ends - counts)[moved] + k]
            beliefs[moved] = self.predict(rows.compiled, beliefs[moved], actions)
        seeing = (rows.step[turn.who] % rows.interval[turn.who] == 0).nonzero()[0]
        if seeing.size:
            seen = turn.observations[seeing]
            inferred = self.posterior(rows.compiled, beliefs[seeing], seen)
            beliefs[seeing], surprise[seeing] = inferred
        return Inferred(beliefs, surprise)

    def step(self, rows: Rows, turn: Turn, prefer: Prefer | None = None) -> Indices:
        inferred = self.infer(rows, turn)
        beliefs = inferred.beliefs
        wanted = None if prefer is None else prefer(turn.who, beliefs)
        chosen = self.choose(rows, turn.who, beliefs, wanted)
        rows.commit(turn.who, inferred)
        return chosen


def _product(weights: Array, rows: Array) -> Array:
    """Give weights @ rows, of each row added up from the first weight to the last."""
    result = np.empty((len(weights), rows[0].size))
    for part in _blocks(len(weights), rows.size):
        np.add.reduce(weights[part, :, None] * rows, axis=1, out=result[part])
    return result


def _scatter(targets: Indices, weights: Array, size: int) -> Array:
    """Add up each row's weights where they belong, in their order; shape (n, size)."""
    n = len(weights)
    places = targets + np.arange(n)[:, None] * size
    # numpy's stubs know only the counting kind of bincount.
    flat = cast("Array", np.bincount(places.ravel(), weights.ravel(), n * size))
    return flat.reshape(n, size)


def _blocks(n: int, width: int) -> list[slice]:
    """Cut n rows of this width into pieces that stay in the cache."""
    size = max(1, _BLOCK // max(1, width))
    return [slice(first, first + size) for first in range(0, n, size)]


def _joint_from_logarithms(
    compiled: Compiled, beliefs: Array, outcomes: Indices
) -> tuple[Array, Array]:
    """Give joints that are divided by their largest entry, and the logarithm of that."""
    logarithm: Array = np.log(np.maximum(beliefs, EPSILON))
    for modality in outcomes.T:
        logarithm += np.log(compiled.likelihood[modality])
    highest: Array = np.maximum.reduce(logarithm, axis=1)
    return np.exp(logarithm - highest[:, None]), highest


def _values(compiled: Compiled, beliefs: Array, preferences: Array) -> Array:
    """Give the value of each distinct prefix, nats, shape (n, n_operators)."""
    n, (n_outcomes, _) = len(beliefs), compiled.likelihood.shape
    split = compiled.n_operators * n_outcomes
    expected = _expected(compiled, beliefs, split + compiled.n_operators)
    outcomes = expected[:, :split].reshape(n, compiled.n_operators, n_outcomes)
    gain = np.log(np.maximum(outcomes, EPSILON))
    np.subtract(preferences[:, None, :], gain, out=gain)
    gain *= outcomes
    return total(gain) - expected[:, split : split + compiled.n_operators]


def _expected(compiled: Compiled, beliefs: Array, n_columns: int) -> Array:
    """Give each row's columns of the outlook, weighted with its beliefs."""
    outlook = compiled.outlook
    if not outlook.is_sparse:
        return _product(np.where(beliefs > FAINT, beliefs, 0.0), outlook.rows)
    rows, states = (beliefs > FAINT).nonzero()
    weights = outlook.values[states] * beliefs[rows, states][:, None]
    places = outlook.targets[states] + rows[:, None] * n_columns
    size = len(beliefs) * n_columns
    flat = cast("Array", np.bincount(places.ravel(), weights.ravel(), size))
    return flat.reshape(-1, n_columns)
