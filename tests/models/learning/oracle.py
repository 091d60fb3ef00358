"""Compares our learning with pymdp itself, step by step; run by test_oracle.py.

Runs in its own process with JAX_ENABLE_X64=1 and writes one JSON object: for each
comparison the largest differences of beliefs, counts, learned parameters, policy scores and
action marginals.
pymdp goes its own way through ``infer_and_plan``; ours is built from what ``from_pymdp``
reads of the agent, so that nothing of ours stands on its side.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
from antiphon.models.factored.model import FactoredModel
from antiphon.models.from_pymdp import from_pymdp
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.rows import Turn
from antiphon.models.learning.compiled import CompiledLearner
from antiphon.models.learning.concentrations import Concentrations
from antiphon.models.learning.learner import Learner
from antiphon.models.learning.learning import Learning
from antiphon.models.learning.lesson import STILL, Lesson
from antiphon.models.learning.numpy_learner import NumpyLearner
from antiphon.models.learning.parameters import Parameters, Rules
from antiphon.models.learning.rules import NumpyRules
from antiphon.models.profile import Profile
from pymdp import control
from pymdp.agent import Agent
from pymdp.envs.rollout import infer_and_plan
from pymdp.legacy.learning import update_state_prior_dirichlet

HAS_NUMBA = importlib.util.find_spec("numba") is not None
GAMMA = 4.0
NOW_AND_THEN = 6
"""Without jit pymdp is too slow to be asked for novelty in each step."""


def learners() -> list[Learner]:
    if not HAS_NUMBA:
        return [NumpyLearner()]
    from antiphon.models.learning.numba_learner import NumbaLearner

    return [NumpyLearner(), NumbaLearner()]


def all_rules() -> list[Rules]:
    if not HAS_NUMBA:
        return [NumpyRules()]
    from antiphon.models.learning.numba_rules import NumbaRules

    return [NumpyRules(), NumbaRules()]


def columns(rng: np.random.Generator, shape: tuple[int, ...], *, zeros: bool) -> np.ndarray:
    weights = rng.gamma(0.7, size=shape)
    if zeros:
        weights *= rng.random(shape) < 0.6
        weights[0] += 0.05
    return weights / weights.sum(axis=0)


class Reference:
    """One pymdp agent that learns, jitted, seen through plain arrays."""

    def __init__(
        self,
        rng: np.random.Generator,
        sizes: tuple[int, ...],
        seen: list[list[int]],
        **options: Any,
    ) -> None:
        """Draw a model: states of each factor, and the factors of each modality."""
        zeros = options.pop("zeros", False)
        controls = [
            int(rng.integers(2, 4)) if f == 0 else int(rng.integers(1, 3))
            for f in range(len(sizes))
        ]
        shapes = [(int(rng.integers(2, 5)), *(sizes[f] for f in own)) for own in seen]
        A = [columns(rng, shape, zeros=zeros) for shape in shapes]
        B = [columns(rng, (n, n, u), zeros=zeros) for n, u in zip(sizes, controls, strict=True)]
        self.agent = Agent(
            A=[jnp.array(a) for a in A],
            B=[jnp.array(b) for b in B],
            C=[jnp.array(rng.normal(size=len(a))) for a in A],
            D=[jnp.array(rng.dirichlet(np.ones(n))) for n in sizes],
            pA=[jnp.array(rng.gamma(1.0, size=a.shape) * (a > 0)) for a in A],
            pB=[jnp.array(rng.gamma(1.0, size=b.shape) * (b > 0)) for b in B],
            A_dependencies=seen,
            gamma=GAMMA,
            sampling_mode="marginal",
            batch_size=1,
            **options,
        )
        self._step = equinox.filter_jit(infer_and_plan)
        self.beliefs = [d[:, None] for d in self.agent.D]
        self.key = jax.random.PRNGKey(0)

    def step(self, observation: list[int], action: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Go one step; -1 in an action begins. Gives scores of policies, and p(next action)."""
        given = [jnp.array([[o]]) for o in observation]
        self.agent, _, self.beliefs, info = self._step(
            self.agent, self.beliefs, given, jnp.array([action]), self.key
        )
        policies = self.agent.policies.policy_arr
        marginals = control.get_marginals(info["qpi"][0], policies, self.agent.num_controls)
        return np.asarray(info["neg_efe"][0]), np.asarray(marginals[0])

    @property
    def flat(self) -> np.ndarray:
        return np.concatenate([np.asarray(q)[0, -1] for q in self.beliefs])


def gaps(ours: Any, theirs: Any) -> float:
    return max(
        float(np.abs(np.asarray(one) - np.asarray(other)[0]).max())
        for one, other in zip(ours, theirs, strict=True)
    )


def widen(errors: list[float], *found: float) -> None:
    errors[:] = [max(pair) for pair in zip(errors, found, strict=True)]


def parameter_gaps(own: Parameters, agent: Any) -> tuple[float, float]:
    """Give the largest differences of the counts and of A and B."""
    counts_A, counts_B, _ = own.counts(0)
    counts = max(gaps(counts_A, agent.pA), gaps(counts_B, agent.pB))
    return counts, max(gaps(own.A(0), agent.A), gaps(own.B(0), agent.B))


def compare_one_factor(rng: np.random.Generator, steps: int, **options: Any) -> list[float]:
    """Follow one trajectory of whole steps of one factor."""
    reference = Reference(rng, (int(rng.integers(3, 6)),), [[0], [0]], **options)
    model, settings, learning, counts = from_pymdp(reference.agent)
    matrices = {name: model[name] for name in "ABCD"}
    length = settings.pop("policy_length")
    wanted = {name: settings[name] for name in ("use_utility", "use_states_info_gain")}
    compiled = CompiledLearner.of(
        GenerativeModel(**matrices), length, learning, E=model["E"], **counts, **wanted
    )
    profile = Profile(policy_length=length, gamma=settings["gamma"])
    all_rows = [(own, own.new_rows(compiled, 1)) for own in learners()]
    for _, rows in all_rows:
        rows.take(profile)
    errors, action = [0.0] * 5, -1
    for t in range(steps):
        observation = [int(rng.integers(n)) for n in compiled.model.n_observations]
        scores, marginals = reference.step(observation, [action])
        move = np.array([action] if t else [], np.int64)
        turn = Turn(np.arange(1), np.array([observation]), move, np.array([len(move)]))
        for own, rows in all_rows:
            inferred = own.infer(rows, turn)
            plan = own.plan(rows, turn.who, inferred.beliefs)
            own.step(rows, turn)
            beliefs = float(np.abs(rows.beliefs[0] - reference.flat).max())
            efe = float(np.abs(plan.neg_efe[0] - scores).max())
            chances = float(np.abs(plan.actions[0] - marginals).max())
            widen(errors, beliefs, *parameter_gaps(rows.own, reference.agent), efe, chances)
        action = int(rng.integers(compiled.model.n_actions))
    return errors


def compare_factors(rng: np.random.Generator, steps: int, **options: Any) -> list[float]:
    """Learn from the beliefs of a pymdp agent of several factors, and compare novelty."""
    reference = Reference(rng, (3, 2, 4), [[0, 1], [2], [0, 1, 2], [1]], **options)
    model, _, learning, counts = from_pymdp(reference.agent)
    shared = Concentrations(FactoredModel(**model), learning, **counts)
    tables = [Parameters(shared, 1, rules) for rules in all_rules()]
    for own in tables:
        own.begin(0)
    layout = shared.columns.layout
    errors, action, before = [0.0] * 5, [-1] * 3, reference.flat
    for t in range(steps):
        observation = [int(rng.integers(n)) for n in layout.n_observations]
        if learning.use_param_info_gain and t % NOW_AND_THEN == 1:
            news = novelties(reference, layout.n_controls)
            found = [our_novelties(own, reference) for own in tables]
            novelty = max(float(np.abs(news - our).max()) for our in found)
            widen(errors, 0.0, 0.0, 0.0, novelty, 0.0)
        reference.step(observation, action)
        moved = [STILL if u < 0 else u for u in action]
        lesson = Lesson(
            np.arange(1), np.ones(1, bool), np.array([observation]), np.array([moved]),
            before[None], reference.flat[None], np.zeros(1, bool),
        )  # fmt: skip
        for own in tables:
            own.learn(lesson)
            widen(errors, 0.0, *parameter_gaps(own, reference.agent), 0.0, 0.0)
        before = reference.flat
        action = [int(rng.integers(n)) for n in layout.n_controls]
    return errors


def novelties(reference: Reference, n_controls: Any) -> np.ndarray:
    """Give what pymdp expects to learn of A, and of B with each action, from its beliefs."""
    agent = reference.agent
    held = [q[0, -1] for q in reference.beliefs]
    A, pA, pB = ([array[0] for array in arrays] for arrays in (agent.A, agent.pA, agent.pB))
    expected = control.compute_expected_obs(held, A, agent.A_dependencies)
    news = [control.calc_negative_pA_info_gain(pA, expected, held, agent.A_dependencies)]
    for action in range(max(n_controls)):
        moves = [min(action, n - 1) for n in n_controls]
        news.append(control.calc_negative_pB_info_gain(pB, held, held, agent.B_dependencies, moves))
    return -np.array(news, np.float64)


def our_novelties(own: Parameters, reference: Reference) -> np.ndarray:
    columns, held = own.shared.columns, [np.asarray(q)[0, -1] for q in reference.beliefs]
    news = 0.0
    pairs = zip(own.A(0), columns.layout.unpack_A(own.novelty_A[0]), strict=True)
    for (likelihood, worth), factors in zip(pairs, columns.layout.A_dependencies, strict=True):
        joint = np.ones(())
        for f in factors:
            joint = np.multiply.outer(joint, held[f])
        shown = [(part * joint).reshape(len(part), -1).sum(axis=1) for part in (likelihood, worth)]
        news += float(shown[0] @ shown[1])
    found = [news]
    for action in range(max(columns.layout.n_controls)):
        moves = columns.unpack_B(own.novelty_B[0])
        found.append(
            sum(
                q @ w[:, :, min(action, w.shape[2] - 1)] @ q
                for q, w in zip(held, moves, strict=True)
            )
        )
    return np.array(found)


def compare_starts(rng: np.random.Generator, steps: int) -> list[float]:
    """Learn where episodes begin as pymdp did before 1.0, which does not any more."""
    start = columns(rng, (6, 1), zeros=True)[:, 0]
    model = GenerativeModel(columns(rng, (3, 6), zeros=False), np.eye(6)[:, :, None], D=start)
    shared = Concentrations(model, Learning(learn_D=True, lr_D=0.7, prior_strength=2.0))
    tables = [Parameters(shared, 1, rules) for rules in all_rules()]
    errors, counts = [0.0] * 5, np.empty(1, object)
    counts[0] = 2.0 * start
    for own in tables:
        own.begin(0)
    for _ in range(steps):
        beliefs, held = np.empty(1, object), rng.dirichlet(np.ones(6))
        beliefs[0] = held
        counts = update_state_prior_dirichlet(counts, beliefs, lr=0.7)
        lesson = Lesson(
            np.arange(1), np.ones(1, bool), np.zeros((1, 1), int), np.full((1, 1), STILL),
            held[None], held[None], np.ones(1, bool),
        )  # fmt: skip
        for own in tables:
            own.learn(lesson)
            gap = float(np.abs(own.counts(0)[2][0] - counts[0]).max())
            widen(
                errors,
                0.0,
                gap,
                float(np.abs(own.D(0)[0] - counts[0] / counts[0].sum()).max()),
                0.0,
                0.0,
            )
    return errors


def main() -> None:
    """Write the largest differences of each comparison; of all of them after more steps."""
    steps, one, many = int(sys.argv[1]), compare_one_factor, compare_factors
    rng, both = np.random.default_rng(20261122), {"learn_A": True, "learn_B": True}
    gain = {"use_param_info_gain": True}
    errors = {
        "A, B, gain, zeros": one(rng, steps, **both, **gain, zeros=True, policy_len=2),
        "factors, gain, zeros": many(rng, steps, **both, **gain, zeros=True),
        "D": compare_starts(rng, steps),
    }
    if steps > 20:
        errors |= {
            "A": one(rng, steps, learn_A=True),
            "B": one(rng, steps, learn_B=True, zeros=True),
            "A, B": one(rng, steps, **both, policy_len=3),
            "A, B, gain": one(rng, steps, **both, **gain, policy_len=2),
            "gain alone": one(rng, steps, **gain, use_utility=False),
            "no salience": one(rng, steps, **both, **gain, use_states_info_gain=False),
            "factors": many(rng, steps, **both),
        }
    json.dump(errors, sys.stdout)


if __name__ == "__main__":
    main()
