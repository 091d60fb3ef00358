"""One agent's arithmetic on a kernel that is made for many: the same bits as in a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..generative import GenerativeModel
from ..matrices import Array
from ..policies import Plan
from .compiled import Compiled
from .kernel import Kernel


class KernelEngine:
    """An engine, as agents that act one by one take it; holds no agent's state."""

    def __init__(self, compiled: Compiled, kernel: Kernel) -> None:
        self.compiled = compiled
        self.kernel = kernel

    @property
    def model(self) -> GenerativeModel:
        return self.compiled.model

    def posterior(self, prior: Array, observation: Sequence[int]) -> Array:
        """Give p(s | o), shape (n_states,), from a prior and one index per modality."""
        seen = np.array([observation], np.int64)
        posterior: Array = self.kernel.posterior(self.compiled, prior[None], seen)[0]
        return posterior

    def predict(self, beliefs: Array, action: int) -> Array:
        """Give p(s') after an action, shape (n_states,)."""
        actions = np.array([action], np.int64)
        predicted: Array = self.kernel.predict(self.compiled, beliefs[None], actions)[0]
        return predicted

    def plan(self, beliefs: Array, gamma: float, preferences: Array | None = None) -> Plan:
        """Score all policies; preferences stand in for the model's, modality by modality."""
        wanted = None if preferences is None else preferences[None]
        precision = np.array([gamma], np.float64)
        plan = self.kernel.plan(self.compiled, beliefs[None], precision, wanted)
        return Plan(*(rows[0] for rows in plan))
