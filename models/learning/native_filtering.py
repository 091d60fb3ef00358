"""How learners infer, as functions that numba compiles; imported by numba_learner alone.

They take whole arrays and the number of a row, and loop in one order, for the reasons given
in ``kernels/native.py``.
"""

# ruff: noqa: PLR0917  compiled functions take no keywords

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels.compiler import native
from ..kernels.numpy_kernel import TINY
from ..kernels.rows import START, Flags
from ..matrices import EPSILON, Array, Indices

Laid = tuple[Any, ...]
"""See ``Concentrations.laid`` and ``Parameters.arrays``; given is a turn."""


@native
def move(shared: Laid, transitions: Array, row: int, action: int, beliefs: Array, k: int) -> None:
    """Predict what follows an action, in place."""
    following, width, n_states = shared[3], shared[2][0, 2], beliefs.shape[1]
    then = np.zeros(n_states)
    for state in range(n_states):
        weight = beliefs[k, state]
        if weight > 0.0:
            first = (action * n_states + state) * width
            for at in range(first, first + width):
                then[following[at]] += transitions[row, at] * weight
    for state in range(n_states):
        beliefs[k, state] = then[state]


@native
def see(shared: Laid, likelihoods: Array, row: int, seen: Indices, beliefs: Array, k: int) -> float:
    """Turn a prior into the posterior, in place; give how surprising the outcomes are."""
    modalities, n_states = shared[0], beliefs.shape[1]
    joint, highest = np.empty(n_states), 0.0
    for state in range(n_states):
        joint[state] = max(beliefs[k, state], EPSILON)
    for m in range(len(modalities)):
        first = modalities[m, 0] + seen[k, m] * n_states
        for state in range(n_states):
            joint[state] *= max(likelihoods[row, first + state], EPSILON)
    total = 0.0
    for state in range(n_states):
        total += joint[state]
    if total < TINY:  # so many unlikely outcomes that the product has lost its digits
        highest = recover(shared, likelihoods, row, seen, beliefs, k, joint)
        total = 0.0
        for state in range(n_states):
            total += joint[state]
    for state in range(n_states):
        beliefs[k, state] = joint[state] / total
    return -(math.log(total) + highest)


@native
def recover(
    shared: Laid, likelihoods: Array, row: int, seen: Indices, beliefs: Array, k: int, joint: Array
) -> float:
    """Fill in the joint by its logarithms, less the highest of them, which it gives."""
    modalities, n_states, highest = shared[0], beliefs.shape[1], -np.inf
    for state in range(n_states):
        joint[state] = math.log(max(beliefs[k, state], EPSILON))
        for m in range(len(modalities)):
            at = modalities[m, 0] + seen[k, m] * n_states + state
            joint[state] += math.log(max(likelihoods[row, at], EPSILON))
        highest = max(highest, joint[state])
    for state in range(n_states):
        joint[state] = math.exp(joint[state] - highest)
    return highest


@native
def infer(
    shared: Laid, arrays: Laid, who: Indices, seeing: Flags, given: Laid, now: Array
) -> tuple[Array, Array]:
    """Give what agents believe after their moves and, where it is due, observations."""
    likelihoods, transitions, starts = arrays[0], arrays[5], arrays[9]
    observations, moves, ends = given
    after, surprise = now.copy(), np.full(len(who), np.nan)
    for k in range(len(who)):
        row = who[k]
        for at in range(ends[k - 1] if k else 0, ends[k]):
            if moves[at] == START:
                for state in range(after.shape[1]):
                    after[k, state] = starts[row, state]
            else:
                move(shared, transitions, row, moves[at], after, k)
        if seeing[k]:
            surprise[k] = see(shared, likelihoods, row, observations, after, k)
    return after, surprise
