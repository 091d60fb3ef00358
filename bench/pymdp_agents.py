"""pymdp's own agents on our models, as their users would run them: jitted, in batches, legacy."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..models.factored.model import FactoredModel
from ..models.generative import GenerativeModel
from ..models.matrices import Array, Indices
from .legacy_explorer import legacy

_CHOICE = {
    "gamma": 8.0,
    "alpha": 8.0,
    "action_selection": "stochastic",
    "sampling_mode": "marginal",
    "use_param_info_gain": False,
}
_COUNTS = 10.0
"""How many observations the model is worth when learning begins, as in our profiles."""


class JittedAgents:
    """``pymdp.agent.Agent`` with a batch of agents, its whole step under one ``jit``."""

    def __init__(
        self,
        model: GenerativeModel | FactoredModel,
        policy_length: int,
        n: int,
        *,
        learns: bool = False,
    ) -> None:
        """Make and compile.

        Args:
            learns: whether A and B are learned in each step.

        Raises:
            MissingExtraError: pymdp is not installed.
        """
        self._jax = _import("jax")
        arrays = {
            name: [self._jax.numpy.asarray(np.broadcast_to(a, (n, *a.shape))) for a in given]
            for name, given in _matrices(model, learns=learns).items()
        }
        self._agent = _import("pymdp.agent").Agent(
            **arrays,
            **_CHOICE,
            **_dependencies(model),
            policy_len=policy_length,
            batch_size=n,
            learn_A=learns,
            learn_B=learns,
        )
        self._learns = learns
        jit = _import("equinox").filter_jit
        self._plan = _import("pymdp.envs.rollout").infer_and_plan if learns else None
        self._step = jit(self._learn if learns else self._infer)
        self._held: Any = [d[:, None] for d in self._agent.D] if learns else self._agent.D
        self._key = self._jax.random.PRNGKey(0)
        self._actions: Any = self._jax.numpy.full((n, len(self._agent.D)), -1)
        self.beliefs: Array = np.zeros((n, sum(d.shape[1] for d in self._agent.D)))
        """Shape (n, n_beliefs), those of each factor one after another."""

    @property
    def counted(self) -> float | None:
        """What the first agent has in its counts of A; None if it learns nothing."""
        return float(self._agent.pA[0][0].sum()) if self._learns else None

    def _infer(self, agent: Any, seen: Any, prior: Any, _: Any, key: Any) -> Any:
        key, own = self._jax.random.split(key)
        qs = agent.infer_states(seen, prior)
        q_pi, _ = agent.infer_policies(qs)
        keys = self._jax.random.split(own, len(seen[0]))
        actions = agent.sample_action(q_pi, rng_key=keys)
        beliefs = self._jax.numpy.concatenate([q[:, -1] for q in qs], axis=1)
        return agent, actions, agent.update_empirical_prior(actions, qs), beliefs, key

    def _learn(self, agent: Any, seen: Any, held: Any, actions: Any, key: Any) -> Any:
        assert self._plan is not None
        key, own = self._jax.random.split(key)
        after, actions, qs, _ = self._plan(agent, held, [o[:, None] for o in seen], actions, own)
        beliefs = self._jax.numpy.concatenate([q[:, -1] for q in qs], axis=1)
        return after, actions, qs, beliefs, key

    def step(self, seen: Indices) -> Indices:
        """Give the actions of all on what each sees, shape (n, n_modalities); int64, (n,)."""
        given = [self._jax.numpy.asarray(one) for one in seen.T]
        done = self._step(self._agent, given, self._held, self._actions, self._key)
        agent, self._actions, self._held, self.beliefs, self._key = done
        if self._learns:
            self._agent = agent
        return np.asarray(self._actions, np.int64)[:, 0]


class LegacyAgent:
    """An agent of ``pymdp.legacy``, which is plain numpy."""

    def __init__(
        self,
        model: GenerativeModel | FactoredModel,
        policy_length: int,
        *,
        learns: bool = False,
    ) -> None:
        """Make one.

        Raises:
            MissingExtraError: pymdp is not installed.
        """
        matrices = _matrices(model, learns=learns)
        self._agent = legacy("agent").Agent(
            **{name: _objects(given) for name, given in matrices.items()},
            **_CHOICE,
            policy_len=policy_length,
        )
        self._learns = learns
        self._before: Any = None

    @property
    def beliefs(self) -> Array:
        """float64, those of each factor one after another."""
        beliefs: Array = np.concatenate(list(self._agent.qs))
        return beliefs

    @property
    def counted(self) -> float | None:
        """What it has in its counts of A; None if it learns nothing."""
        return float(self._agent.pA[0].sum()) if self._learns else None

    def act(self, seen: Indices) -> int:
        """Give the action on what it sees, shape (n_modalities,)."""
        agent, outcomes = self._agent, seen.tolist()
        qs = agent.infer_states(outcomes)
        if self._learns:
            agent.update_A(outcomes)
            if self._before is not None:
                agent.update_B(self._before)
            self._before = qs
        agent.infer_policies()
        return int(agent.sample_action()[0])


class LegacyAgents:
    """As many of them, mapped over the threads of a pool."""

    def __init__(self, agents: list[LegacyAgent], pool: ThreadPoolExecutor) -> None:
        self._agents, self._pool = agents, pool

    @classmethod
    @contextmanager
    def on_threads(
        cls,
        model: GenerativeModel | FactoredModel,
        policy_length: int,
        n: int,
        *,
        learns: bool = False,
        threads: int = 50,
    ) -> Iterator[LegacyAgents]:
        """Make them and their pool.

        Raises:
            MissingExtraError: pymdp is not installed.
        """
        agents = [LegacyAgent(model, policy_length, learns=learns) for _ in range(n)]
        with ThreadPoolExecutor(min(n, threads)) as pool:
            yield cls(agents, pool)

    @property
    def beliefs(self) -> Array:
        """Shape (n, n_beliefs)."""
        return np.array([agent.beliefs for agent in self._agents])

    @property
    def counted(self) -> float | None:
        """What the first has in its counts of A; None if it learns nothing."""
        return self._agents[0].counted

    def step(self, seen: Indices) -> Indices:
        """Give the actions of all, shape (n,)."""
        return np.array(list(self._pool.map(LegacyAgent.act, self._agents, seen)))


def _matrices(model: GenerativeModel | FactoredModel, *, learns: bool) -> dict[str, Any]:
    """List a model's matrices for each modality and factor, and the counts to learn with."""
    matrices: dict[str, Any] = {name: getattr(model, name) for name in "ABCD"}
    if isinstance(model, GenerativeModel):
        matrices |= {"B": [model.B], "D": [model.D]}
    if learns:
        matrices |= {f"p{name}": [_COUNTS * one for one in matrices[name]] for name in "AB"}
    return matrices


def _dependencies(model: GenerativeModel | FactoredModel) -> Mapping[str, Any]:
    if isinstance(model, GenerativeModel):
        return {}
    return {"A_dependencies": [list(own) for own in model.layout.A_dependencies]}


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
