"""Compares inference about several factors with pymdp itself; run by test_oracle.py.

Runs in its own process with JAX_ENABLE_X64=1 and writes one JSON object: for each model the
largest differences, along a trajectory, of beliefs, predictions, free energies, policy scores,
chances of policies and of actions. ``pymdp.agent.Agent`` is asked directly, whole trajectories
at once, so that each model is compiled once.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import equinox
import jax.numpy as jnp
import numpy as np
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.model import FactoredModel
from antiphon.models.factored.rows import FactoredRows
from antiphon.models.kernels.rows import START, Turn
from antiphon.models.profile import Profile
from antiphon.tests.models.factored.cases import columns, kernel_of, random_model
from antiphon.tests.models.factored.tmaze import tmaze_model
from jax import lax
from pymdp import control
from pymdp.agent import Agent
from pymdp.maths import spm_wnorm

GAMMA = 4.0
NAMES = ("beliefs", "predicted", "surprise", "neg_efe", "policies", "actions")


class Reference:
    """One pymdp agent, and the trajectories that it would go through."""

    def __init__(self, model: FactoredModel, length: int, counts: Any = None) -> None:
        layout = model.layout
        moved = [n if f in layout.control_factors else 1 for f, n in enumerate(layout.n_controls)]
        pA, pB = (None, None) if counts is None else ([c[None] for c in part] for part in counts)
        self.controls = layout.control_factors
        self.agent = Agent(
            A=[jnp.array(array)[None] for array in model.A],
            B=[jnp.array(array)[None] for array in model.B],
            C=[jnp.array(vector)[None] for vector in model.C],
            D=[jnp.array(vector)[None] for vector in model.D],
            E=None if model.E is None else jnp.array(model.E)[None],
            pA=pA,
            pB=pB,
            A_dependencies=[list(own) for own in layout.A_dependencies],
            policies=control.construct_policies(list(layout.n_states), moved, length),
            use_param_info_gain=counts is not None,
            gamma=GAMMA,
        )

    def follow(self, observations: Any, actions: Any) -> list[np.ndarray]:
        """Give for each step what NAMES tells, its arrays flat."""
        results = equinox.filter_jit(_follow)(self.agent, observations, actions)
        beliefs, predicted, vfe, scores, policies, marginals = results
        chosen = [marginals[f] for f in self.controls]
        flat = [beliefs, predicted, vfe, scores, policies, chosen]
        return [np.concatenate(part, 1) if isinstance(part, list) else part for part in flat]


def _follow(agent: Any, observations: Any, actions: Any) -> Any:
    def step(prior: Any, given: Any) -> Any:
        seen, action = given
        qs, info = agent.infer_states([o[None] for o in seen], prior, return_info=True)
        policies, scores = agent.infer_policies(qs)
        n_controls = agent.num_controls
        marginals = control.get_marginals(policies[0], agent.policies.policy_arr, n_controls)
        after = agent.update_empirical_prior(action[None], qs)
        beliefs, predicted = [q[0, -1] for q in qs], [q[0] for q in after]
        return after, (
            beliefs,
            predicted,
            info["vfe"].reshape(1),
            scores[0],
            policies[0],
            marginals,
        )

    return lax.scan(step, agent.D, (list(observations.T), actions))[1]


def compare(
    model: FactoredModel, length: int, rng: np.random.Generator, steps: int, counts: Any = None
) -> dict[str, float]:
    """Follow one trajectory in pymdp, and in each of our kernels."""
    layout = model.layout
    seen = np.stack([rng.integers(n, size=steps) for n in layout.n_observations], axis=1)
    done = np.zeros((steps, layout.n_factors), np.int64)
    for f in layout.control_factors:
        done[:, f] = rng.integers(layout.n_controls[f], size=steps)
    theirs = Reference(model, length, counts).follow(seen, done)
    errors = dict.fromkeys(NAMES, 0.0)
    for name in ("numpy", "numba"):
        rows = _rows(model, length, counts)
        ours = _follow_ours(kernel_of(name), rows, seen, done[:, layout.control_factors])
        for field, one, other in zip(NAMES, ours, theirs, strict=True):
            errors[field] = max(errors[field], float(np.abs(one - other).max()))
    return errors


def _rows(model: FactoredModel, length: int, counts: Any) -> FactoredRows:
    novelty = "" if counts is None else "AB"
    rows = FactoredRows(FactoredCompiled.of(model, length), 1, novelty=novelty)
    rows.take(Profile(policy_length=length, gamma=GAMMA))
    if counts is not None:
        worth = [[np.asarray(-spm_wnorm(c) * (c > 0)) for c in part] for part in counts]
        rows.parameters.novelty_A[0] = model.layout.pack_A(worth[0])
        rows.parameters.novelty_B[0] = model.layout.pack_B(worth[1])
    return rows


def _follow_ours(kernel: Any, rows: FactoredRows, seen: Any, done: Any) -> list[np.ndarray]:
    who, results = np.zeros(1, np.int64), []
    rows.interval[0] = 1
    for k in range(len(seen)):
        before = done[k - 1 : k] if k else np.full_like(done[:1], START)
        turn = Turn(who, seen[k : k + 1], np.ascontiguousarray(before), np.ones(1, np.int64))
        inferred = kernel.infer(rows, turn)
        plan = kernel.plan(rows, who, inferred.beliefs)
        rows.commit(who, inferred)
        rows.interval[0] = 2  # so that the next infers nothing from what is seen
        rows.step[0] = 1
        predicted = kernel.infer(rows, turn._replace(moves=done[k : k + 1].copy())).beliefs
        rows.interval[0] = 1
        results.append((*inferred, predicted, *plan))
    beliefs, surprise, predicted, *rest = (np.concatenate(part) for part in zip(*results))  # noqa: B905
    return [beliefs, predicted, surprise[:, None], *rest]


def models(rng: np.random.Generator, extra: int) -> dict[str, Any]:
    """Give what to compare: a model, a policy length and, for some, Dirichlet counts."""
    learned = random_model(rng, "dense", 2)
    cases: dict[str, Any] = {
        "tmaze": (tmaze_model(), 2, None),
        "three factors": (random_model(rng, "zeros", 3, habits=2), 2, None),
        "novelty": (learned, 2, _counts(rng, learned)),
    }
    if extra:
        cases["one factor"] = random_model(rng, "zeros", 1), 2, None
        cases["two factors"] = random_model(rng, "dense", 2, habits=3), 3, None
        cases["one of two is moved"] = _partly_moved(rng), 2, None
    for k in range(extra):
        kind, length = ("dense", "zeros", "sure")[k % 3], 1 + k // 3 % 3
        cases[f"{kind} {k}"] = random_model(rng, kind, 2 + k % 2), length, None
    return cases


def _counts(rng: np.random.Generator, model: FactoredModel) -> Any:
    parts = ([a * rng.uniform(0.5, 9) for a in arrays] for arrays in (model.A, model.B))
    return [[jnp.array(c * (rng.random(c.shape) < 0.8)) for c in part] for part in parts]


def _partly_moved(rng: np.random.Generator) -> FactoredModel:
    arrays = [columns(rng, shape, zeros=False) for shape in ((3, 2, 3), (2, 2, 2), (3, 3, 3))]
    wanted = [rng.normal(size=3)]
    return FactoredModel(arrays[:1], arrays[1:], wanted, control_factors=[1])


def main() -> None:
    """Write the largest differences of each model; arguments: steps, more random models."""
    steps, extra = int(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(20260122)
    cases = models(rng, extra)
    errors = {
        name: compare(model, length, rng, steps, counts)
        for name, (model, length, counts) in cases.items()
    }
    json.dump(errors, sys.stdout)


if __name__ == "__main__":
    main()
