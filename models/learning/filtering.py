"""What learned parameters of one factor make of a move and of an observation: the reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np

from ..kernels.numpy_kernel import TINY
from ..kernels.rows import START
from ..matrices import EPSILON, Array, Indices
from .parameters import Parameters


def moved(own: Parameters, row: int, beliefs: Array, action: int) -> Array:
    """Give p(s') after an action; START leads to the row's D."""
    if action == START:
        starts: Array = own.starts[row]
        return starts
    columns = own.shared.columns
    chances = columns.split_B(own.transitions[row])[0][action]
    targets = columns.following.reshape(columns.shapes[0])[action]
    weights = (chances * beliefs[:, None]).ravel()
    # numpy's stubs know only the counting kind of bincount.
    return cast("Array", np.bincount(targets.ravel(), weights, beliefs.size))


def seen(
    own: Parameters, row: int, prior: Array, observation: Sequence[int] | Indices
) -> tuple[Array, float]:
    """Give p(s | o), and how surprising o is, in nats."""
    likelihoods = own.shared.columns.layout.unpack_A(own.likelihoods[row])
    chances = [
        np.maximum(likelihood[outcome], EPSILON)
        for likelihood, outcome in zip(likelihoods, observation, strict=True)
    ]
    joint, highest = np.maximum(prior, EPSILON), 0.0
    for chance in chances:
        joint = joint * chance
    if joint.sum() < TINY:  # so many unlikely outcomes that the product has lost its digits
        logarithm = np.log(np.maximum(prior, EPSILON)) + np.log(chances).sum(axis=0)
        highest = float(logarithm.max())
        joint = np.exp(logarithm - highest)
    total = float(joint.sum())
    return joint / total, -(math.log(total) + highest)
