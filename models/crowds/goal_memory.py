"""What explorers remember of goals, and what they make of it; for many in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..kernels.kernel import Kernel
from ..kernels.rows import START, Turn
from ..matrices import NEGLIGIBLE, Array, Indices
from ..policies import TIE
from ..terrain import Terrain
from .explorer_rows import ExplorerRows

WALL, GOAL = 1, 2
"""What a window shows of a cell, beside 0 for empty."""


class GoalMemory(Protocol):
    """The arithmetic of explorers.

    What comes out for one has the same bits whoever else is in the call.
    """

    def step(self, rows: ExplorerRows, turn: Turn) -> Indices:
        """Infer, remember what is seen, choose, and end the step, as ``Kernel.step``.

        A memory fades, and then what a window shows is written where its explorer most
        probably stands.

        Args:
            turn: its observations are int64, shape (n, 1 + view * view): a fix, then a code
                for each cell of the window.
        """
        ...

    def preferences(self, memories: Array, who: Indices, beliefs: Array) -> Array:
        """Give C, shape (n, sum of n_observations): every cell draws as the best goal near it.

        C(cell) = liking * max over g of memory(g) * 0.5 ** distance(cell, g), in the first
        modality; computed only where a policy may lead from a cell that is believed in.

        Args:
            memories: float64, shape (capacity, n_cells + 1).
            who: rows of the memories, each at most once.
            beliefs: float64, shape (n, n_cells): where they are.
        """
        ...


class PlainGoals:
    """Goal memories in numpy, for any kernel."""

    def __init__(self, terrain: Terrain, kernel: Kernel) -> None:
        self._terrain = terrain
        self._kernel = kernel
        self._n_outcomes = sum(terrain.model.n_observations)

    def step(self, rows: ExplorerRows, turn: Turn) -> Indices:
        codes = turn.observations[:, 1:]
        north, south, west, east = (codes[:, k] == WALL for k in self._terrain.beside)
        walls = north + 2 * south + 4 * west + 8 * east
        seen = np.stack([turn.observations[:, 0], walls], axis=1)
        return self._kernel.step(rows, turn._replace(observations=seen), self._look(rows, turn))

    def _look(self, rows: ExplorerRows, turn: Turn) -> Callable[[Indices, Array], Array]:
        """Give what takes in the windows, once it is known where everybody stands."""
        goals, forgetful = turn.observations[:, 1:] == GOAL, _new_episodes(turn)

        def prefer(who: Indices, beliefs: Array) -> Array:
            if forgetful:
                rows.memories[who[forgetful]] = self._terrain.first_memory
            self._remember(rows.memories, who, beliefs, goals)
            return self.preferences(rows.memories, who, beliefs)

        return prefer

    def _remember(
        self, memories: Array, who: Indices, beliefs: Array, goals: npt.NDArray[np.bool_]
    ) -> None:
        terrain = self._terrain
        own = memories[who]
        own *= terrain.kept
        own += terrain.renewal
        highest = np.maximum.reduce(beliefs, axis=1)[:, None]
        here = (beliefs >= highest - TIE).argmax(axis=1)
        np.put_along_axis(own, terrain.window[here], goals, axis=1)
        memories[who] = own

    def preferences(self, memories: Array, who: Indices, beliefs: Array) -> Array:
        terrain = self._terrain
        rows, states = (beliefs > NEGLIGIBLE).nonzero()
        reached = np.zeros((len(beliefs), terrain.n_cells + 1), np.bool_)
        reached[rows[:, None], terrain.reach[states]] = True  # -1 falls into the last
        rows, cells = reached[:, : terrain.n_cells].nonzero()
        pull = terrain.pull.take(cells, axis=0)
        pull *= memories[who[rows], : terrain.n_cells]
        wanted = np.zeros((len(beliefs), self._n_outcomes))
        wanted[rows, cells] = np.maximum.reduce(pull, axis=1)
        return wanted


def _new_episodes(turn: Turn) -> list[int]:
    """List which of these rows begin anew in this turn."""
    starts = (turn.moves == START).nonzero()[0]
    if not len(starts):
        return []
    return sorted(set(np.searchsorted(turn.ends, starts, side="right").tolist()))
