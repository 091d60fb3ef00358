"""A layout and a tree as tables of whole numbers, for functions that know no classes."""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import NamedTuple

import numpy as np

from ..matrices import Indices, locked
from .layout import Layout
from .tree import Tree

SIZE, AT, MOVES_AT, CONTROL, NODES, N_NODES, HELD_AT = range(7)
"""Columns of ``Tables.factors``: how many states; where its beliefs begin, and its B; its
place in an action, or -1; its first node, how many; where its nodes' beliefs begin."""
# SIZE and AT are also the first columns of a modality: its outcomes.
CHANCES_AT, JOINT, BLUR_AT, SEES_AT, N_SEES, VIEWS, N_VIEWS = range(2, 9)
"""More columns of ``Tables.modalities``: where its A begins; how many joint states of its
factors; where their ambiguity begins; where its factors are listed, how many; its first
view, how many."""


class Tables(NamedTuple):
    """Always of the same types, so that compiled code is compiled once."""

    factors: Indices
    """Shape (n_factors, 7)."""
    modalities: Indices
    """Shape (n_modalities, 9)."""
    sees: Indices
    """The factors of each modality, one modality after another."""
    nodes: Indices
    views: Indices
    scenes: Indices
    prefixes: Indices
    choices: Indices
    controls: Indices
    """Shape (n_control_factors + 1,): where the chances of each one's actions begin."""

    @classmethod
    def of(cls, layout: Layout, tree: Tree) -> Tables:
        """Lay everything out."""
        listed = [f for factors in layout.A_dependencies for f in factors]
        return cls(
            locked(np.array(_factors(layout, tree), np.int64)),
            locked(np.array(_modalities(layout, tree), np.int64)),
            locked(np.array(listed, np.int64)),
            tree.nodes,
            tree.views,
            tree.scenes,
            tree.prefixes,
            tree.choices,
            locked(np.array([*accumulate(layout.n_actions, initial=0)], np.int64)),
        )


def joint_sizes(layout: Layout) -> list[int]:
    """Count the joint states of the factors of each modality."""
    return [prod(shape[1:]) for shape in layout.a_shapes]


def _factors(layout: Layout, tree: Tree) -> list[list[int]]:
    controls = {f: place for place, f in enumerate(layout.control_factors)}
    rows, held = [], 0
    for f, size in enumerate(layout.n_states):
        first, last = tree.node_offsets[f : f + 2]
        row = [size, layout.s_offsets[f], layout.b_offsets[f], controls.get(f, -1)]
        rows.append([*row, first, last - first, held])
        held += size * (last - first)
    return rows


def _modalities(layout: Layout, tree: Tree) -> list[list[int]]:
    rows, blurred, listed = [], 0, 0
    for m, (size, joint) in enumerate(zip(layout.n_observations, joint_sizes(layout), strict=True)):
        n_sees = len(layout.A_dependencies[m])
        first, last = tree.view_offsets[m : m + 2]
        row = [size, layout.o_offsets[m], layout.a_offsets[m], joint, blurred, listed, n_sees]
        rows.append([*row, first, last - first])
        blurred, listed = blurred + joint, listed + n_sees
    return rows
