"""What the agents of one factored model keep, a row each, side by side in arrays."""

from __future__ import annotations

from ..kernels.rows import BaseRows
from ..matrices import Array, Indices
from .compiled import FactoredCompiled
from .parameters import KINDS


class FactoredRows(BaseRows):
    """Rows of agents whose model has several factors.

    Beliefs are those of each factor one after another. In a ``Turn`` moves have shape
    (n_moves, n_control_factors), a beginning START throughout. The surprise is the variational
    free energy after the observation.

    Attributes:
        parameters: what all share, and what is each row's own.
        tables: the policies as those that are here may share them; ``laid`` is the same for
            compiled code.
    """

    def __init__(
        self, compiled: FactoredCompiled, capacity: int, *, own: str = "", novelty: str = ""
    ) -> None:
        """Make them.

        Args:
            own: what each agent has for itself, letters of "ABCDE"; the rest is shared.
            novelty: "A", "B" or "AB": what is worth learning about.

        Raises:
            ValueError: a letter is none of these.
        """
        if not set(own) <= set(KINDS) or not set(novelty) <= {"A", "B"}:
            raise ValueError(f"own must be of ABCDE, novelty of AB, got {own!r} and {novelty!r}")
        super().__init__(compiled.layout.n_states, compiled.policy_length, capacity)
        self.compiled = compiled
        self.parameters = compiled.parameters
        if own or novelty:
            self.parameters = compiled.parameters.owned(capacity, own, novelty)
        # Equal effects of different moves are one only while nobody learns which they are.
        has_own_moves = "B" in own or "B" in novelty
        self.tables = compiled.own_tables if has_own_moves else compiled.tables
        self.laid: tuple[Indices, ...] = tuple(self.tables)

    @property
    def bytes_per_row(self) -> int:
        return super().bytes_per_row + self.parameters.bytes_per_row

    def _start(self, row: int) -> Array:
        starts = self.parameters.starts
        start: Array = starts[row if len(starts) > 1 else 0]
        return start

    def _renew(self, row: int) -> None:
        self.parameters.restore(row, self.compiled.parameters)
