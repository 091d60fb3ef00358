"""What an agent computes with: beliefs and plans of one model, in numpy or in pymdp."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Protocol
from weakref import WeakValueDictionary

from ..forks import free_in_children
from .beliefs import Beliefs
from .generative import GenerativeModel
from .matrices import Array
from .planner import Planner
from .policies import Plan


class Engine(Protocol):
    """The arithmetic of one model; it holds no agent's state and may be shared.

    ``posterior`` gives p(s | o), ``predict`` p(s') after an action, both float64, shape
    (n_states,); ``plan`` scores all policies, its preferences in place of the model's C,
    one modality after another.
    """

    @property
    def model(self) -> GenerativeModel: ...

    def posterior(self, prior: Array, observation: Sequence[int]) -> Array: ...

    def predict(self, beliefs: Array, action: int) -> Array: ...

    def plan(self, beliefs: Array, gamma: float, preferences: Array | None = None) -> Plan: ...


class NumpyEngine:
    """The model's exact identities, in plain numpy and float64."""

    def __init__(self, model: GenerativeModel, policy_length: int) -> None:
        self.model = model
        beliefs = Beliefs(model)
        planner = Planner(model, policy_length)
        self.posterior = beliefs.posterior
        self.predict = beliefs.predict
        self.plan = planner.plan


def shared_engine(model: GenerativeModel, policy_length: int, backend: str = "numpy") -> Engine:
    """Give the one engine of all agents whose models are equal; compile it if it is new.

    Args:
        backend: "numpy" or "pymdp".

    Raises:
        ModelError: there are too many policies.
        MissingExtraError: the backend is not installed.
    """
    key = (model.fingerprint, policy_length, backend)
    with _COMPILING:
        engine = _ENGINES.get(key)
        if engine is None:
            engine = _ENGINES[key] = _compile(model, policy_length, backend)
    return engine


def _compile(model: GenerativeModel, policy_length: int, backend: str) -> Engine:
    if backend == "numpy":
        return NumpyEngine(model, policy_length)
    from .pymdp_backend import PymdpEngine  # imported when used: it brings JAX

    return PymdpEngine(model, policy_length)


# Module-level, against the house rule: agents are made one by one and know nothing of each
# other. Entries are read-only and go with the last agent that holds them.
_ENGINES: WeakValueDictionary[tuple[str, int, str], Engine] = WeakValueDictionary()
_COMPILING = free_in_children(Lock())
