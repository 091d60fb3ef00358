"""What every combination of things to come is worth to many rows at once."""

from __future__ import annotations

import numpy as np

from ..kernels.sums import paired, total
from ..matrices import EPSILON, NEGLIGIBLE, Array, Indices
from .dynamics import held, part_of
from .rows import FactoredRows
from .tables import AT, BLUR_AT, CHANCES_AT, JOINT, N_VIEWS, SIZE, VIEWS


def scores(rows: FactoredRows, who: Indices, beliefs: Array, wanted: Array) -> Array:
    """Give the value of each scene, nats, shape (n, n_scenes).

    Of each modality H(Wq) + C·Wq - h·q, with W its likelihood and h its ambiguity, and what
    one would learn of A there; then what one would have learned of B on the last step.

    Source: Da Costa et al. (2020), expected free energy with state information gain and
    parameter information gain; summed as pymdp 1.0.4 does.
    """
    layout, tables = rows.compiled.layout, rows.tables
    nodes = [held(rows, f, who, beliefs[:, part_of(rows, f)]) for f in range(layout.n_factors)]
    worth = np.zeros((len(who), len(tables.scenes)))
    for m in range(layout.n_modalities):
        worth += _views(rows, m, who, [q for q, _ in nodes], wanted)[:, tables.scenes[:, m]]
    if rows.parameters.novelty_B.size:
        for f, (_, taught) in enumerate(nodes):
            worth += taught[:, tables.scenes[:, layout.n_modalities + f]]
    return worth


def _views(rows: FactoredRows, m: int, who: Indices, believed: list[Array], wanted: Array) -> Array:
    """Give the value of each view of one modality, shape (n, n_views)."""
    factors = rows.compiled.layout.A_dependencies[m]
    first, count = rows.tables.modalities[m, [VIEWS, N_VIEWS]]
    columns = []
    for view in rows.tables.views[first : first + count]:
        pairs = zip(factors, view, strict=False)
        weights = _joint([believed[f][:, node] for f, node in pairs])
        columns.append(_value(rows, m, who, weights, wanted))
    return np.stack(columns, axis=1)


def _joint(vectors: list[Array]) -> Array:
    """Give the chances of joint states, flat; those that are negligible are none."""
    joint = vectors[0]
    for vector in vectors[1:]:
        joint = paired(joint, vector)
    return np.where(joint > NEGLIGIBLE, joint, 0.0)


def _value(rows: FactoredRows, m: int, who: Indices, weights: Array, wanted: Array) -> Array:
    parameters = rows.parameters
    size, at, n_joint, blur_at = rows.tables.modalities[m, [SIZE, AT, JOINT, BLUR_AT]]
    chances = _expected(rows, m, parameters.likelihoods, who, weights)
    gain = (wanted[:, at : at + size] - np.log(np.maximum(chances, EPSILON))) * chances
    blur = parameters.ambiguity[:, blur_at : blur_at + n_joint]
    value = total(gain) - total((blur if len(blur) == 1 else blur[who]) * weights)
    if parameters.novelty_A.size:
        value += total(chances * _expected(rows, m, parameters.novelty_A, who, weights))
    return value


def _expected(rows: FactoredRows, m: int, flat: Array, who: Indices, weights: Array) -> Array:
    """Give of what is laid out as A what is expected of each outcome, shape (n, O)."""
    at, size, n_joint = rows.tables.modalities[m, [CHANCES_AT, SIZE, JOINT]]
    table = flat[:, at : at + size * n_joint].reshape(len(flat), size, n_joint)
    return total((table if len(flat) == 1 else table[who]) * weights[:, None, :])
