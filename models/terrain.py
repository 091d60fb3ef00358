"""What all explorers of one grid map share: their model, and what draws them where."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np

from ..errors import ModelError
from .crowds.shelf import KEPT, SHELF
from .generative import GenerativeModel
from .grid_map import STAY, GridMap
from .matrices import Array, Indices, locked
from .policies import Policies

EXPECTED = 0.05
"""The belief that a free cell holds a goal, before it has been seen."""
LIKING = 4.0
"""The preference, in nats, for being where a goal is."""
NEARNESS = 0.5
"""What is left of that one step away."""
FADING = 0.02
"""The share of what is remembered that gives way to EXPECTED in each step: goals move."""
MAX_BYTES = 2**29
"""For what is kept of each pair of a map's cells; while it is made, it is twice as much."""
PAIR_BYTES = 28
"""A fix's probability twice, as it was given and as kernels read it, a pull and a distance."""
FIX_NOISE = 0.2
"""How often a position fix is off, where the world does not say."""


def explorer_model(map: GridMap, fix_noise: float = FIX_NOISE) -> GenerativeModel:
    """Give the model of an explorer: where am I, from a position fix and the walls around.

    The state is the own cell. Modality 0, *fix*: the own cell, or with ``fix_noise`` where
    one of the four moves would lead; modality 1, *walls*: which of the four neighbours are
    walls, as in ``GridMap.adjacent_walls``. The start is any free cell. Its C is zero:
    an explorer's preferences change from step to step.

    Raises:
        ModelError: the map is too large, see ``check_size``.
    """
    check_size(map)
    cells = np.arange(map.n_cells)
    fix = np.zeros((map.n_cells, map.n_cells))
    for action, reached in enumerate(map.moves):
        fix[reached, cells] += 1.0 - fix_noise if action == STAY else fix_noise / STAY
    walls = np.zeros((16, map.n_cells))
    walls[map.adjacent_walls, cells] = 1.0
    start = np.zeros(map.n_cells)
    start[map.free] = 1.0 / len(map.free)
    return GenerativeModel.deterministic([fix, walls], map.moves, D=start)


def check_size(map: GridMap) -> None:
    """See that explorers can have a map of this size.

    Raises:
        ModelError: what they keep of each pair of cells would take more than ``MAX_BYTES``.
    """
    n_bytes = PAIR_BYTES * map.n_cells**2
    if n_bytes <= MAX_BYTES:
        return
    most = math.isqrt(math.isqrt(MAX_BYTES // PAIR_BYTES))
    rule = (
        f"must have a map of size <= {most} for explorers, got {map.size}: for each pair of its "
        f"{map.n_cells:,} cells they keep {PAIR_BYTES} bytes, {n_bytes / 2**30:.1f} GiB in all"
    )
    raise ModelError("world", rule)


class Terrain:
    """One map as its explorers know it; read-only and shared.

    Attributes:
        model: how cells, fixes and walls hang together.
        first_memory: float64, shape (n_cells + 1,): the goal memory at the start. The last
            entry stands for everything outside the grid.
        renewal: float64, same shape: what fading adds to a memory in each step.
        window: intp, shape (n_cells, view * view): the cells seen from each, as indices
            into the memory.
        beside: where in the window north, south, west and east of the middle are.
        pull: float64, shape (n_cells, n_cells): how a goal draws from each cell, in nats.
        reach: intp, shape (n_cells, n_reach): the fixes that may follow from each state within
            the policies' steps; where there are fewer, -1 comes last.
        key: what terrains have in common that are the same.
    """

    def __init__(
        self,
        map: GridMap,
        policy_length: int,
        *,
        model: GenerativeModel | None = None,
        liking: float = LIKING,
    ) -> None:
        """Compile.

        Args:
            model: the explorers' model; its first modality has an outcome for each cell.
            liking: the preference for a goal, in nats.

        Raises:
            ModelError: the map is too large, see ``check_size``.
        """
        check_size(map)
        self.model = model or explorer_model(map)
        self.n_cells = map.n_cells
        self.first_memory: Array = np.zeros(map.n_cells + 1)
        self.first_memory[map.free] = EXPECTED
        self.kept = 1.0 - FADING
        self.renewal: Array = locked(FADING * self.first_memory)
        locked(self.first_memory)
        self.window: Indices = locked(np.where(map.window < 0, map.n_cells, map.window))
        middle = map.view**2 // 2
        self.beside = (middle - map.view, middle + map.view, middle - 1, middle + 1)
        distances = map.distances()
        self.pull: Array = locked(np.where(distances < 0, 0.0, liking * NEARNESS**distances))
        self.reach: Indices = _possible_fixes(self.model, policy_length)
        self.key: Hashable = object()


def shared_terrain(map: GridMap, policy_length: int, fix_noise: float, keep: int = KEPT) -> Terrain:
    """Give the one terrain of all explorers on equal maps; compile it if it is new.

    Args:
        keep: how many compiled things of the last may stay when nobody uses them.

    Raises:
        ModelError: the map is too large, see ``check_size``.
    """
    key = (map.walls.tobytes(), map.walls.shape, map.view, policy_length, fix_noise)

    def compile() -> Terrain:
        terrain = Terrain(map, policy_length, model=explorer_model(map, fix_noise))
        terrain.key = key
        return terrain

    return SHELF.take(key, compile, keep)


def _possible_fixes(model: GenerativeModel, policy_length: int) -> Indices:
    """List the fixes that may follow from each state within the policies' steps."""
    possible_here = np.ascontiguousarray((model.A[0] > 0).T)
    possible = np.zeros_like(possible_here)
    for operator in Policies.of(model, policy_length).operators:
        possible |= possible_here[operator]
    widest = int(possible.sum(axis=1).max())
    first = np.argsort(~possible, axis=1, kind="stable")[:, :widest]
    return locked(np.where(np.take_along_axis(possible, first, axis=1), first, -1))
