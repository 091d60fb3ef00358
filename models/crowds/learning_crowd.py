"""Agents of one model that learn it, each for itself, answered together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..kernels.choose import choose
from ..kernels.rows import BaseRows, Turn
from ..learning.compiled import CompiledLearner
from ..learning.learner import Learner
from ..learning.rows import LearningRows
from ..matrices import Array, Indices
from ..policies import Plan
from .crowd import PlainCrowd
from .pupil import Pupil
from .seat import Seat


class LearningCrowd(PlainCrowd):
    """Agents that begin with one model, and go on each with its own."""

    first_page: ClassVar[int] = 1
    """A row holds a whole model: a hundred times as much as beliefs alone."""
    largest_page: ClassVar[int] = 16

    def __init__(self, compiled: CompiledLearner, learner: Learner) -> None:
        super().__init__(compiled.model)
        self.compiled = compiled
        self.learner = learner

    def plan(self, seat: Seat, preferences: Array | None = None) -> Plan:
        rows = seat.rows
        assert isinstance(rows, LearningRows)
        who = np.array([seat.row], np.int64)
        wanted = None if preferences is None else preferences[None]
        plan = self.learner.plan(rows, who, rows.beliefs[who], wanted)
        return Plan(*(array[0] for array in plan))

    def pupil(self, seat: Seat, agent_id: str | None) -> Pupil:
        """Give what it takes to teach an agent what it did not learn in its steps."""
        rows = seat.rows
        assert isinstance(rows, LearningRows)
        own = rows.own
        return Pupil(own.shared, own.get_state(seat.row), own.rules.name, agent_id=agent_id)

    def teach(self, seat: Seat, gains: Mapping[str, Any], agent_id: str | None) -> None:
        """Count in what an agent was taught; beliefs stay as they are.

        Raises:
            ModelError: it does not fit; nothing has changed then.
        """
        rows = seat.rows
        assert isinstance(rows, LearningRows)
        rows.own.add(seat.row, gains, agent_id)

    def _make_rows(self, capacity: int) -> BaseRows:
        return self.learner.new_rows(self.compiled, capacity)

    def _step(self, rows: Any, turn: Turn) -> Indices:
        return self.learner.step(rows, turn)


def learner_of(backend: str) -> Learner:
    """Give what learns with a backend.

    Raises:
        ValueError: nothing does: pymdp keeps its counts to itself.
        MissingExtraError: it is not installed.
    """
    kernel = choose(backend)
    if kernel.name == "numpy":
        from ..learning.numpy_learner import NumpyLearner

        return NumpyLearner()
    if kernel.name == "numba":
        from ..learning.numba_learner import NumbaLearner  # imported when used, as the kernel

        return NumbaLearner()
    rule = "learns nothing; choose another, or learns='' and a profile that does not learn"
    raise ValueError(f"backend {kernel.name!r} {rule}")
