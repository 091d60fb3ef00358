"""The explorers of one terrain, answered together: beliefs, goal memories and actions."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..kernels.choose import choose
from ..kernels.compiled import Compiled
from ..kernels.kernel import Kernel
from ..kernels.rows import BaseRows, Turn
from ..matrices import Array, Indices
from ..terrain import Terrain
from .crowd import Crowd
from .explorer_rows import ExplorerRows
from .goal_memory import GOAL, GoalMemory, PlainGoals
from .shelf import KEPT, SHELF


class ExplorerCrowd(Crowd):
    """Explorers: what they would like to observe depends on the goals that they remember."""

    # Each page is a call of its own, and zeros that nobody has written to take no memory.
    first_page: ClassVar[int] = 256

    def __init__(self, terrain: Terrain, compiled: Compiled, kernel: Kernel) -> None:
        sizes = (terrain.n_cells, *[GOAL + 1] * terrain.window.shape[1])
        super().__init__(compiled, kernel, sizes)
        self.terrain = terrain
        self._goals = _goals(terrain, kernel)

    def wanted(self, rows: ExplorerRows, row: int) -> Array:
        """Give what one would like to observe now, in nats; see ``GoalMemory.preferences``."""
        who = np.array([row], np.int64)
        wanted: Array = self._goals.preferences(rows.memories, who, rows.beliefs[row : row + 1])[0]
        return wanted

    def _make_rows(self, capacity: int) -> BaseRows:
        return ExplorerRows(self.compiled, self.terrain, capacity)

    def _step(self, rows: Any, turn: Turn) -> Indices:
        return self._goals.step(rows, turn)


def shared_explorers(
    terrain: Terrain, policy_length: int, backend: str, keep: int = KEPT
) -> ExplorerCrowd:
    """Give the one crowd of all explorers of a terrain; compile it if it is new.

    Raises:
        MissingExtraError: the backend is not installed.
    """
    kernel = choose(backend)

    def compile() -> ExplorerCrowd:
        return ExplorerCrowd(terrain, Compiled.of(terrain.model, policy_length), kernel)

    return SHELF.take((terrain.key, "explorers", policy_length, kernel.name), compile, keep)


def prepare(backend: str) -> None:
    """Have a backend ready; see ``Kernel.prepare``."""
    kernel = choose(backend)
    kernel.prepare()
    if kernel.name == "numba":
        from ..kernels.numba_goals import prepare as prepare_goals

        prepare_goals()


def _goals(terrain: Terrain, kernel: Kernel) -> GoalMemory:
    if kernel.name != "numba":
        return PlainGoals(terrain, kernel)
    from ..kernels.numba_goals import NumbaGoals  # imported when used, as the kernel is

    return NumbaGoals(terrain)
