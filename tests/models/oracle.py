"""Compares our inference with pymdp itself, step by step; run by test_oracle.py.

Runs in its own process with JAX_ENABLE_X64=1 and writes one JSON object: for each
comparison the largest differences of beliefs, policy scores, action marginals, and the
weights with which actions are drawn. It talks
to ``pymdp.agent.Agent`` directly, so that nothing of ours stands on both sides.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
from antiphon.models.agent import Context, Place
from antiphon.models.experience import Experience
from antiphon.models.explorer import Explorer
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_world import GridWorld
from antiphon.models.kernels.choose import choose
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.policies import Plan, action_weights
from antiphon.models.profile import InferenceSettings
from pymdp import control
from pymdp.agent import Agent
from pymdp.maths import log_stable

GAMMA, ALPHA = 8.0, 3.0
KERNELS = [choose(name) for name in {"numpy", choose().name}]


class Reference:
    """One pymdp agent, jitted, seen through plain arrays."""

    def __init__(self, model: GenerativeModel, length: int) -> None:
        self.agent = Agent(
            A=[jnp.array(matrix)[None] for matrix in model.A],
            B=[jnp.array(model.B)[None]],
            C=[jnp.array(vector)[None] for vector in model.C],
            D=[jnp.array(model.D)[None]],
            policy_len=length,
            gamma=GAMMA,
            batch_size=1,
        )
        self._step = equinox.filter_jit(_step)
        self._predict = equinox.filter_jit(lambda agent, *args: agent.update_empirical_prior(*args))
        self.prior = self.agent.D

    def step(self, observation: Any, preferences: Any = None) -> tuple[np.ndarray, ...]:
        """Give beliefs, policy scores, action marginals and the weights of a draw."""
        wanted = self.agent.C if preferences is None else [c[None] for c in preferences]
        indices = [np.array([outcome]) for outcome in observation]
        self._beliefs, *rest = self._step(self.agent, indices, self.prior, wanted)
        return np.asarray(self._beliefs[0][0, -1]), *map(np.asarray, rest)

    def move(self, action: int) -> np.ndarray:
        self.prior = self._predict(self.agent, np.array([[action]]), self._beliefs)
        return np.asarray(self.prior[0][0])


def _step(agent: Any, observation: Any, prior: Any, preferences: Any) -> Any:
    agent = equinox.tree_at(lambda a: a.C, agent, preferences)
    beliefs = agent.infer_states(observation, prior)
    policies, scores = agent.infer_policies(beliefs)
    marginals = control.get_marginals(policies[0], agent.policies.policy_arr, agent.num_controls)
    weights = jax.nn.softmax(ALPHA * log_stable(marginals[0]))
    return beliefs, scores[0], marginals[0], weights


def scored(plan: Plan) -> tuple[np.ndarray, ...]:
    weights = np.array(action_weights(plan.actions, ALPHA))
    return plan.neg_efe, plan.actions, weights / weights.sum()


def _columns(rng: np.random.Generator, rows: int, columns: int, *, zeros: bool) -> np.ndarray:
    weights = rng.gamma(0.5, size=(rows, columns))
    if zeros:
        weights *= rng.random((rows, columns)) < 0.5
        weights[rng.integers(rows, size=columns), np.arange(columns)] += 0.1
    return weights / weights.sum(axis=0)


def random_model(rng: np.random.Generator, kind: str) -> GenerativeModel:
    """Draw a model: "dense", "zeros" (in A and B), or "sure" (deterministic B)."""
    n_states, n_actions = int(rng.integers(2, 9)), int(rng.integers(2, 5))
    sizes = rng.integers(2, 12, size=rng.integers(1, 4))
    zeros = kind != "dense"
    likelihoods = [_columns(rng, int(size), n_states, zeros=zeros) for size in sizes]
    preferences = [rng.normal(scale=2.0, size=size) for size in sizes]
    start = rng.dirichlet(np.ones(n_states))
    if kind == "sure":
        moves = rng.integers(n_states, size=(n_actions, n_states))
        return GenerativeModel.deterministic(likelihoods, moves, preferences, start)
    flat = _columns(rng, n_states, n_states * n_actions, zeros=zeros)
    return GenerativeModel(
        likelihoods, flat.reshape(n_states, n_states, n_actions), preferences, start
    )


def compare_random(rng: np.random.Generator, kind: str, length: int, steps: int) -> list[float]:
    """Follow one trajectory of a random model in pymdp and in each of our kernels."""
    model = random_model(rng, kind)
    compiled, reference = Compiled.of(model, length), Reference(model, length)
    gamma, errors = np.array([GAMMA]), [0.0] * 4
    held = dict.fromkeys(KERNELS, model.D[None])
    for _ in range(steps):
        observation = [int(rng.integers(size)) for size in model.n_observations]
        action = int(rng.integers(model.n_actions))
        theirs, moved = reference.step(observation), reference.move(action)
        for kernel, prior in held.items():
            beliefs = kernel.posterior(compiled, prior, np.array([observation])).beliefs
            plan = Plan(*(row[0] for row in kernel.plan(compiled, beliefs, gamma)))
            _widen(errors, (beliefs[0], *scored(plan)), theirs)
            held[kernel] = kernel.predict(compiled, beliefs, np.array([action]))
            errors[0] = max(errors[0], float(np.abs(held[kernel][0] - moved).max()))
    return errors


def compare_explorer(length: int, steps: int) -> list[float]:
    """Let an explorer forage, its preferences new in each step, and follow in pymdp."""
    world = GridWorld(agents=1, layout=3)
    settings = InferenceSettings(policy_length=length, gamma=GAMMA, selective_update_interval=1)
    explorer = Explorer.create(Place("agent-1", world), settings=settings)
    # The other kernels follow; what they draw is the same.
    others = [
        Explorer.create(Place("agent-1", world), settings=replace(settings, backend=kernel.name))
        for kernel in KERNELS
    ]
    for one in (explorer, *others):
        one.reset(seed=length)
    reference = Reference(explorer.model, length)
    observations, _ = world.reset(seed=length)
    previous, errors = None, [0.0] * 4
    for step in range(steps):
        seen = observations["agent-1"]
        context = Context("agent-1", round=step, previous=previous)
        action = explorer.act(seen, context)
        wanted = np.split(explorer.preferences(), [world.map.n_cells])
        walls = int(world.map.adjacent_walls[world.positions[0]])
        theirs = reference.step((int(seen[0]), walls), wanted)
        for other in others:
            assert other.act(seen, context) == action
            _widen(errors, (other.beliefs, *scored(other.plan())), theirs)
        reference.move(action)
        observations, rewards, *_ = world.step({"agent-1": action})
        previous = Experience(step, seen, action, action, "acted", rewards["agent-1"], False, False)
    return errors


def _widen(errors: list[float], ours: Any, theirs: Any) -> None:
    for k, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        errors[k] = max(errors[k], float(np.abs(one - other).max()))


def main() -> None:
    """Write the largest differences of each comparison; arguments: steps, of explorers too."""
    steps, explored = int(sys.argv[1]), int(sys.argv[2])
    rng = np.random.default_rng(20240607)
    errors = {
        f"{kind}-{length}": compare_random(rng, kind, length, steps)
        for kind in ("dense", "zeros", "sure")
        for length in (1, 2, 3)
    }
    errors |= {f"explorer-{length}": compare_explorer(length, explored) for length in (1, 2, 3)}
    json.dump(errors, sys.stdout)


if __name__ == "__main__":
    main()
