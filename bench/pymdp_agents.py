"""pymdp's own agents on our models, as their users would run them: jitted, alone or in batches."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..models.generative import GenerativeModel
from ..models.matrices import Array, Indices
from .legacy_explorer import legacy


class JittedAgents:
    """``pymdp.agent.Agent`` with a batch of agents, its whole step under one ``jit``."""

    def __init__(self, model: GenerativeModel, policy_length: int, n: int) -> None:
        """Make and compile.

        Raises:
            MissingExtraError: pymdp is not installed.
        """
        self._jax = _import("jax")
        one = {"A": [model.A[0]], "B": [model.B], "C": [model.C[0]], "D": [model.D]}
        arrays = {
            name: [self._jax.numpy.asarray(np.broadcast_to(a, (n, *a.shape))) for a in given]
            for name, given in one.items()
        }
        self._agent = _import("pymdp.agent").Agent(
            **arrays,
            policy_len=policy_length,
            batch_size=n,
            gamma=8.0,
            alpha=8.0,
            action_selection="stochastic",
            sampling_mode="marginal",
        )
        self._step = _import("equinox").filter_jit(self._whole_step)
        self._prior: Any = self._agent.D
        self._key = self._jax.random.PRNGKey(0)
        self.beliefs: Array = np.zeros((n, model.n_states))
        self._n = n

    def _whole_step(self, agent: Any, seen: Any, prior: Any, key: Any) -> Any:
        key, own = self._jax.random.split(key)
        qs = agent.infer_states([seen], prior)
        q_pi, _ = agent.infer_policies(qs)
        keys = self._jax.random.split(own, self._n)
        action = agent.sample_action(q_pi, rng_key=keys)
        return action, agent.update_empirical_prior(action, qs), qs[0][:, -1], key

    def step(self, seen: Indices) -> Indices:
        """Give the actions of all on what each sees; int64, shape (n,)."""
        step = self._step(self._agent, self._jax.numpy.asarray(seen), self._prior, self._key)
        actions, self._prior, beliefs, self._key = step
        self.beliefs = beliefs
        return np.asarray(actions, np.int64)[:, 0]


class LegacyAgent:
    """An agent of ``pymdp.legacy``, which is plain numpy."""

    def __init__(self, model: GenerativeModel, policy_length: int) -> None:
        """Make one.

        Raises:
            MissingExtraError: pymdp is not installed.
        """
        self._agent = legacy("agent").Agent(
            A=_objects(model.A),
            B=_objects([model.B]),
            C=_objects(model.C),
            D=_objects([model.D]),
            policy_len=policy_length,
            gamma=8.0,
            alpha=8.0,
            action_selection="stochastic",
            sampling_mode="marginal",
        )

    @property
    def beliefs(self) -> Array:
        """float64, shape (n_states,)."""
        beliefs: Array = self._agent.qs[0]
        return beliefs

    def step(self, seen: Indices) -> Indices:
        """Give the action, shape (1,)."""
        agent = self._agent
        agent.infer_states([int(seen[0])])
        agent.infer_policies()
        return np.array([int(agent.sample_action()[0])])


Step = Callable[[Indices], Indices]


def _objects(arrays: Any) -> Any:
    objects = np.empty(len(arrays), dtype=object)
    for k, array in enumerate(arrays):
        objects[k] = np.array(array)
    return objects


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("the inference bench", "pymdp") from error
