"""How quickly do agents infer, beside pymdp jitted, in batches and legacy, and what is possible?

One step is everything from an observation to an action: belief, plan, draw, and the action
taken back. The grid has 100 cells, 5 (W1a) or 100 (W1b) outcomes and 5 actions.
"""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..clock import SystemClock
from ..errors import MissingExtraError, WorkError
from ..models.active_inference import ActiveInference
from ..models.agent import Context
from ..models.experience import Experience
from ..models.generative import GenerativeModel
from ..models.kernels.choose import choose
from ..models.kernels.compiled import Compiled
from ..models.kernels.kernel import Kernel
from ..models.kernels.rows import Rows, Turn
from ..models.matrices import Indices
from ..models.profile import InferenceSettings, Profile
from .harness import Absent, Better, Case, Quantity, Ratio, Variant
from .pymdp_agents import JittedAgents, LegacyAgent, Step
from .tmaze import tmaze_model
from .workloads import ACTIONS, CELLS, grid_model, observations

_STEPS = 64
"""Steps for which observations are made; they are seen again and again."""
_PROFILE = Profile(policy_length=1, gamma=8, alpha=8)


class _Size(NamedTuple):
    """How many agents, and how many steps in a repeat."""

    agents: int
    steps: int
    their_steps: int
    repeats: int


_FULL = (
    _Size(1, 2000, 200, 7),
    _Size(10, 1000, 100, 7),
    _Size(100, 400, 40, 7),
    _Size(1000, 100, 4, 7),
    _Size(10_000, 10, 1, 5),
)
_SMALL = (_Size(1, 200, 20, 2), _Size(1000, 10, 1, 2))


def cases(*, small: bool) -> list[Case]:
    """Give the kernels alone by number of agents, one agent's whole step, and its memory."""
    sizes = _SMALL if small else _FULL
    steps = 50 if small else 500
    return [
        *(_kernels(size, "W1a", 5) for size in sizes),
        *(_kernels(size, "W1b", 100) for size in sizes if size.agents == 1000 and not small),
        *(_single(length, steps, 2 if small else 7) for length in (1, 3)),
        _profiles(steps, 2 if small else 7),
        _memory(),
    ]


def _kernels(size: _Size, workload: str, n_observations: int) -> Case:
    name = f"kernel_{size.agents}" + ("" if workload == "W1a" else f"_{workload}")
    wanted = size.agents == 1000 and workload == "W1a"
    return Case(
        name=f"{workload}, {size.agents:,} agents",
        unit="step of all",
        repeats=size.repeats,
        variants=partial(_kernel_variants, size, n_observations),
        ratios=(
            Ratio(f"{name}_vs_pymdp_batch", "fastest", "pymdp_batch", 100 if wanted else None),
            Ratio(f"{name}_of_roofline", "fastest", "roofline", 0.2 if wanted else None),
            Ratio(f"{name}_vs_numpy", "fastest", "numpy"),
        ),
    )


@contextmanager
def _kernel_variants(size: _Size, n_observations: int) -> Iterator[list[Variant | Absent]]:
    model = grid_model(n_observations)
    seen = observations(n_observations, _STEPS, size.agents)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as cores:
        fastest = _Batch(model, choose(), size.agents, seen, cores)
        reference = _Batch(model, choose("numpy"), size.agents, seen, cores)
        yield [
            Variant("fastest", size.steps, fastest.run, fastest.check),
            Variant("numpy", max(1, size.steps // 4), reference.run, reference.check),
            _theirs("pymdp_batch", size.their_steps, seen, _jitted(model, 1, size.agents)),
            _roofline(fastest.compiled, size),
        ]


class _Batch:
    """All agents on one kernel; each core has some of them."""

    def __init__(
        self,
        model: GenerativeModel,
        kernel: Kernel,
        n: int,
        seen: Indices,
        cores: ThreadPoolExecutor,
    ) -> None:
        kernel.prepare()
        self.compiled = Compiled.of(model, 1)
        self._kernel, self._seen, self._cores = kernel, seen, cores
        self._rows = Rows(self.compiled, n)
        for seed in range(n):
            self._rows.take(_PROFILE, seed)
        share = max(1, min(256, -(-n // len(os.sched_getaffinity(0)))))
        self._parts = [np.arange(k, min(k + share, n)) for k in range(0, n, share)]
        self._last: list[Indices] = [np.zeros(len(part), np.int64) for part in self._parts]
        self._steps = 0

    def run(self, steps: int) -> list[Indices]:
        for step in range(steps):
            seen = self._seen[(self._steps + step) % _STEPS]
            turns = [self._turn(k, seen) for k in range(len(self._parts))]
            if len(turns) == 1:
                self._last = [self._kernel.step(self._rows, turns[0])]
            else:
                self._last = list(self._cores.map(partial(self._kernel.step, self._rows), turns))
        self._steps += steps
        return self._last

    def _turn(self, k: int, seen: Indices) -> Turn:
        part = self._parts[k]
        ends = np.arange(1, len(part) + 1)
        return Turn(part, seen[part][:, None], self._last[k], ends)

    def check(self, steps: int, chosen: Sequence[Indices]) -> str:
        counted = set(self._rows.step.tolist())
        if counted != {self._steps}:
            return f"agents counted {sorted(counted)[:5]} steps, after {self._steps}"
        return _wrong(np.concatenate(chosen), self._rows.beliefs)


def _wrong(actions: Indices, beliefs: Any) -> str:
    """Say what is wrong with what came of agents that should have inferred."""
    if not ((actions >= 0) & (actions < ACTIONS)).all():
        return f"actions {np.unique(actions)}"
    sums = np.asarray(beliefs).sum(axis=-1)
    if not np.allclose(sums, 1.0, atol=1e-4):
        return f"beliefs sum to {sums.min()}..{sums.max()}"
    if np.allclose(beliefs, 1.0 / CELLS):
        return "beliefs are what they were at the start"
    return ""


def _jitted(model: GenerativeModel, length: int, n: int) -> Callable[[], tuple[Step, Any]]:
    def make() -> tuple[Step, Any]:
        agents = JittedAgents(model, length, n)
        return agents.step, lambda: agents.beliefs

    return make


def _theirs(
    name: str, steps: int, seen: Indices, make: Callable[[], tuple[Step, Any]]
) -> Variant | Absent:
    try:
        step, beliefs = make()
    except MissingExtraError as error:
        return Absent(name, str(error))

    def run(count: int) -> Indices:
        actions: Indices = seen[0]
        for k in range(count):
            actions = step(seen[k % _STEPS])
        return actions

    return Variant(name, steps, run, lambda _, actions: _wrong(actions, beliefs()))


def _roofline(compiled: Compiled, size: _Size) -> Variant:
    """Give the product that scores policies, as one call of BLAS on all cores."""
    n_columns = compiled.n_operators * (len(compiled.likelihood) + 1)
    rng = np.random.default_rng(7)
    beliefs, columns = rng.random((size.agents, CELLS)), rng.random((CELLS, n_columns))

    def run(steps: int) -> Any:
        product = np.empty((size.agents, n_columns))
        for _ in range(steps):
            np.matmul(beliefs, columns, out=product)
        return product

    def check(_: int, product: Any) -> str:
        return "" if np.allclose(product[0], beliefs[0] @ columns) else "another product"

    return Variant("roofline", size.steps, run, check)


def _single(length: int, steps: int, repeats: int) -> Case:
    ratios = [
        Ratio(f"single_L{length}_vs_pymdp_jit", "agent", "pymdp_jit", {1: 15, 3: 200}[length])
    ]
    if length == 1:
        ratios.append(Ratio("single_L1_vs_legacy", "agent", "legacy", 100))
    return Case(
        name=f"W1a, one agent, length {length}",
        unit="step",
        repeats=repeats,
        variants=partial(_single_variants, length, steps),
        ratios=tuple(ratios),
    )


@contextmanager
def _single_variants(length: int, steps: int) -> Iterator[list[Variant | Absent]]:
    model, seen = grid_model(5), observations(5, _STEPS, 1)
    _check_agreement(model, seen)
    theirs = [_theirs("pymdp_jit", max(5, steps // 20), seen, _jitted(model, length, 1))]
    if length == 1:

        def make() -> tuple[Step, Any]:
            agent = LegacyAgent(model, length)
            return agent.step, lambda: agent.beliefs

        theirs.append(_theirs("legacy", max(5, steps // 20), seen, make))
    settings = InferenceSettings(policy_length=length, selective_update_interval=1)
    ActiveInference.prepare(settings)
    agent = _Agent(ActiveInference(model, settings), [int(one) for one in seen[:, 0]])
    yield [Variant("agent", steps, agent.run, agent.check), *theirs]


class _Agent:
    """One of ours by its own ``act``, each time with what it has just lived."""

    def __init__(self, agent: ActiveInference, seen: Sequence[Any]) -> None:
        self._agent, self._seen = agent, seen
        self._context: Context | None = None

    def run(self, steps: int) -> list[int]:
        actions, context = [], self._context or Context("agent-1")
        for step in range(steps):
            outcome = self._seen[step % _STEPS]
            action = self._agent.act(outcome, context)
            actions.append(action)
            lived = Experience(step, outcome, action, action, "acted", 0.0, False, False)
            context = Context("agent-1", round=step + 1, previous=lived)
        self._context = context
        return actions

    def check(self, steps: int, actions: list[int]) -> str:
        if len(actions) != steps:
            return f"{len(actions)} actions in {steps} steps"
        return _wrong(np.array(actions), self._agent.beliefs)


def _check_agreement(model: GenerativeModel, seen: Indices) -> None:
    """Lead one agent of each kind to its first beliefs.

    Raises:
        WorkError: they disagree, so their times cannot be compared.
    """
    ours = ActiveInference(model, InferenceSettings(policy_length=1))
    ours.act(int(seen[0, 0]), Context("agent-1"))
    try:
        theirs = JittedAgents(model, 1, 1)
    except MissingExtraError:
        return
    theirs.step(seen[0])
    widest = float(np.abs(np.asarray(theirs.beliefs)[0] - ours.beliefs).max())
    if widest > 1e-5:  # theirs are float32
        raise WorkError("pymdp_jit", f"beliefs differ by {widest:.1e} after the same observation")


def _profiles(steps: int, repeats: int) -> Case:
    targets = {"fast": 0.05, "balanced": 0.3, "accurate": 0.6}
    return Case(
        name="W1a and W3a, one agent by its profile",
        unit="step",
        repeats=repeats,
        variants=partial(_profile_variants, (*targets, "t_maze"), steps),
        ratios=(
            *(
                Quantity(f"{name}_ms", name, "ms a step", _ms_of, Better.LESS, target)
                for name, target in targets.items()
            ),
            Quantity("t_maze_L2_ms", "t_maze", "ms a step of W2", _ms_of, Better.LESS),
        ),
    )


class _Acts(NamedTuple):
    """What came of some steps of an agent."""

    actions: list[int]
    seconds: float


def _ms_of(acts: _Acts) -> float:
    return 1000 * acts.seconds / len(acts.actions)


@contextmanager
def _profile_variants(names: Sequence[str], steps: int) -> Iterator[list[Variant]]:
    yield [_by_profile(name, steps) for name in names]


def _by_profile(name: str, steps: int) -> Variant:
    """Give an agent that takes in each observation; balanced and accurate ones learn."""
    if name == "t_maze":
        # It sits in an arm: what it sees is possible, whatever it does.
        model: Any = tmaze_model()
        settings = InferenceSettings(policy_length=2, gamma=12, alpha=12)
        seen: list[Any] = [(2, 1, 0)] * _STEPS
    else:
        model = grid_model(5)
        settings = InferenceSettings(profile=name, selective_update_interval=1)
        seen = observations(5, _STEPS, 1)[:, 0].tolist()
    ActiveInference.prepare(settings)
    agent = _Agent(ActiveInference(model, settings), seen)

    def run(count: int) -> _Acts:
        clock = SystemClock()
        begun = clock.now()
        actions = agent.run(count)
        return _Acts(actions, clock.now() - begun)

    def check(count: int, acts: _Acts) -> str:
        return "" if name == "t_maze" else agent.check(count, acts.actions)

    return Variant(name, steps, run, check)


def _memory() -> Case:
    return Case(
        name="memory",
        unit="agent",
        repeats=1,
        variants=_memory_variants,
        ratios=(
            Quantity(
                "bytes_per_agent",
                "agents",
                "bytes an agent of W1a takes beside its mailbox, the shared model aside",
                float,
                Better.LESS,
                2048,
            ),
        ),
        warm_ups=0,
    )


@contextmanager
def _memory_variants() -> Iterator[list[Variant]]:
    model = grid_model(5)
    shared = ActiveInference(model)  # pays for what all of them share

    def run(count: int) -> float:
        tracemalloc.start()
        agents = [ActiveInference(shared.model) for _ in range(count)]
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return grown / len(agents)

    yield [Variant("agents", 1000, run, lambda _, size: "" if size > 0 else "nothing was made")]
