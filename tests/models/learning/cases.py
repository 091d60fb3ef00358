"""Models, counts, rows and turns for the tests of learning, drawn from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.rows import START, Turn
from antiphon.models.learning.compiled import CompiledLearner
from antiphon.models.learning.learner import Learner
from antiphon.models.learning.learning import Learning
from antiphon.models.learning.lesson import STILL, Lesson
from antiphon.models.learning.numpy_learner import NumpyLearner
from antiphon.models.learning.parameters import Rules
from antiphon.models.learning.rows import LearningRows
from antiphon.models.learning.rules import NumpyRules
from antiphon.models.profile import Profile
from antiphon.tests.models.kernels.cases import needs_numba

EVERY = [pytest.param("numpy"), pytest.param("numba", marks=needs_numba)]
ALL = Learning(learn_A=True, learn_B=True, learn_D=True)


def learner_of(name: str) -> Learner:
    if name == "numpy":
        return NumpyLearner()
    from antiphon.models.learning.numba_learner import NumbaLearner

    return NumbaLearner()


def rules_of(name: str) -> Rules:
    if name == "numpy":
        return NumpyRules()
    from antiphon.models.learning.numba_rules import NumbaRules

    return NumbaRules()


def distributions(rng: np.random.Generator, shape: tuple[int, ...], *, zeros: bool) -> Any:
    weights = rng.gamma(0.7, size=shape)
    if zeros:
        weights *= rng.random(shape) < 0.5
        weights[0] += 0.1
    return weights / weights.sum(axis=0)


def random_model(rng: np.random.Generator, *, zeros: bool = True) -> GenerativeModel:
    n_states, n_actions = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    sizes = rng.integers(2, 6, size=rng.integers(1, 3))
    A = [distributions(rng, (int(size), n_states), zeros=zeros) for size in sizes]
    B = distributions(rng, (n_states, n_states, n_actions), zeros=zeros)
    C = [rng.normal(size=size) for size in sizes]
    return GenerativeModel(A, B, C, rng.dirichlet(np.ones(n_states)))


def random_learning(rng: np.random.Generator) -> Learning:
    flags: dict[str, Any] = {f"learn_{name}": bool(rng.random() < 0.8) for name in "ABD"}
    flags["learn_A"] = flags["learn_A"] or not flags["learn_B"]  # so that there are counts
    rates: dict[str, Any] = {f"lr_{name}": float(rng.uniform(0.1, 2.0)) for name in "ABD"}
    keeps: dict[str, Any] = {f"fr_{name}": float(rng.choice([1.0, 0.9, 0.0])) for name in "ABD"}
    return Learning(
        **flags, **rates, **keeps,
        use_param_info_gain=bool(rng.random() < 0.7),
        keep_zeros=bool(rng.random() < 0.6),
        prior_strength=float(rng.uniform(0.5, 20.0)),
    )  # fmt: skip


def random_rows(
    rng: np.random.Generator, compiled: CompiledLearner, learner: Learner, n: int
) -> LearningRows:
    rows = learner.new_rows(compiled, n)
    for _ in range(n):
        profile = Profile(
            policy_length=compiled.policy_length,
            gamma=float(rng.uniform(0, 8)),
            selective_update_interval=int(rng.integers(1, 3)),
            action_selection=("deterministic", "stochastic")[int(rng.integers(2))],
        )
        rows.take(profile, int(rng.integers(1000)))
    return rows


def random_turn(rng: np.random.Generator, model: GenerativeModel, who: Any) -> Turn:
    """Give each row an observation and up to two moves, episodes' beginnings among them."""
    counts = rng.choice([0, 1, 1, 1, 2], size=len(who))
    seen = [rng.integers(size, size=len(who)) for size in model.n_observations]
    return Turn(
        who=np.array(who, np.int64),
        observations=np.ascontiguousarray(np.stack(seen, axis=1)),
        moves=rng.integers(START, model.n_actions, size=counts.sum()),
        ends=np.cumsum(counts),
    )


def lesson(
    observation: list[int],
    after: Any,
    *,
    before: Any = None,
    action: int = STILL,
    began: bool = False,
) -> Lesson:
    """Make a lesson for row 0."""
    held = np.array([after], np.float64)
    return Lesson(
        who=np.array([0]),
        seeing=np.array([True]),
        observations=np.array([observation]),
        actions=np.array([[action]]),
        before=held if before is None else np.array([before], np.float64),
        after=held,
        began=np.array([began]),
    )
