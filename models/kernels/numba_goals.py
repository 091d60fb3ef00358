"""Explorers in compiled code, equal to those in numpy within 1e-12."""

from __future__ import annotations

import numpy as np

from ..crowds.explorer_rows import ExplorerRows
from ..grid_map import GridMap
from ..matrices import Array, Indices
from ..profile import Profile
from ..terrain import Terrain
from . import native
from .compiled import Compiled
from .rows import Turn


class NumbaGoals:
    """Needs the extra "fast"."""

    def __init__(self, terrain: Terrain) -> None:
        self._n_outcomes = sum(terrain.model.n_observations)
        self._laid = (
            terrain.window,
            terrain.renewal,
            terrain.kept,
            terrain.reach,
            terrain.pull,
            np.array(terrain.beside, np.intp),
            terrain.first_memory,
        )

    def step(self, rows: ExplorerRows, turn: Turn) -> Indices:
        compiled, who = rows.compiled, turn.who
        n_actions, given = compiled.model.n_actions, tuple(turn[1:])
        return native.explore(
            compiled.laid, n_actions, rows.arrays, rows.memories, self._laid, who, given
        )

    def preferences(self, memories: Array, who: Indices, beliefs: Array) -> Array:
        return native.preferences(memories, who, beliefs, self._laid, self._n_outcomes)


def prepare() -> None:
    """Compile everything for the only types there are; from disk where it was before."""
    terrain = Terrain(GridMap(np.zeros((3, 3), np.bool_)), 1)
    goals, rows = NumbaGoals(terrain), ExplorerRows(Compiled.of(terrain.model, 1), terrain, 1)
    who, ends = np.array([rows.take(Profile())]), np.array([0])
    width = 1 + terrain.window.shape[1]
    goals.step(rows, Turn(who, np.zeros((1, width), np.int64), ends, ends))
    goals.preferences(rows.memories, who, rows.beliefs)
