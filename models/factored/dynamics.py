"""What is expected of factors after actions, for many rows at once."""

from __future__ import annotations

import numpy as np

from ..kernels.sums import total
from ..matrices import Array, Indices
from .rows import FactoredRows
from .tables import N_NODES, NODES, SIZE


def part_of(rows: FactoredRows, f: int) -> slice:
    """Give where the beliefs of a factor stand."""
    return slice(*rows.compiled.layout.s_offsets[f : f + 2])


def predicted(rows: FactoredRows, f: int, who: Indices, beliefs: Array, actions: Indices) -> Array:
    """Give p(s') of one factor, shape (n, n_states), after an action of each row."""
    matrices = _by_action(rows, f, rows.parameters.transitions, who, actions)
    after: Array = np.add.reduce(beliefs[:, :, None] * matrices, axis=1)
    return after


def held(rows: FactoredRows, f: int, who: Indices, beliefs: Array) -> tuple[Array, Array]:
    """Give what is believed at each node of a factor, and what the move there teaches of B.

    Shapes (n, n_nodes, n_states) and (n, n_nodes).
    """
    first, count, size = rows.tables.factors[f, [NODES, N_NODES, SIZE]]
    nodes = rows.tables.nodes[first : first + count]
    novelty = rows.parameters.novelty_B
    believed, taught = np.empty((len(who), count, size)), np.zeros((len(who), count))
    believed[:, 0] = beliefs
    for k, (parent, action) in enumerate(nodes[1:], 1):
        before, actions = believed[:, parent], np.full(len(who), action)
        believed[:, k] = predicted(rows, f, who, before, actions)
        if novelty.size:
            new = _by_action(rows, f, novelty, who, actions)
            each = before * total(new * believed[:, None, k])
            taught[:, k] = total(each)
    return believed, taught


def _by_action(rows: FactoredRows, f: int, flat: Array, who: Indices, actions: Indices) -> Array:
    """Give of what is laid out as B each row's matrix, shape (n, S_previous, S_next)."""
    layout = rows.compiled.layout
    size, n_actions = layout.n_states[f], layout.n_controls[f]
    first, last = layout.b_offsets[f : f + 2]
    own = flat[:, first:last].reshape(len(flat), n_actions, size, size)
    picked: Array = own[who if len(flat) > 1 else 0, actions]
    return picked
