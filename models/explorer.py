"""The grid world's own agent: it infers where it is, remembers goals, and goes for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .agent import Agent, Context, Place
from .engine import prepare_backend, shared_engine
from .generative import GenerativeModel
from .grid_map import GridMap
from .matrices import Array
from .mind import START, Mind, state_vector
from .observations import read_indices, read_row
from .policies import Plan, best
from .profile import InferenceSettings, Profile
from .terrain import FIX_NOISE, Terrain, shared_terrain

_WALL, _GOAL = 1, 2


class Sight(NamedTuple):
    """What an observation says, checked."""

    fix: int
    walls: int
    """The pattern of walls in the four neighbours, as in ``GridMap.adjacent_walls``."""
    goals: npt.NDArray[np.bool_]
    """Shape (view * view,): whether each cell of the window holds a goal."""


class Explorer(Agent):
    """Finds goals in a ``GridWorld`` by active inference on where it is.

    Beside its beliefs it keeps a goal memory m, float64, one entry for each cell: in each
    step what it sees is written where it most probably stands, and everything else fades
    to what is expected of unseen cells, so that these attract a little. Preferences
    for places follow from m, see ``Terrain.preferences``.
    """

    compute_bound: ClassVar[bool] = True
    """See ``ActiveInference.compute_bound``."""

    settings_type = InferenceSettings

    def __init__(self, terrain: Terrain, settings: InferenceSettings | None = None) -> None:
        """Make one; ``create`` finds the terrain of a world.

        Raises:
            MissingExtraError: ``backend="pymdp"``, and pymdp is not installed.
        """
        settings = settings or InferenceSettings()
        profile = settings.resolved_profile()
        engine = shared_engine(terrain.model, profile.policy_length, settings.backend)
        self._backend = settings.backend
        self._longest = profile.policy_length
        self._terrain = terrain
        self._mind = Mind(engine, profile)
        self._memory = terrain.first_memory.copy()

    @classmethod
    def prepare(cls, settings: InferenceSettings | None) -> None:
        prepare_backend((settings or InferenceSettings()).backend)

    @classmethod
    def create(
        cls, place: Place, *, settings: InferenceSettings | None = None, **options: Any
    ) -> Self:
        """Make one for a world with a map.

        Raises:
            ModelError: the world has no map.
        """
        grid_map = getattr(place.world, "map", None)
        if not isinstance(grid_map, GridMap):
            rule = "must have a map, as GridWorld has; an explorer cannot live in"
            came = type(place.world).__name__ if place.world is not None else "no world"
            raise ModelError("world", f"{rule} {came}", agent_id=place.agent_id)
        settings = settings or InferenceSettings()
        length = settings.resolved_profile().policy_length
        noise = float(getattr(place.world, "fix_noise", FIX_NOISE))
        return cls(shared_terrain(grid_map, length, noise), settings, **options)

    @property
    def model(self) -> GenerativeModel:
        """The model, shared by all explorers of the map; its C stands for no goals at all."""
        return self._mind.engine.model

    @property
    def profile(self) -> Profile:
        """How this agent infers, after the settings' changes."""
        return self._mind.profile

    @property
    def beliefs(self) -> Array:
        """Where it holds itself to be: float64, shape (n_cells,), a copy."""
        return self._mind.beliefs.copy()

    @property
    def surprise(self) -> float | None:
        """How little it expected what it last took in, in nats; None if it skipped that."""
        return self._mind.surprise

    @property
    def goal_memory(self) -> Array:
        """Its belief that each cell holds a goal: float64, shape (n_cells,), a copy."""
        return self._memory[:-1].copy()

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode: anywhere, nothing seen."""
        self._mind.reset(seed)
        self._memory = self._terrain.first_memory.copy()

    def act(self, observation: Any, context: Context) -> int:
        """Infer the own cell, remember what is seen, and go where goals are near.

        Raises:
            ObservationError: the observation or an executed action does not fit; beliefs
                and memory are as before.
        """
        mind = self._mind
        sight = self._read(observation, context.agent_id)
        past = mind.past(context)
        if START in past:
            self._memory = self._terrain.first_memory.copy()
        mind.move(past)
        mind.see((sight.fix, sight.walls))
        self._remember(sight.goals)
        return mind.choose(self.preferences())

    def preferences(self) -> Array:
        """Give what it would like to observe now, nats, as ``Terrain.preferences``."""
        return self._terrain.preferences(self._memory, self._mind.beliefs)

    def plan(self) -> Plan:
        """Score all policies from the present beliefs and memory, and change nothing."""
        return self._mind.plan(self.preferences())

    def retune(self, profile: Profile) -> None:
        """Think by another profile from the next act on; beliefs and memory stay as they are.

        Raises:
            ValueError: policies would be longer than those that it was made for, for which
                the terrain has been compiled.
        """
        if profile.policy_length > self._longest:
            rule = f"must be <= {self._longest}, for which the explorer was made"
            raise ValueError(f"policy_length {rule}, got {profile.policy_length}")
        engine = shared_engine(self.model, profile.policy_length, self._backend)
        self._mind.retune(engine, profile)

    def get_state(self) -> dict[str, Any]:
        """Give enough to go on from exactly here, as JSON values and arrays."""
        return {**self._mind.get_state(), "goal_memory": self.goal_memory}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            ModelError: it does not fit the map; nothing has changed then.
        """
        memory = state_vector(state, "goal_memory", self._terrain.n_cells, None)
        self._mind.set_state(state)
        self._memory = np.append(memory, 0.0)

    def _remember(self, goals: npt.NDArray[np.bool_]) -> None:
        memory, terrain = self._memory, self._terrain
        memory *= terrain.kept
        memory += terrain.renewal
        memory[terrain.window[best(self._mind.beliefs)]] = goals

    def _read(self, observation: Any, agent_id: str) -> Sight:
        """Check an observation: a fix, then a code for each cell of the window."""
        terrain = self._terrain
        values = read_row(observation, 1 + terrain.window.shape[1], agent_id)
        if not isinstance(observation, np.ndarray) or not _in_range(values, terrain.n_cells):
            sizes = [terrain.n_cells] + [_GOAL + 1] * terrain.window.shape[1]
            values = read_indices(list(values), sizes, agent_id)
        codes = values[1:]
        north, south, west, east = (codes[k] == _WALL for k in terrain.beside)
        return Sight(
            fix=values[0],
            walls=north + 2 * south + 4 * west + 8 * east,
            goals=np.array(codes) == _GOAL,
        )


def _in_range(values: Sequence[int], n_cells: int) -> bool:
    codes = values[1:]
    return 0 <= values[0] < n_cells and min(codes) >= 0 and max(codes) <= _GOAL
