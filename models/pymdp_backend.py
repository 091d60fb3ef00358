"""Runs the same agents on pymdp itself: the reference, and many times slower."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from .generative import GenerativeModel
from .matrices import Array
from .policies import Plan


class PymdpEngine:
    """``pymdp.agent.Agent`` of pymdp 1.0.4 behind the interface of our own engine.

    pymdp infers states and policies, in float64; actions are chosen from its action
    marginals by the rules of ours, so that the two differ in the arithmetic alone.
    """

    def __init__(self, model: GenerativeModel, policy_length: int) -> None:
        """Compile with JAX.

        Raises:
            MissingExtraError: pymdp is not installed.
        """
        self.model = model
        self._in_float64 = _float64_switch()
        self._sizes = np.cumsum(model.n_observations)[:-1]
        with self._in_float64(True):
            self._agent = _make_agent(model, policy_length)
            self._infer, self._predict, self._score = _compile()

    def posterior(self, prior: Array, observation: Sequence[int]) -> Array:
        """Give p(s | o)."""
        with self._in_float64(True):
            indices = [np.array([outcome]) for outcome in observation]
            return np.array(self._infer(self._agent, indices, [prior[None]]), np.float64)

    def predict(self, beliefs: Array, action: int) -> Array:
        """Give p(s') after an action."""
        with self._in_float64(True):
            qs = [beliefs[None, None]]
            return np.array(self._predict(self._agent, np.array([[action]]), qs), np.float64)

    def plan(self, beliefs: Array, gamma: float, preferences: Array | None = None) -> Plan:
        """Score all policies; preferences stand in for the model's, modality by modality."""
        flat = np.concatenate(self.model.C) if preferences is None else preferences
        wanted = [part[None] for part in np.split(flat, self._sizes)]
        with self._in_float64(True):
            scores = self._score(self._agent, [beliefs[None, None]], wanted, np.array([gamma]))
            return Plan(*(np.array(score, np.float64) for score in scores))


def _import(name: str) -> Any:
    """Import what mypy need not find, for it comes with an extra and has no types."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("backend 'pymdp'", "pymdp") from error


def _float64_switch() -> Callable[[bool], AbstractContextManager[None]]:
    """Give JAX's switch to float64 for one thread and block.

    The switch for the whole process would change what JAX does for others.
    """
    jax = _import("jax")
    # Older versions keep it among the experiments.
    place = jax if hasattr(jax, "enable_x64") else _import("jax.experimental")
    switch: Callable[[bool], AbstractContextManager[None]] = place.enable_x64
    return switch


def _make_agent(model: GenerativeModel, policy_length: int) -> Any:
    as_jax = _import("jax.numpy").asarray
    return _import("pymdp.agent").Agent(
        A=[as_jax(matrix)[None] for matrix in model.A],
        B=[as_jax(model.B)[None]],
        C=[as_jax(vector)[None] for vector in model.C],
        D=[as_jax(model.D)[None]],
        policy_len=policy_length,
        batch_size=1,
    )


def _compile() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Give jitted functions: without jit, pymdp retraces each call, for 0.2 s."""
    equinox, control = _import("equinox"), _import("pymdp.control")

    def infer(agent: Any, observation: Any, prior: Any) -> Any:
        return agent.infer_states(observation, prior)[0][0, -1]

    def predict(agent: Any, action: Any, qs: Any) -> Any:
        return agent.update_empirical_prior(action, qs)[0][0]

    def score(agent: Any, qs: Any, preferences: Any, gamma: Any) -> Any:
        agent = equinox.tree_at(lambda a: (a.C, a.gamma), agent, (preferences, gamma))
        q_pi, neg_efe = agent.infer_policies(qs)
        policies, n_controls = agent.policies.policy_arr, agent.num_controls
        return neg_efe[0], q_pi[0], control.get_marginals(q_pi[0], policies, n_controls)[0]

    jit = equinox.filter_jit
    return jit(infer), jit(predict), jit(score)
