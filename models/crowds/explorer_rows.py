"""The rows of explorers, each with what it remembers of goals."""

from __future__ import annotations

import numpy as np

from ..kernels.compiled import Compiled
from ..kernels.rows import Rows
from ..matrices import Array
from ..terrain import Terrain


class ExplorerRows(Rows):
    """Beliefs and goal memories of the explorers of one terrain.

    Attributes:
        memories: float64, shape (capacity, n_cells + 1); the last entry stands for everything
            outside the grid.
    """

    def __init__(self, compiled: Compiled, terrain: Terrain, capacity: int) -> None:
        super().__init__(compiled, capacity)
        self._first = terrain.first_memory
        self.memories: Array = np.zeros((capacity, len(self._first)))

    @property
    def bytes_per_row(self) -> int:
        return super().bytes_per_row + int(self.memories[0].nbytes)

    def reset(self, row: int, seed: int | None = None) -> None:
        """Begin an episode: anywhere, nothing seen."""
        super().reset(row, seed)
        self.memories[row] = self._first
