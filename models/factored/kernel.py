"""What every kernel of factored models can do, whatever it is written in."""

from __future__ import annotations

from typing import Protocol

from ..kernels.kernel import Prefer
from ..kernels.rows import Inferred, Turn
from ..matrices import Array, Indices
from ..policies import Plan
from .rows import FactoredRows


class FactoredKernel(Protocol):
    """The arithmetic of inference, for any number of agents of one model in one call.

    What comes out for an agent has the same bits whoever else is in the call. Arrays have a
    row for each agent; those given are read and those returned are new. Preferences, a row
    each of shape (n_outcomes,), stand in for C.
    """

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Equal where the same bits come out."""
        ...

    def prepare(self) -> None:
        """Compile what is not compiled yet; it may take seconds, once on a machine."""
        ...

    def infer(self, rows: FactoredRows, turn: Turn) -> Inferred:
        """Give what these rows believe after their moves and, where it is due, observations."""
        ...

    def plan(
        self,
        rows: FactoredRows,
        who: Indices,
        beliefs: Array | None = None,
        preferences: Array | None = None,
    ) -> Plan:
        """Score all policies, as if these were the beliefs of these rows.

        Its ``actions`` has shape (n, sum of n_actions): the chances of each control factor's
        actions, one factor after another; see ``Layout.unpack_actions``.
        """
        ...

    def choose(
        self,
        rows: FactoredRows,
        who: Indices,
        beliefs: Array | None = None,
        preferences: Array | None = None,
    ) -> Indices:
        """Choose the next actions, int64, shape (n, n_control_factors).

        Entry j of a drawn action takes draw j of the row's step.
        """
        ...

    def step(self, rows: FactoredRows, turn: Turn, prefer: Prefer | None = None) -> Indices:
        """Infer, choose, and keep the beliefs; if anything raises, rows are as before."""
        ...
