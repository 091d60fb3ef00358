"""From what a society was founded with to the actors that live in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from ..actors.actor import Actor
from ..actors.care.directive import Strategy
from ..actors.simulated import SimulatedDispatcher
from ..actors.simulation.latencies import Latencies, find_latencies
from ..actors.simulation.virtual_clock import VirtualClock
from ..clock import Clock
from ..errors import SettingsError
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
from .tuning import Tuning, candidates_of, groups_of

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
        try:
            if memories is not None:
                memories.surprises = ensemble.surprises()
            self._appoint_teachers(ensemble, memories)
            return Stage(ensemble, self.rollout, tuning, memories)
        except BaseException:  # Ctrl-C too: nobody else knows of whom to stop
            ensemble.stop(self.rulebook.settings.grace)
            raise

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
        return {InferenceSettings, *(kind for kind in found if kind is not None)}

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
        return Tuning(groups, self.rulebook.tuner)

    def _appoint_teachers(self, ensemble: Ensemble, memories: Memories | None) -> None:
        """Have those who learn asleep taught by what is consolidated.

        Raises:
            SettingsError: nothing would teach them, or nobody would learn.
        """
        pupils = ensemble.pupils()
        teaches = memories is not None and memories.teaches
        if bool(pupils) != teaches:
            raise self._no_school(sorted(pupils))
        if memories is None or not pupils:
            return
        from ..memory.teacher import Teacher  # as the memories

        memories.teachers = {
            agent_id: Teacher(pupil, partial(ensemble.teach, agent_id))
            for agent_id, pupil in pupils.items()
        }

    def _no_school(self, pupils: Sequence[str]) -> SettingsError:
        if not pupils:
            rule = "teaches nobody here: no agent has learns_when='asleep'"
            given = self.rulebook.memory.consolidation
            source = self.rulebook.source("consolidation")
            return SettingsError("consolidation", f"{given!r:.40} {rule}", source=source)
        rule = f"'asleep' needs memory_size and consolidation='learn': {pupils[0]} has no other way"
        source = self.rulebook.source("learns_when")
        if source == "default":
            source = "keyword"  # said when the agent was added, which is in no book
        return SettingsError("learns_when", rule, source=source)

    def _memories(self, ids: Sequence[str]) -> tuple[Memories | None, list[Actor]]:
        settings = self.rulebook.memory
        if not settings.memory_size:
            return None, []
        from ..memory.memories import Memories  # with all it brings, where it is wanted

        return Memories.found(ids, settings, clock=self.clock, embedding=self.embedding)


def check_given(rulebook: Rulebook, strategy: Strategy | None, embedding: Embedding | None) -> None:
    """See that what was given as an object can be used, and is.

    Raises:
        SettingsError: it cannot be called, nothing would call it, or a setting says otherwise.
    """
    for key, given in {"strategy": strategy, "embedding": embedding}.items():
        if given is not None and not callable(given):
            raise SettingsError(key, f"must be callable, got {given!r:.40}")
    if embedding is not None and not rulebook.memory.memory_size:
        raise SettingsError("embedding", "needs a memory_size above 0")
    on_crash = rulebook.settings.on_crash
    # The default says nothing, also where it is written out, as it is in a run's journal.
    if strategy is not None and on_crash != SocietySettings().on_crash:
        why = f"says {on_crash!r}, and strategy says otherwise; give one of them"
        raise SettingsError("on_crash", why, source=rulebook.source("on_crash"))


def simulation_of(
    clock: Clock | None, given: SimulatedDispatcher | None, rulebook: Rulebook
) -> SimulatedDispatcher | None:
    """Give what runs a simulated society; None for any other.

    Raises:
        SettingsError: there is one, or latencies, and the settings name another dispatcher; or
            there are no such latencies.
        ValueError: its time is not the society's.
    """
    settings = rulebook.settings
    latency = _latency(rulebook)
    if settings.dispatcher != "simulated":
        if given is not None:
            rule = f"must be simulated, for a simulation is given, got {settings.dispatcher!r}"
            raise SettingsError("dispatcher", rule, source=rulebook.source("dispatcher"))
        return None
    if given is None and (clock is None or isinstance(clock, VirtualClock)):
        return SimulatedDispatcher(settings.seed, clock=clock, latency=latency)
    if given is None or (clock is not None and clock is not given.clock):
        raise ValueError("a simulated society lives by its simulation's clock, and no other")
    given.latency = latency or given.latency
    return given


def _latency(rulebook: Rulebook) -> Latencies | None:
    settings, source = rulebook.settings, rulebook.source("latency")
    if settings.latency is None:
        return None
    if settings.dispatcher != "simulated":
        rule = f"needs a virtual clock: dispatcher='simulated', not {settings.dispatcher!r}"
        raise SettingsError("latency", rule, source=source)
    try:
        return find_latencies(settings.latency, settings.seed)
    except ValueError as error:
        raise SettingsError("latency", str(error), source=source) from None
