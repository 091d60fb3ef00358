"""What an observation does to beliefs about several factors, for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from ..kernels.rows import Inferred
from ..kernels.sums import paired, total
from ..matrices import EPSILON, Array, Indices
from .dynamics import part_of
from .rows import FactoredRows


def posterior(rows: FactoredRows, who: Indices, beliefs: Array, observations: Indices) -> Inferred:
    """Give what is believed of each factor after an outcome of each modality, and free energy.

    Exact where no modality shows several factors at once; else beliefs of the factors are
    brought in line with each other, all at once, again and again from uniform ones.

    Source: fixed-point iteration of the mean-field posterior, as pymdp 1.0.4 does it.
    """
    layout = rows.compiled.layout
    fixed: Array = np.log(np.maximum(beliefs, EPSILON))
    entangled = []
    for m, factors in enumerate(layout.A_dependencies):
        logs = _of_outcome(rows, m, who, observations[:, m])
        if len(factors) == 1:
            fixed[:, part_of(rows, factors[0])] += logs
        else:
            sizes = [layout.n_states[f] for f in factors]
            entangled.append((factors, logs.reshape(len(who), *sizes)))
    now = np.zeros_like(fixed) if entangled else fixed
    for _ in range(rows.compiled.model.iterations if entangled else 0):
        before, now = now, _in_line(rows, fixed, _softened(rows, now)[0], entangled)
        if np.array_equal(before, now):
            break  # all further rounds would be the same
    after, lost = _softened(rows, now)
    if entangled:
        lost = lost - total(after * (now - fixed))
        for factors, logs in entangled:
            lost += _expected(logs, [after[:, part_of(rows, f)] for f in factors])
    return Inferred(after, -lost)


def _of_outcome(rows: FactoredRows, m: int, who: Indices, outcomes: Indices) -> Array:
    """Give ln p(o | s) of one modality, shape (n, joint states of its factors)."""
    logs, layout = rows.parameters.logs, rows.compiled.layout
    first, last = layout.a_offsets[m : m + 2]
    by_outcome = logs[:, first:last].reshape(len(logs), layout.n_observations[m], -1)
    picked: Array = by_outcome[who if len(logs) > 1 else 0, outcomes]
    return picked


def _in_line(
    rows: FactoredRows,
    fixed: Array,
    believed: Array,
    entangled: Sequence[tuple[tuple[int, ...], Array]],
) -> Array:
    """Give ln of what is to be believed of each factor, given what is of the others."""
    after = fixed.copy()
    for factors, logs in entangled:
        own = [believed[:, part_of(rows, f)] for f in factors]
        for place, f in enumerate(factors):
            after[:, part_of(rows, f)] += _message(logs, own, place)
    return after


def _message(logs: Array, believed: Sequence[Array], place: int) -> Array:
    """Give what is expected of ln p(o | s), for each state of the factor at this place."""
    others = [_along(q, k, len(believed)) for k, q in enumerate(believed) if k != place]
    weights = others[0]
    for other in others[1:]:
        weights = weights * other
    terms = np.moveaxis(logs * weights, place + 1, 1)
    return total(terms.reshape(*terms.shape[:2], prod(terms.shape[2:])))


def _along(vectors: Array, axis: int, n_axes: int) -> Array:
    """Stand each row's vector along one axis of several, after that of the rows."""
    shape = [len(vectors), *[1] * n_axes]
    shape[axis + 1] = -1
    return vectors.reshape(shape)


def _expected(logs: Array, believed: Sequence[Array]) -> Array:
    weights = believed[0]
    for other in believed[1:]:
        weights = paired(weights, other)
    return total(weights * logs.reshape(weights.shape))


def _softened(rows: FactoredRows, logs: Array) -> tuple[Array, Array]:
    """Give the distribution of each factor, and ln of what they were divided by."""
    after, scale = np.empty_like(logs), np.zeros(len(logs))
    for f in range(rows.compiled.layout.n_factors):
        part = part_of(rows, f)
        highest = logs[:, part].max(axis=1)
        weights = np.exp(logs[:, part] - highest[:, None])
        sums = total(weights)
        after[:, part] = weights / sums[:, None]
        scale += highest + np.log(sums)
    return after, scale
