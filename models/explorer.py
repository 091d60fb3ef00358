"""The grid world's own agent: it infers where it is, remembers goals, and goes for them."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from ..errors import ModelError, SettingsError
from .agent import Agent, Context, Place
from .crowds.explorer_crowd import prepare, shared_explorers
from .crowds.explorer_rows import ExplorerRows
from .crowds.seat import state_vector
from .generative import GenerativeModel
from .grid_map import GridMap
from .matrices import Array
from .policies import Plan
from .profile import InferenceSettings, Profile
from .terrain import FIX_NOISE, Terrain, shared_terrain


class Explorer(Agent):
    """Finds goals in a ``GridWorld`` by active inference on where it is.

    Beside its beliefs it keeps a goal memory m, float64, one entry for each cell: in each
    step what it sees is written where it most probably stands, and everything else fades
    to what is expected of unseen cells, so that these attract a little. Preferences
    for places follow from m, see ``GoalMemory.preferences``.
    """

    together: ClassVar[bool] = True
    """See ``ActiveInference.together``."""

    settings_type = InferenceSettings

    def __init__(self, terrain: Terrain, settings: InferenceSettings | None = None) -> None:
        """Make one; ``create`` finds the terrain of a world.

        Raises:
            MissingExtraError: ``backend="pymdp"``, and pymdp is not installed.
        """
        settings = settings or InferenceSettings()
        wishes = {
            "learns": settings.learns,
            "param_info_gain": settings.param_info_gain,
            "learns_when": settings.learns_when == "asleep",
        }
        for name, wish in wishes.items():
            if wish:
                rule = "must be left out for explorers: they are given their map, and all share it"
                raise SettingsError(name, rule)
        self.profile = settings.resolved_profile()
        """How this agent infers, after the settings' changes."""
        self._settings = settings
        self._longest = self.profile.policy_length
        self._terrain = terrain
        self._sit(self.profile)

    @classmethod
    def prepare(cls, settings: InferenceSettings | None) -> None:
        prepare((settings or InferenceSettings()).backend)

    @classmethod
    def create(
        cls, place: Place, *, settings: InferenceSettings | None = None, **options: Any
    ) -> Self:
        """Make one for a world with a map.

        Raises:
            ModelError: the world has no map, or one that is too large for explorers.
        """
        grid_map = getattr(place.world, "map", None)
        if not isinstance(grid_map, GridMap):
            rule = "must have a map, as GridWorld has; an explorer cannot live in"
            came = type(place.world).__name__ if place.world is not None else "no world"
            raise ModelError("world", f"{rule} {came}", agent_id=place.agent_id)
        settings = settings or InferenceSettings()
        length = settings.resolved_profile().policy_length
        noise = float(getattr(place.world, "fix_noise", FIX_NOISE))
        try:
            terrain = shared_terrain(grid_map, length, noise, settings.matrix_cache_size)
        except ModelError as error:  # terrains belong to nobody, and name nobody
            raise ModelError(error.field, error.rule, agent_id=place.agent_id) from None
        return cls(terrain, settings, **options)

    @property
    def model(self) -> GenerativeModel:
        """The model, shared by all explorers of the map; its C stands for no goals at all."""
        return self._terrain.model

    @property
    def beliefs(self) -> Array:
        """Where it holds itself to be: float64, shape (n_cells,), a copy."""
        return self.seat.beliefs

    @property
    def belief_history(self) -> list[Array]:
        """What it believed after each of the last steps, oldest first; see the settings."""
        return list(self.seat.history or ())

    @property
    def surprise(self) -> float | None:
        """How little it expected what it last took in, in nats; None if it skipped that."""
        return self.seat.surprise

    @property
    def goal_memory(self) -> Array:
        """Its belief that each cell holds a goal: float64, shape (n_cells,), a copy."""
        return self._rows.memories[self.seat.row, :-1].copy()

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode: anywhere, nothing seen."""
        self.seat.reset(seed)

    def act(self, observation: Any, context: Context) -> int:
        """Infer the own cell, remember what is seen, and go where goals are near.

        Raises:
            ObservationError: the observation or an executed action does not fit; beliefs
                and memory are as before.
        """
        action: int = self.crowd.answer(self.seat, observation, context.lived, context.agent_id)
        return action

    def preferences(self) -> Array:
        """Give what it would like to observe now, nats, as ``GoalMemory.preferences``."""
        return self.crowd.wanted(self._rows, self.seat.row)

    def plan(self) -> Plan:
        """Score all policies from the present beliefs and memory, and change nothing."""
        return self.crowd.plan(self.seat, self.preferences())

    def retune(self, profile: Profile) -> None:
        """Think by another profile from the next act on; beliefs and memory stay as they are.

        Raises:
            ValueError: policies would be longer than those that it was made for, for which
                the terrain has been compiled.
        """
        if profile.policy_length > self._longest:
            rule = f"must be <= {self._longest}, for which the explorer was made"
            raise ValueError(f"policy_length {rule}, got {profile.policy_length}")
        if profile.policy_length == self.profile.policy_length:
            self.seat.retune(profile)
        else:
            state = self.get_state()
            self._sit(profile)
            self.set_state(state)
        self.profile = profile

    def get_state(self) -> dict[str, Any]:
        """Give enough to go on from exactly here, as JSON values and arrays."""
        return {**self.seat.get_state(), "goal_memory": self.goal_memory}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            ModelError: it does not fit the map; nothing has changed then.
        """
        memory = state_vector(state, "goal_memory", self._terrain.n_cells, None)
        self.seat.set_state(state)
        self._rows.memories[self.seat.row, :-1] = memory

    @property
    def _rows(self) -> ExplorerRows:
        rows = self.seat.rows
        assert isinstance(rows, ExplorerRows)
        return rows

    def _sit(self, profile: Profile) -> None:
        """Take a seat among the explorers of the terrain that plan as far ahead."""
        settings = self._settings
        self.crowd = shared_explorers(
            self._terrain, profile.policy_length, settings.backend, settings.matrix_cache_size
        )
        """All explorers of the terrain: see ``together``."""
        self.seat = self.crowd.take(profile, history=settings.belief_history)
        """Where its beliefs stand among theirs."""
