"""How much faster do explorers play whole rounds than the same agents on pymdp.legacy?

Ours are actors called by the coordinator: pooled ones, threads of their own, cohorts. Theirs
are mapped over a thread pool, of 50 threads and of one. Everyone lives in an equal grid world,
which is stepped inside the timed part, and infers in every step. Before anything is timed,
both are led through one trajectory and must agree on beliefs, scores of policies and the best
actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from ..coordination.outcome import Status
from ..errors import WorkError
from ..models import chance
from ..models.agent import Context, Place
from ..models.experience import Experience
from ..models.explorer import Explorer
from ..models.matrices import Array
from ..models.policies import best
from ..models.profile import InferenceSettings
from ..models.terrain import Terrain, shared_terrain
from ..society import Society
from .harness import Case, Ratio, Variant
from .legacy_explorer import LegacyExplorer, legacy

_AGENTS = 50
_SEED = 7
_FOREVER = 1_000_000
"""Steps in an episode: the bench sees no end of it."""


class _Size(NamedTuple):
    """How much is done at one policy length, by 50 agents."""

    length: int
    profile: str
    target: float
    ours: int
    """Rounds in a repeat."""
    theirs: int
    repeats: int


_FULL = (
    _Size(1, "fast", 100, ours=200, theirs=5, repeats=15),
    _Size(2, "balanced", 100, ours=200, theirs=2, repeats=15),
    _Size(3, "accurate", 100, ours=100, theirs=1, repeats=15),
)
_SMALL = (
    _Size(1, "fast", 100, ours=20, theirs=2, repeats=2),
    _Size(2, "balanced", 100, ours=10, theirs=1, repeats=1),
)


class ListedExplorer(Explorer):
    """An explorer that writes itself into a list, so that its work can be checked."""

    together: ClassVar[bool] = True

    @classmethod
    def create(
        cls,
        place: Place,
        *,
        settings: InferenceSettings | None = None,
        listed: dict[str, Explorer] | None = None,
        **options: Any,
    ) -> Self:
        """Make one for a world, as any explorer.

        Args:
            listed: where to enter it by its id.
        """
        agent = super().create(place, settings=settings, **options)
        if listed is not None:
            listed[place.agent_id] = agent
        return agent


def cases(*, small: bool) -> list[Case]:
    """Give one case for each policy length.

    Raises:
        MissingExtraError: pymdp is not installed.
    """
    legacy("agent")
    sizes = _SMALL if small else _FULL
    return [*map(_case, sizes), _hosts_case(rounds=5 if small else 50, repeats=2 if small else 15)]


def _case(size: _Size) -> Case:
    ratio = f"rounds_{_AGENTS}" if size.length == 1 else f"rounds_{_AGENTS}_L{size.length}"
    return Case(
        name=f"length {size.length}",
        unit="round",
        repeats=size.repeats,
        variants=partial(_variants, size),
        ratios=(
            Ratio(f"{ratio}_vs_legacy_threads", "pooled", "legacy_threads", size.target),
            Ratio(f"{ratio}_vs_legacy_one_thread", "pooled", "legacy_one_thread"),
            Ratio(f"{ratio}_threaded_vs_legacy_threads", "threaded", "legacy_threads"),
        ),
    )


def _hosts_case(rounds: int, repeats: int) -> Case:
    return Case(
        name="1,000 explorers, length 1",
        unit="round",
        repeats=repeats,
        variants=partial(_host_variants, rounds),
        ratios=(
            Ratio("rounds_1000_cohort_vs_threaded", "cohort", "threaded", 20),
            Ratio("rounds_1000_pooled_vs_threaded", "pooled", "threaded"),
            Ratio("rounds_1000_cohort_vs_inline", "cohort", "inline"),
        ),
    )


@contextmanager
def _host_variants(rounds: int) -> Iterator[list[Variant]]:
    settings = InferenceSettings(profile="fast", selective_update_interval=1)
    with ExitStack() as stack:
        yield [
            stack.enter_context(_ours(how, 1000, rounds, settings))
            for how in ("threaded", "pooled", "cohort", "inline")
        ]


@contextmanager
def _variants(size: _Size) -> Iterator[list[Variant]]:
    settings = InferenceSettings(
        profile=size.profile, selective_update_interval=1, action_selection="deterministic"
    )
    _check_agreement(settings)
    with ExitStack() as stack:
        ours = [
            stack.enter_context(_ours(how, _AGENTS, size.ours, settings))
            for how in ("pooled", "threaded")
        ]
        pools = [
            stack.enter_context(_theirs(name, workers, size, settings))
            for name, workers in (("legacy_threads", _AGENTS), ("legacy_one_thread", 1))
        ]
        yield [*ours, *pools]


@contextmanager
def _ours(how: str, agents: int, rounds: int, settings: InferenceSettings) -> Iterator[Variant]:
    # Cohorts have threads of their own, one for each core.
    dispatcher = "threaded" if how == "cohort" else how
    host = "cohort" if how == "cohort" else "agent-actor"
    listed: dict[str, Explorer] = {}
    with Society(_world(agents), seed=_SEED, dispatcher=dispatcher) as society:
        society.add(ListedExplorer, host=host, settings=settings, listed=listed)
        society.start()
        society_rounds = _Rounds(society, _world(agents), listed)
        yield Variant(how, rounds, society_rounds.play, society_rounds.check)


class _Rounds:
    """Rounds of a society: all act, then the world takes a step, as in ``_Pool``."""

    def __init__(self, society: Society, world: Any, listed: Mapping[str, Explorer]) -> None:
        self._society, self._world, self._listed = society, world, listed
        self._observations, _ = world.reset(seed=chance.seed_for(_SEED, "environment", 0))
        self._rounds = 0

    def play(self, rounds: int) -> int:
        """Play rounds; give how many actions the world took in time."""
        taken = 0
        for _ in range(rounds):
            outcome = self._society.step(self._observations)
            self._observations, *_ = self._world.step(outcome.actions)
            taken += list(outcome.status.values()).count(Status.ACTED)
        return taken

    def check(self, rounds: int, taken: int) -> str:
        """Hold the work against what so many rounds are; look where everybody is."""
        self._rounds += rounds
        if taken != len(self._listed) * rounds:
            return f"{taken} actions in {rounds} rounds"
        # In the order of the world's positions.
        agents = [self._listed[agent_id] for agent_id in self._world.possible_agents]
        steps = {agent.get_state()["step"] for agent in agents}
        return _wrong(self._rounds, steps, [agent.beliefs for agent in agents], self._world)


class _Pool:
    """Rounds of legacy explorers: all act in the pool, then the world takes a step."""

    def __init__(self, pool: ThreadPoolExecutor, settings: InferenceSettings) -> None:
        self._pool = pool
        self._world = _world(_AGENTS)
        terrain, profile = _terrain(self._world, settings), settings.resolved_profile()
        self._agents = {i: LegacyExplorer(terrain, profile) for i in self._world.possible_agents}
        seed = chance.seed_for(_SEED, "environment", 0)
        self._observations, _ = self._world.reset(seed=seed)
        self._rounds = 0

    def play(self, rounds: int) -> int:
        """Play rounds; give how many actions the world took."""
        taken = 0
        for _ in range(rounds):
            acting = {
                agent_id: self._pool.submit(agent.act, self._observations[agent_id])
                for agent_id, agent in self._agents.items()
            }
            actions = {agent_id: future.result() for agent_id, future in acting.items()}
            self._observations, *_ = self._world.step(actions)
            taken += len(actions)
        return taken

    def check(self, rounds: int, taken: int) -> str:
        """Hold the work against what so many rounds are."""
        self._rounds += rounds
        if taken != _AGENTS * rounds:
            return f"{taken} actions in {rounds} rounds"
        agents = self._agents.values()
        beliefs = [agent.beliefs for agent in agents]
        return _wrong(self._rounds, {agent.steps for agent in agents}, beliefs, self._world)


@contextmanager
def _theirs(name: str, workers: int, size: _Size, settings: InferenceSettings) -> Iterator[Variant]:
    with ThreadPoolExecutor(workers) as executor:
        pool = _Pool(executor, settings)
        yield Variant(name, size.theirs, pool.play, pool.check)


def _wrong(rounds: int, steps: set[int], beliefs: Sequence[Array], world: Any) -> str:
    """Say what is wrong with agents that should have inferred in so many rounds.

    A step that left out inference would leave them anywhere: at the start an agent's belief
    that it is within a move of where it is, is a few in a hundred.
    """
    if steps != {rounds}:
        return f"agents counted {sorted(steps)} steps, after {rounds} rounds"
    known = [
        belief[(world.map.moves == position).any(axis=0)].sum()
        for belief, position in zip(beliefs, world.positions, strict=True)
    ]
    if np.mean(known) < 0.5:
        return f"beliefs in the own place are {np.mean(known):.2f} on average"
    return ""


def _check_agreement(settings: InferenceSettings, *, steps: int = 4) -> None:
    """Lead one agent of each kind through the same steps.

    Raises:
        WorkError: they disagree, so their times cannot be compared.
    """
    world = _world(1)
    (agent_id,) = world.possible_agents
    ours = Explorer.create(Place(agent_id, world), settings=settings)
    theirs = LegacyExplorer(_terrain(world, settings), settings.resolved_profile())
    ours.reset(_SEED)
    observations, _ = world.reset(seed=_SEED)
    previous = None
    for step in range(steps):
        seen = observations[agent_id]
        action = ours.act(seen, Context(agent_id, round=step, previous=previous))
        if wrong := _disagreement(ours, theirs, action, theirs.act(seen)):
            raise WorkError("legacy", f"step {step} of the common trajectory: {wrong}")
        theirs.did(action)
        observations, *_ = world.step({agent_id: action})
        previous = Experience(step, seen, action, action, "acted", 0.0, False, False)


def _disagreement(ours: Explorer, theirs: LegacyExplorer, action: int, their_action: int) -> str:
    plan = ours.plan()
    beliefs = float(np.abs(ours.beliefs - theirs.beliefs).max())
    # Legacy turns C into a distribution, which shifts all scores by the same amount, and
    # leaves out of the information gain states that are believed in by less than exp(-16).
    scores = float(np.ptp(plan.neg_efe - theirs.neg_efe))
    if beliefs > 1e-10 or scores > 1e-5:
        return f"beliefs differ by {beliefs:.1e}, scores by {scores:.1e}"
    if action != best(plan.actions):
        return f"ours chose {action}, and its best is {best(plan.actions)}"
    # Of equally good actions legacy takes any, ours the first.
    if plan.actions[their_action] < plan.actions[action] - 1e-6:
        return f"ours chose {action}, theirs {their_action}, of {plan.actions}"
    return ""


def _world(agents: int | None = None) -> Any:
    from ..models.grid_world import GridWorld  # brings gymnasium and pettingzoo

    return GridWorld(10, agents=agents, max_steps=_FOREVER)


def _terrain(world: Any, settings: InferenceSettings) -> Terrain:
    length = settings.resolved_profile().policy_length
    return shared_terrain(world.map, length, world.fix_noise)
