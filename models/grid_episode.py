"""One episode in a grid world: what happens to all agents at once, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .grid_goals import Goals
from .grid_map import STAY, GridMap, IntArray


class GridEpisode:
    """Where agents and goals are, and how that goes on; agents are rows, not names.

    Attributes:
        map: what it is played on.
        rng: the world's stream; the next episode goes on with it.
        positions: int64, shape (n_agents,); the cell of each agent.
        goals: where they are.
        step: how many steps were taken.
    """

    def __init__(
        self,
        map: GridMap,
        rng: np.random.Generator,
        positions: IntArray,
        goals: Goals,
        step: int = 0,
    ) -> None:
        self.map = map
        self.rng = rng
        self.positions = positions
        self.goals = goals
        self.step = step

    @classmethod
    def begin(cls, map: GridMap, rng: np.random.Generator, n_agents: int, n_goals: int) -> Self:
        """Draw where everybody and everything is."""
        positions = rng.choice(map.free, n_agents)
        return cls(map, rng, positions, Goals.scatter(map, n_goals, rng))

    def advance(self, actions: IntArray) -> npt.NDArray[np.float64]:
        """Take a step, and return each agent's reward, shape (n_agents,).

        A goal that returns in this step cannot be harvested in it: nobody has seen it.
        """
        self.step += 1
        rewards = self.goals.harvest(self.positions, actions == STAY, self.step)
        self.positions = self.map.moves[actions, self.positions]
        self.goals.return_due(self.step, self.rng)
        return rewards

    def observe(self, fix_noise: float) -> IntArray:
        """Draw the position fixes, and see: shape (n_agents, 1 + view * view), read-only.

        Nor can a row of it be made writable again.
        """
        rows = self._look()
        rows[:, 0] = self._fix(fix_noise)
        rows.flags.writeable = False
        return rows

    def _look(self) -> IntArray:
        """What each sees, behind a place for its fix."""
        window, marks, positions = self.map.window, self.goals.marks, self.positions
        # Where there are more agents than cells, each cell is looked at once, and its row is
        # copied as a whole.
        looks_once = len(positions) > len(window)
        seen = marks[window if looks_once else window[positions]]
        rows = np.empty((len(seen), 1 + seen.shape[1]), dtype=np.int64)
        rows[:, 1:] = seen
        return rows.take(positions, axis=0) if looks_once else rows

    def _fix(self, noise: float) -> IntArray:
        """The own cell or, with probability ``noise``, where one of the four moves leads."""
        bounds = noise * np.array([0.25, 0.5, 0.75, 1.0])
        draws = self.rng.random(len(self.positions))
        return self.map.moves[np.searchsorted(bounds, draws, side="right"), self.positions]

    def get_state(self) -> dict[str, Any]:
        """Give all that goes on from here, as JSON values and arrays of its own."""
        return {
            "step": self.step,
            "positions": self.positions.copy(),
            "goal_cells": self.goals.cells.copy(),
            "goal_due": self.goals.due.copy(),
            "rng": self.rng.bit_generator.state,
        }

    @classmethod
    def from_state(cls, map: GridMap, state: Mapping[str, Any]) -> Self:
        """Build the episode that ``get_state`` described; it shares nothing with the state.

        Raises:
            ValueError: a part is missing or does not fit the map.
        """
        try:
            bits = np.random.PCG64()
            bits.state = state["rng"]
            positions = _cells("positions", map, state["positions"])
            cells = _cells("goal_cells", map, state["goal_cells"])
            due = np.array(state["goal_due"], dtype=np.int64)
            step = int(state["step"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the state of a grid world: {error!r}") from error
        if due.shape != cells.shape:
            raise ValueError("goal_due must have an entry for each of goal_cells")
        return cls(map, np.random.Generator(bits), positions, Goals(map, cells, due), step)


def _cells(name: str, map: GridMap, cells: npt.ArrayLike) -> IntArray:
    array = np.array(cells, dtype=np.int64)
    if array.ndim != 1 or not np.isin(array, map.free).all():
        raise ValueError(f"{name} must be free cells of the map")
    return array
