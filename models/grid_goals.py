"""The goals of a grid world: where they are, what they pay, and when they return."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .grid_map import GridMap, IntArray

EMPTY, WALL, GOAL = range(3)
RETURN_STEPS = 2
"""A goal harvested in step t is on the map again after step t + 2."""


class Goals:
    """The goals of one episode; each pays 1 to those who harvest it together.

    Attributes:
        cells: int64, shape (n_goals,); where each goal is, or was before its harvest.
        due: int64, shape (n_goals,); the step in which it returns, 0 while it is there.
        marks: int64, shape (n_cells + 1,); EMPTY, WALL or GOAL for each cell. The last
            entry answers for index -1, outside the grid, which looks like a wall.
    """

    def __init__(self, map: GridMap, cells: npt.ArrayLike, due: npt.ArrayLike) -> None:
        self._n_cells = map.n_cells
        self.cells: IntArray = np.array(cells, dtype=np.int64)
        self.due: IntArray = np.array(due, dtype=np.int64)
        self.marks: IntArray = np.full(map.n_cells + 1, WALL)
        self.marks[map.free] = EMPTY
        self.marks[self.present] = GOAL

    @classmethod
    def scatter(cls, map: GridMap, count: int, rng: np.random.Generator) -> Goals:
        """Put that many goals on free cells, one on each."""
        cells = rng.choice(map.free, count, replace=False)
        return cls(map, cells, np.zeros_like(cells))

    @property
    def present(self) -> IntArray:
        """The cells that hold a goal now, in no order."""
        cells: IntArray = self.cells[self.due == 0]
        return cells

    def harvest(
        self, positions: IntArray, staying: npt.NDArray[np.bool_], step: int
    ) -> npt.NDArray[np.float64]:
        """Take the goals that somebody stays on, and return what each agent gets.

        Args:
            positions: shape (n_agents,), cells before the step; those who stay stay there.
            staying: shape (n_agents,).
        """
        crowd = np.bincount(positions[staying], minlength=self._n_cells)
        taken = (self.due == 0) & (crowd[self.cells] > 0)
        cells = self.cells[taken]
        self.due[taken] = step + RETURN_STEPS
        self.marks[cells] = EMPTY
        pay = np.zeros(self._n_cells)
        pay[cells] = 1.0 / crowd[cells]
        return pay[positions] * staying

    def return_due(self, step: int, rng: np.random.Generator) -> None:
        """Bring back the goals that are due, each on a cell other than its last."""
        due = np.flatnonzero(self.due == step)
        if not due.size:
            return
        is_open = self.marks[:-1] == EMPTY
        is_open[self.cells[due]] = False
        places = rng.permutation(np.flatnonzero(is_open))[: due.size]
        self.cells[due] = places
        self.due[due] = 0
        self.marks[places] = GOAL
