"""One agent's whole step beside pymdp's, by profile, and in bytes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..clock import SystemClock
from ..errors import MissingExtraError, WorkError
from ..models.active_inference import ActiveInference
from ..models.agent import Context, OneMoment
from ..models.experience import Experience
from ..models.profile import InferenceSettings
from ..models.standing import Standing
from .harness import Absent, Better, Case, Quantity, Ratio, Variant
from .inference_crowds import disagreement
from .inference_workloads import STEPS, Workload, workload
from .pymdp_agents import JittedAgents, LegacyAgent


def single(length: int, steps: int, repeats: int) -> Case:
    """Compare one agent on W1a, planning so far ahead, with pymdp's."""
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
    work = workload("W1a")._replace(length=length)
    ActiveInference.prepare(work.settings)
    agent = _Agent(work, work.settings)
    agent.run(1)
    theirs = [_jitted(work, agent, steps // 20)]
    if length == 1:
        theirs.append(_legacy(work, agent, steps // 20))
    yield [Variant("agent", steps, agent.run, agent.check), *theirs]


class _Agent:
    """One of ours by its own ``act``, each time with what it has just lived, as a host tells it."""

    def __init__(self, work: Workload, settings: InferenceSettings) -> None:
        self._work = work
        self.agent = ActiveInference(work.model, settings)
        seen = work.seen(1)[:, 0]
        self._seen = seen[:, 0].tolist() if seen.shape[1] == 1 else [*map(tuple, seen.tolist())]
        self._who = Standing("agent-1", np.random.default_rng, SystemClock())
        self._context = Context("agent-1")

    def run(self, steps: int) -> list[int]:
        """Give its actions."""
        actions, context = [], self._context
        for step in range(steps):
            outcome = self._seen[step % STEPS]
            action = self.agent.act(outcome, context)
            actions.append(action)
            lived = Experience(step, outcome, action, action, "acted", 0.0, False, False)
            context = Context.at(OneMoment(step + 1, experiences=(lived,)), self._who)
        self._context = context
        return actions

    def check(self, steps: int, actions: list[int]) -> str:
        """Say what is wrong with that."""
        if len(actions) != steps:
            return f"{len(actions)} actions in {steps} steps"
        counted = np.sum(self.agent.get_state().get("pA", np.nan))
        learning = self._work._replace(learns=self.agent.profile.learns)
        return learning.wrong(np.array(actions), self.agent.beliefs[None], counted)


def _jitted(work: Workload, ours: _Agent, steps: int) -> Variant | Absent:
    try:
        theirs = JittedAgents(work.model, work.length, 1)
    except MissingExtraError as error:
        return Absent("pymdp_jit", str(error))
    return _theirs(_Theirs("pymdp_jit", theirs.step, lambda: theirs.beliefs), work, ours, steps)


def _legacy(work: Workload, ours: _Agent, steps: int) -> Variant | Absent:
    try:
        theirs = LegacyAgent(work.model, work.length)
    except MissingExtraError as error:
        return Absent("legacy", str(error))

    def step(seen: Any) -> Any:
        return theirs.act(seen[0])

    return _theirs(_Theirs("legacy", step, lambda: theirs.beliefs[None]), work, ours, steps)


class _Theirs(NamedTuple):
    """One of pymdp's agents."""

    name: str
    step: Callable[[Any], Any]
    beliefs: Callable[[], Any]


def _theirs(theirs: _Theirs, work: Workload, ours: _Agent, steps: int) -> Variant:
    """Give their steps.

    Raises:
        WorkError: beliefs after the first are not ours, so that times cannot be compared.
    """
    name, step, beliefs = theirs
    seen = work.seen(1)
    step(seen[0])
    if wrong := disagreement(ours.agent.beliefs, beliefs()[0]):
        raise WorkError(name, wrong)

    def run(count: int) -> list[Any]:
        return [step(seen[k % STEPS]) for k in range(count)]

    def check(_: int, actions: list[Any]) -> str:
        return work.wrong(np.array(actions), np.asarray(beliefs()))

    return Variant(name, max(5, steps), run, check)


def profiles(steps: int, repeats: int) -> Case:
    """Measure one agent by its profile; balanced and accurate ones learn."""
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
    """Give an agent that takes in each observation."""
    if name == "t_maze":
        work = workload("W2")
        settings = InferenceSettings(policy_length=2, gamma=12, alpha=12)
    else:
        work = workload("W1a")
        settings = InferenceSettings(profile=name, selective_update_interval=1)
    ActiveInference.prepare(settings)
    agent = _Agent(work, settings)

    def run(count: int) -> _Acts:
        clock = SystemClock()
        begun = clock.now()
        actions = agent.run(count)
        return _Acts(actions, clock.now() - begun)

    return Variant(name, steps, run, lambda count, acts: agent.check(count, acts.actions))


def memory() -> Case:
    """Measure what an agent of W1a takes beside all that agents of one model share."""
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
    shared = ActiveInference(workload("W1a").model)  # pays for what all of them share

    def run(count: int) -> float:
        tracemalloc.start()
        agents = [ActiveInference(shared.model) for _ in range(count)]
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return grown / len(agents)

    yield [Variant("agents", 1000, run, lambda _, size: "" if size > 0 else "nothing was made")]
