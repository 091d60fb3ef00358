"""From what a society was founded with to the actors that live in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from ..actors.actor import Actor
from ..actors.care.directive import Strategy
from ..actors.simulated import SimulatedDispatcher
from ..actors.simulation.virtual_clock import VirtualClock
from ..clock import Clock
from ..errors import SettingsError
from ..layers import resolve
from ..models.agent import Place
from ..models.profile import InferenceSettings
from ..settings import SettingsType, SocietySettings
from .ensemble import Ensemble
from .environment import Environment
from .options import settings_type_of
from .rollout import Rollout
from .roster import Resident, Roster
from .rulebook import Rulebook
from .setup import Setup
from .stage import Stage
from .tuner import TunerSettings
from .tuning import Tuning, candidates_of, groups_of
from .vitals.health import HealthSettings

if TYPE_CHECKING:
    from ..memory.embedding import Embedding
    from ..memory.memories import Memories


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Founding:
    """Everything that a society was founded with, and who was added to it."""

    rulebook: Rulebook
    roster: Roster
    environment: Environment | None
    rollout: Rollout | None
    clock: Clock
    simulation: SimulatedDispatcher | None
    strategy: Strategy | None
    together: Sequence[Sequence[str]]
    embedding: Embedding | None

    def stage(self) -> Stage:
        """Start every actor, or none; errors as ``Society.start``."""
        residents = self._everybody()
        ids = [resident.agent_id for resident in residents]
        if self.environment is not None:
            # Sorted, so that nothing depends on who was added first.
            self.environment.settle(sorted(ids))
        self.rulebook.open(self.environment, ids, self._settings_types())
        setup = Setup.of(
            self.rulebook.settings,
            self.clock,
            strategy=self.strategy,
            together=self.together,
            simulation=self.simulation,
        )
        tuning = self._tuning(residents)
        memories, staff = self._memories(ids)
        places = {agent_id: self._place(agent_id) for agent_id in ids}
        ensemble = Ensemble(residents, places, setup, staff=staff, memories=memories or {})
        if memories is not None:
            memories.surprises = ensemble.surprises()
        return Stage(ensemble, self.rollout, tuning, memories)

    def _everybody(self) -> Sequence[Resident]:
        residents = self.roster.residents
        if not residents:
            raise ValueError("a society needs agents; add some first")
        if self.roster.vacant:
            raise ValueError(f"nobody plays {', '.join(self.roster.vacant)}; add agents for them")
        for agent_id in chain.from_iterable(self.together):
            self.roster.check(agent_id)
        return residents

    def _settings_types(self) -> set[type[SettingsType]]:
        found = {settings_type_of(resident.kind) for resident in self.roster.residents}
        return {
            InferenceSettings,
            HealthSettings,
            TunerSettings,
            *(kind for kind in found if kind is not None),
        }

    def _place(self, agent_id: str) -> Place:
        env = self.environment
        if env is None:
            return Place(agent_id)
        return Place(
            agent_id, env.world, env.observation_space(agent_id), env.action_space(agent_id)
        )

    def _tuning(self, residents: Sequence[Resident]) -> Tuning | None:
        if not self.rulebook.settings.tuner:
            return None
        groups = groups_of(candidates_of(residents))
        if not groups:
            rule = "needs a target_ms: profile realtime or batch, or target_ms=... when adding"
            raise SettingsError("tuner", rule, source=self.rulebook.source("tuner"))
        return Tuning(groups, resolve(TunerSettings, self.rulebook.layers, {}).values)

    def _memories(self, ids: Sequence[str]) -> tuple[Memories | None, list[Actor]]:
        settings = self.rulebook.memory
        if not settings.memory_size:
            return None, []
        from ..memory.memories import Memories  # with all it brings, where it is wanted

        return Memories.found(ids, settings, clock=self.clock, embedding=self.embedding)


def simulation_of(
    clock: Clock | None, given: SimulatedDispatcher | None, settings: SocietySettings
) -> SimulatedDispatcher | None:
    """Give what runs a simulated society; None for any other.

    Raises:
        SettingsError: there is one, and the settings name another dispatcher.
        ValueError: its time is not the society's.
    """
    if settings.dispatcher != "simulated":
        if given is not None:
            raise SettingsError("dispatcher", "must be simulated, for a simulation is given")
        return None
    if given is None and (clock is None or isinstance(clock, VirtualClock)):
        return SimulatedDispatcher(settings.seed, clock=clock)
    if given is None or (clock is not None and clock is not given.clock):
        raise ValueError("a simulated society lives by its simulation's clock, and no other")
    return given
