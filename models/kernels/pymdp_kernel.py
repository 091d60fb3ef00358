"""Runs the same agents on pymdp itself: the reference, and many times slower."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ...errors import MissingExtraError
from ..generative import GenerativeModel
from ..matrices import Array, Indices
from ..policies import Plan
from .compiled import Compiled
from .numpy_kernel import NumpyKernel
from .rows import START, Inferred


class PymdpKernel(NumpyKernel):
    """``pymdp.agent.Agent`` of pymdp 1.0.4 in place of our own arithmetic, agent by agent.

    pymdp infers states and policies, in float64; actions are chosen from its action
    marginals by the rules of ours, so that the two differ in the arithmetic alone.
    """

    name = "pymdp"
    is_ready = False
    takes = "some 10 s for each model, anew in each process"

    def __init__(self) -> None:
        """Look for pymdp.

        Raises:
            MissingExtraError: it is not installed.
        """
        import_pymdp("pymdp.agent")
        self.fingerprint = f"pymdp-{version('inferactively-pymdp')}-jax-{version('jax')}"
        self._in_float64 = float64_switch()
        self._engines: WeakKeyDictionary[Compiled, _Engine] = WeakKeyDictionary()

    def prepare_for(self, compiled: Compiled) -> None:
        """Have JAX compile for the shapes of a model; it keeps nothing on disk."""
        beliefs, zeros = compiled.model.D[None], np.zeros((1, len(compiled.offsets)), np.int64)
        self.predict(compiled, beliefs, zeros[0, :1])
        self.posterior(compiled, beliefs, zeros)
        self.plan(compiled, beliefs, np.ones(1))

    def predict(self, compiled: Compiled, beliefs: Array, actions: Indices) -> Array:
        engine, predicted = self._engine(compiled), np.empty_like(beliefs)
        with self._in_float64(True):
            for k, action in enumerate(actions):
                if action == START:
                    predicted[k] = compiled.model.D
                else:
                    predicted[k] = engine.predict(beliefs[k], action)
        return predicted

    def posterior(self, compiled: Compiled, beliefs: Array, observations: Indices) -> Inferred:
        engine, after = self._engine(compiled), np.empty_like(beliefs)
        with self._in_float64(True):
            for k, seen in enumerate(observations):
                after[k] = engine.posterior(beliefs[k], seen)
        # pymdp does not tell how surprised it was.
        return Inferred(after, super().posterior(compiled, beliefs, observations).surprise)

    def plan(
        self,
        compiled: Compiled,
        beliefs: Array,
        gamma: Array,
        preferences: Array | None = None,
    ) -> Plan:
        engine = self._engine(compiled)
        wanted = compiled.preferences[None] if preferences is None else preferences
        with self._in_float64(True):
            plans = [
                engine.plan(own, wanted[k % len(wanted)], precision)
                for k, (own, precision) in enumerate(zip(beliefs, gamma, strict=True))
            ]
        return Plan(*(np.array(side_by_side) for side_by_side in zip(*plans, strict=True)))

    def _engine(self, compiled: Compiled) -> _Engine:
        engine = self._engines.get(compiled)
        if engine is None:
            with self._in_float64(True):
                engine = self._engines[compiled] = _Engine(compiled)
        return engine


class _Engine:
    """One model in pymdp, jitted; for use in float64."""

    def __init__(self, compiled: Compiled) -> None:
        model = compiled.model
        self._sizes = np.cumsum(model.n_observations)[:-1]
        self._agent = _make_agent(model, len(compiled.policies.prefixes))
        self._infer, self._predict, self._score = _compile()

    def posterior(self, prior: Array, observation: Indices) -> Array:
        indices = [np.array([outcome]) for outcome in observation]
        return np.array(self._infer(self._agent, indices, [prior[None]]), np.float64)

    def predict(self, beliefs: Array, action: Any) -> Array:
        qs = [beliefs[None, None]]
        return np.array(self._predict(self._agent, np.array([[action]]), qs), np.float64)

    def plan(self, beliefs: Array, preferences: Array, gamma: float) -> list[Array]:
        wanted = [part[None] for part in np.split(preferences, self._sizes)]
        scores = self._score(self._agent, [beliefs[None, None]], wanted, np.array([gamma]))
        return [np.array(score, np.float64) for score in scores]


def import_pymdp(name: str) -> Any:
    """Import what mypy need not find, for it comes with an extra and has no types."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("backend 'pymdp'", "pymdp") from error


def float64_switch() -> Callable[[bool], AbstractContextManager[None]]:
    """Give JAX's switch to float64 for one thread and block.

    The switch for the whole process would change what JAX does for others.
    """
    jax = import_pymdp("jax")
    # Older versions keep it among the experiments.
    place = jax if hasattr(jax, "enable_x64") else import_pymdp("jax.experimental")
    switch: Callable[[bool], AbstractContextManager[None]] = place.enable_x64
    return switch


def _make_agent(model: GenerativeModel, policy_length: int) -> Any:
    as_jax = import_pymdp("jax.numpy").asarray
    return import_pymdp("pymdp.agent").Agent(
        A=[as_jax(matrix)[None] for matrix in model.A],
        B=[as_jax(model.B)[None]],
        C=[as_jax(vector)[None] for vector in model.C],
        D=[as_jax(model.D)[None]],
        policy_len=policy_length,
        batch_size=1,
    )


def _compile() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Give jitted functions: without jit, pymdp retraces each call, for 0.2 s."""
    equinox, control = import_pymdp("equinox"), import_pymdp("pymdp.control")

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
