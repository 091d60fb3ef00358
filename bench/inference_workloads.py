"""What agents infer in the workloads: the model, how far they plan, what they see, what is right.

W1a and W1b are a grid of 100 cells with 5 and with 100 outcomes; W2 is the T-maze, planned two
steps ahead; W3a is W1a with A and B learned in each step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..models.crowds.entering import learning_of
from ..models.crowds.factored_crowd import factored_kernel
from ..models.crowds.learning_crowd import learner_of
from ..models.factored.compiled import FactoredCompiled
from ..models.factored.model import FactoredModel
from ..models.factored.rows import FactoredRows
from ..models.generative import GenerativeModel
from ..models.kernels.choose import choose
from ..models.kernels.compiled import Compiled
from ..models.kernels.rows import BaseRows, Rows, Turn
from ..models.learning.compiled import CompiledLearner
from ..models.matrices import Array, Indices
from ..models.profile import InferenceSettings
from .tmaze import LEFT, REWARD, tmaze_model
from .workloads import ACTIONS, CELLS, grid_model, observations

STEPS = 16
"""Steps for which observations are made; they are seen again and again."""


class Workload(NamedTuple):
    """A model, and how agents live by it."""

    name: str
    model: GenerativeModel | FactoredModel
    length: int = 1
    learns: str = ""

    @property
    def settings(self) -> InferenceSettings:
        """Take in every observation, and draw actions as pymdp's agents are told to."""
        return InferenceSettings(
            policy_length=self.length,
            gamma=8,
            alpha=8,
            selective_update_interval=1,
            learns=self.learns,
        )

    def seen(self, n: int) -> Indices:
        """Give what n agents see; int64, shape (STEPS, n, n_modalities)."""
        if isinstance(self.model, FactoredModel):
            # It sits in an arm, has the reward and sees no cue: possible, whatever it does.
            return np.tile(np.array([LEFT, REWARD, 0]), (STEPS, n, 1))
        return observations(self.model.n_observations[0], STEPS, n)[:, :, None]

    def laid(self, backend: str, n: int) -> tuple[BaseRows, Callable[[Turn], Indices]]:
        """Put n agents side by side; give them, and their kernel's step."""
        profile = self.settings.resolved_profile()
        model, learning = self.model, learning_of(profile)
        kernel: Any
        rows: BaseRows
        if isinstance(model, FactoredModel):
            kernel = factored_kernel(backend)
            rows = FactoredRows(FactoredCompiled.of(model, self.length), n)
        elif learning is not None:
            kernel = learner_of(backend)
            rows = kernel.new_rows(CompiledLearner.of(model, self.length, learning), n)
        else:
            kernel = choose(backend)
            rows = Rows(Compiled.of(model, self.length), n)
        kernel.prepare()
        for seed in range(n):
            rows.take(profile, seed)
        return rows, partial(kernel.step, rows)

    def wrong(self, actions: Indices, beliefs: Array, counted: float | None = None) -> str:
        """Say what is wrong with what came of agents that should have inferred.

        Args:
            beliefs: shape (n, n_beliefs), those of each factor one after another.
            counted: what one of them has in its counts of A; for those that learn.
        """
        if not ((actions >= 0) & (actions < self.n_actions)).all():
            return f"actions {np.unique(actions)}"
        for part in np.split(beliefs, np.cumsum(self.parts)[:-1], axis=1):
            sums = part.sum(axis=1)
            if not np.allclose(sums, 1.0, atol=1e-4):
                return f"beliefs sum to {sums.min()}..{sums.max()}"
        if isinstance(self.model, FactoredModel):
            if beliefs[:, LEFT].min() < 0.99:
                return f"an agent holds itself in the arm with {beliefs[:, LEFT].min():.2f}"
        elif np.allclose(beliefs, 1.0 / CELLS):
            return "beliefs are what they were at the start"
        first = self.settings.resolved_profile().prior_strength * CELLS
        if self.learns and (counted is None or counted < first + 0.9):
            return f"counts of A are {counted}, and were {first:.0f} at the start"
        return ""

    @property
    def n_actions(self) -> int:
        if isinstance(self.model, FactoredModel):
            return self.model.layout.n_actions[0]
        return ACTIONS

    @property
    def parts(self) -> tuple[int, ...]:
        """How many states each factor has."""
        if isinstance(self.model, FactoredModel):
            return self.model.layout.n_states
        return (CELLS,)


def workload(name: str) -> Workload:
    """Make a workload: W1a, W1b, W2 or W3a."""
    if name == "W2":
        return Workload(name, tmaze_model(), length=2)
    return Workload(name, grid_model(100 if name == "W1b" else 5), learns="AB" * (name == "W3a"))
