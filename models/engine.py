"""What an agent computes with: beliefs and plans of one model, in numpy, numba or pymdp."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Protocol
from weakref import WeakValueDictionary

from ..forks import free_in_children
from ..logs import get_logger
from .beliefs import Beliefs
from .generative import GenerativeModel
from .kernels.choose import choose
from .kernels.compiled import Compiled
from .kernels.single import KernelEngine
from .matrices import Array
from .planner import Planner
from .policies import Plan

log = get_logger(__name__)


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
        backend: "numpy", "numba" or "pymdp".

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


def prepare_backend(backend: str) -> None:
    """Have a backend ready: for numba, compiled, which takes some 10 s once on a machine.

    Raises:
        MissingExtraError: it is not installed.
    """
    if backend == "numba":
        log.info("inference.compiling", backend=backend)
        choose(backend).prepare()


def _compile(model: GenerativeModel, policy_length: int, backend: str) -> Engine:
    if backend == "numpy":
        return NumpyEngine(model, policy_length)
    if backend == "numba":
        return KernelEngine(Compiled.of(model, policy_length), choose("numba"))
    from .pymdp_backend import PymdpEngine  # imported when used: it brings JAX

    return PymdpEngine(model, policy_length)


# Module-level, against the house rule: agents are made one by one and know nothing of each
# other. Entries are read-only and go with the last agent that holds them.
_ENGINES: WeakValueDictionary[tuple[str, int, str], Engine] = WeakValueDictionary()
_COMPILING = free_in_children(Lock())
