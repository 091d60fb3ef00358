"""Sums and choices of many rows at once, each row in the same order whoever else is there."""

from __future__ import annotations

from typing import cast

import numpy as np

from ..matrices import EPSILON, Array, Indices
from ..policies import TIE
from .rows import Streams


def total(values: Array) -> Array:
    """Add up the last axis from its first entry to its last."""
    running: Array = np.add.accumulate(values, axis=-1)
    return running[..., -1]


def paired(one: Array, other: Array) -> Array:
    """Give each row's products of all pairs, flat; the last of ``other`` varies fastest."""
    products = one[:, :, None] * other[:, None, :]
    return products.reshape(len(one), one.shape[1] * other.shape[1])


def softmax(values: Array) -> Array:
    """Give weights proportional to exp(values) that sum to 1 over the last axis."""
    weights: Array = np.exp(values - np.maximum.reduce(values, axis=-1, keepdims=True))
    weights /= total(weights)[..., None]
    return weights


def best(chances: Array) -> Indices:
    """Give the most probable of each row; of equal ones (to 1e-9), the lowest."""
    highest = np.maximum.reduce(chances, axis=1, keepdims=True)
    return cast("Indices", (chances >= highest - TIE).argmax(axis=1))


def drawn(chances: Array, alpha: Array, uniforms: Array) -> Indices:
    """Draw one of each row with precision alpha, as ``policies.sample`` does."""
    logits = alpha[:, None] * np.log(np.maximum(chances, EPSILON))
    weights = np.exp(logits - np.maximum.reduce(logits, axis=1, keepdims=True))
    cumulated = np.add.accumulate(weights, axis=1)
    passed = cumulated <= (uniforms * cumulated[:, -1])[:, None]
    chosen: Indices = np.minimum(passed.sum(axis=1), chances.shape[1] - 1).astype(np.int64)
    return chosen


def uniform(streams: Streams, steps: Indices, draw: int) -> Array:
    """Give what ``chance.uniform`` gives for a draw of each row's step."""
    z = streams + ((steps.astype(np.uint64) << _U[8]) + _U[draw + 1]) * _GOLDEN
    z = (z ^ (z >> _U[30])) * _FIRST
    z = (z ^ (z >> _U[27])) * _SECOND
    uniforms: Array = ((z ^ (z >> _U[31])) >> _U[11]).astype(np.float64)
    uniforms *= 2.0**-53
    return uniforms


_U = np.arange(257, dtype=np.uint64)
_GOLDEN, _FIRST, _SECOND = map(
    np.uint64, (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
