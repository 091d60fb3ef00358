"""The grid world's explorer on pymdp's numpy agents: the same model, memory and goals."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..models.grid_map import IntArray
from ..models.matrices import NEGLIGIBLE, Array
from ..models.policies import best
from ..models.profile import Profile
from ..models.terrain import Terrain

_WALL, _GOAL = 1, 2


class LegacyExplorer:
    """Infers and plans with a ``pymdp.legacy`` agent, and takes its preferences from memory.

    Only what an explorer does around its inference is ours: it reads the window, keeps the
    goal memory, and asks the terrain for the preferences of the step.
    """

    def __init__(self, terrain: Terrain, profile: Profile) -> None:
        """Make one.

        Raises:
            MissingExtraError: pymdp is not installed.
        """
        self._terrain = terrain
        self._agent = _legacy_agent(terrain, profile)
        self._memory = terrain.first_memory.copy()
        self.steps = 0

    @property
    def beliefs(self) -> Array:
        """Where it holds itself to be: float64, shape (n_cells,)."""
        beliefs: Array = self._agent.qs[0]
        return beliefs

    @property
    def neg_efe(self) -> Array:
        """How it scored each policy in the last step, nats, up to a constant."""
        scores: Array = self._agent.G
        return scores

    def act(self, observation: IntArray) -> int:
        """Infer the own cell, remember what is seen, and go where goals are near."""
        agent, terrain = self._agent, self._terrain
        codes = observation[1:]
        agent.infer_states((int(observation[0]), _walls(codes, terrain)))
        self._memory *= terrain.kept
        self._memory += terrain.renewal
        self._memory[terrain.window[best(self.beliefs)]] = codes == _GOAL
        wanted = _preferences(terrain, self._memory, self.beliefs)
        agent.C[0], agent.C[1] = wanted[: terrain.n_cells], wanted[terrain.n_cells :]
        agent.infer_policies()
        self.steps += 1
        return int(agent.sample_action()[0])

    def did(self, action: int) -> None:
        """Learn that another action was executed than the one that it chose."""
        self._agent.action = np.array([float(action)])


def legacy(module: str) -> Any:
    """Import a module of ``pymdp.legacy``.

    Raises:
        MissingExtraError: pymdp is not installed.
    """
    try:
        return importlib.import_module(f"pymdp.legacy.{module}")
    except ImportError as error:
        raise MissingExtraError("the explorer bench", "pymdp") from error


def _legacy_agent(terrain: Terrain, profile: Profile) -> Any:
    model = terrain.model
    return legacy("agent").Agent(
        A=_objects(model.A),
        B=_objects([model.B]),
        C=_objects(model.C),
        D=_objects([model.D]),
        policy_len=profile.policy_length,
        gamma=profile.gamma,
        alpha=profile.alpha,
        action_selection=profile.action_selection,
        sampling_mode="marginal",
    )


def _objects(arrays: Any) -> Any:
    """Put arrays into an array of objects, which is how pymdp.legacy takes them."""
    objects = np.empty(len(arrays), dtype=object)
    for k, array in enumerate(arrays):
        objects[k] = array
    return objects


def _preferences(terrain: Terrain, memory: Array, beliefs: Array) -> Array:
    """Give what one agent would like to observe; see ``GoalMemory.preferences``."""
    held = (beliefs > NEGLIGIBLE).nonzero()[0]
    cells = np.unique(terrain.reach[held])
    cells = cells[cells >= 0]
    wanted = np.zeros(sum(terrain.model.n_observations))
    wanted[cells] = (terrain.pull[cells] * memory[: terrain.n_cells]).max(axis=1)
    return wanted


def _walls(codes: IntArray, terrain: Terrain) -> int:
    north, south, west, east = (bool(codes[k] == _WALL) for k in terrain.beside)
    return north + 2 * south + 4 * west + 8 * east
