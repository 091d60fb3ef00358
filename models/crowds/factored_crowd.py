"""Agents of one model of several factors, which may learn it, answered together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ...errors import ObservationError
from ..factored.compiled import FactoredCompiled
from ..factored.kernel import FactoredKernel
from ..factored.rows import FactoredRows
from ..kernels.choose import choose
from ..kernels.rows import START, BaseRows, Turn
from ..learning.concentrations import Concentrations
from ..learning.lesson import lesson_of
from ..learning.parameters import Parameters, Rules
from ..matrices import Array, Indices
from ..observations import read_index, read_indices
from ..policies import Plan
from .crowd import BaseCrowd, Lived
from .seat import Seat


class FactoredCrowd(BaseCrowd):
    """Agents that share a model of several factors.

    An action is a whole number where one factor is moved, else an array int64 with one for
    each factor that is.
    """

    def __init__(self, compiled: FactoredCompiled, kernel: FactoredKernel) -> None:
        super().__init__(compiled.model, compiled.layout.n_observations)
        self.compiled = compiled
        self.kernel = kernel
        self._n_actions = compiled.layout.n_actions

    def plan(self, seat: Seat, preferences: Array | None = None) -> Plan:
        wanted = None if preferences is None else preferences[None]
        rows: Any = seat.rows
        plan = self.kernel.plan(rows, np.array([seat.row], np.int64), preferences=wanted)
        return Plan(*(array[0] for array in plan))

    def _make_rows(self, capacity: int) -> BaseRows:
        return FactoredRows(self.compiled, capacity)

    def _step(self, rows: Any, turn: Turn) -> Indices:
        return self.kernel.step(rows, turn)

    def _given(self, chosen: Indices) -> list[Any]:
        return chosen[:, 0].tolist() if len(self._n_actions) == 1 else [*chosen]

    def _moves_of(self, lived: Lived, agent_id: str) -> list[Sequence[int]]:
        moves: list[Sequence[int]] = []
        for experience in lived:
            if experience.terminated or experience.truncated:
                moves.append([START] * len(self._n_actions))
            elif experience.executed is not None:
                moves.append(self._executed(experience.executed, agent_id))
        return moves

    def _executed(self, action: Any, agent_id: str) -> Sequence[int]:
        if len(self._n_actions) == 1 and np.ndim(action) == 0:
            return (read_index("previous.executed", action, self._n_actions[0], agent_id),)
        try:
            return read_indices(action, self._n_actions, agent_id)
        except ObservationError as error:
            field = error.field.replace("observation", "previous.executed")
            raise ObservationError(field, error.rule, agent_id=agent_id) from None

    def _moves_array(self, moves: Sequence[Any]) -> Indices:
        return np.array(moves, np.int64).reshape(-1, len(self._n_actions))


class FactoredLearners(FactoredCrowd):
    """Agents that begin with one model of several factors, and go on each with its own."""

    first_page: ClassVar[int] = 1
    """A row holds a whole model."""
    largest_page: ClassVar[int] = 16

    def __init__(
        self,
        compiled: FactoredCompiled,
        kernel: FactoredKernel,
        concentrations: Concentrations,
        rules: Rules,
    ) -> None:
        super().__init__(compiled, kernel)
        self.concentrations = concentrations
        self._rules = rules

    def _make_rows(self, capacity: int) -> BaseRows:
        return LearningFactoredRows(self.compiled, capacity, self.concentrations, self._rules)

    def _step(self, rows: Any, turn: Turn) -> Indices:
        inferred = self.kernel.infer(rows, turn)
        chosen = self.kernel.choose(rows, turn.who, inferred.beliefs)
        rows.own.learn(lesson_of(self.compiled.layout, rows, turn, inferred.beliefs))
        rows.commit(turn.who, inferred)
        return chosen


class LearningFactoredRows(FactoredRows):
    """Rows whose parameters are learned where the kernel reads them."""

    def __init__(
        self, compiled: FactoredCompiled, capacity: int, shared: Concentrations, rules: Rules
    ) -> None:
        learning = shared.learning
        own = "AB" + ("D" if learning.learn_D else "")
        novelty = "AB" if learning.use_param_info_gain else ""
        super().__init__(compiled, capacity, own=own, novelty=novelty)
        self.own = Parameters.inside(self.parameters, shared, rules)

    def get_state(self, row: int) -> dict[str, Any]:
        """Give what was learned, as JSON values and arrays."""
        return self.own.get_state(row)

    def set_state(self, row: int, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on with what was learned elsewhere; it is checked first."""
        self.own.set_state(row, state, agent_id)

    def _renew(self, row: int) -> None:
        super()._renew(row)
        self.own.begin(row)


def factored_kernel(backend: str) -> FactoredKernel:
    """Give the kernel for several factors.

    Raises:
        ValueError: the backend has none.
        MissingExtraError: it is not installed.
    """
    kernel = choose(backend)
    if kernel.name == "numpy":
        from ..factored.numpy_kernel import FactoredNumpyKernel

        return FactoredNumpyKernel()
    if kernel.name == "numba":
        from ..factored.numba_kernel import FactoredNumbaKernel  # imported when used

        return FactoredNumbaKernel()
    raise ValueError(f"backend {kernel.name!r} takes models of one factor only, without habits")


def rules_of(backend: str) -> Rules:
    """Give the arithmetic of learning that goes with a backend."""
    if choose(backend).name == "numba":
        from ..learning.numba_rules import NumbaRules  # imported when used

        return NumbaRules()
    from ..learning.rules import NumpyRules

    return NumpyRules()
