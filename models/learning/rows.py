"""What learning agents of one compiled model keep, a row each: beliefs, and a model of its own."""

from __future__ import annotations

from typing import Any

from ..kernels.rows import BaseRows
from ..matrices import Array
from .compiled import CompiledLearner
from .parameters import Parameters, Rules


class LearningRows(BaseRows):
    """Rows with parameters that each learns.

    Attributes:
        own: the parameters of each row.
    """

    def __init__(self, compiled: CompiledLearner, capacity: int, rules: Rules) -> None:
        super().__init__((compiled.model.n_states,), compiled.policy_length, capacity)
        self.compiled = compiled
        self.own = Parameters(compiled.concentrations, capacity, rules)

    @property
    def bytes_per_row(self) -> int:
        own = sum(int(array[0].nbytes) for array in self.own.arrays)
        return super().bytes_per_row + own

    def get_state(self, row: int) -> dict[str, Any]:
        """Give what a row learned, as JSON values and arrays."""
        return self.own.get_state(row)

    def set_state(self, row: int, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on with what was learned elsewhere; it is checked first.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        self.own.set_state(row, state, agent_id)

    def _start(self, row: int) -> Array:
        start: Array = self.own.starts[row]
        return start

    def _renew(self, row: int) -> None:
        self.own.begin(row)
