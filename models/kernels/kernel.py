"""What every kernel can do, whatever it is written in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..matrices import Array, Indices
from ..policies import Plan
from .compiled import Compiled
from .rows import Inferred, Rows, Turn

Prefer = Callable[[Indices, Array], Array]
"""Takes rows and their beliefs, gives what each would like to observe: float64, shape
(n, n_outcomes)."""


class Kernel(Protocol):
    """The arithmetic of inference, for any number of agents of one model in one call.

    What comes out for an agent has the same bits whoever else is in the call: of each row
    everything is added up in one order, that of states, outcomes and policies. Arrays have a
    row for each agent; those given are read and those returned are new.
    """

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Equal where the same bits come out."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether nothing will have to be compiled that takes long."""
        ...

    @property
    def takes(self) -> str:
        """How long compiling takes, and how often, for those who wait for it."""
        ...

    def prepare(self) -> None:
        """Compile what is not compiled yet; it may take seconds, once on a machine."""
        ...

    def prepare_for(self, compiled: Compiled) -> None:
        """Compile what is compiled for one model alone; nothing of it is left to a first call."""
        ...

    def predict(self, compiled: Compiled, beliefs: Array, actions: Indices) -> Array:
        """Give p(s') after an action of each; START leads to the model's D."""
        ...

    def posterior(self, compiled: Compiled, beliefs: Array, observations: Indices) -> Inferred:
        """Give p(s | o), and how surprising each o is."""
        ...

    def plan(
        self,
        compiled: Compiled,
        beliefs: Array,
        gamma: Array,
        preferences: Array | None = None,
    ) -> Plan:
        """Score all policies; preferences, a row each, stand in for the model's C."""
        ...

    def choose(
        self, rows: Rows, who: Indices, beliefs: Array, preferences: Array | None = None
    ) -> Indices:
        """Choose the next action of these rows as if these were their beliefs."""
        ...

    def infer(self, rows: Rows, turn: Turn) -> Inferred:
        """Give what these rows believe after their moves and, where it is due, observations."""
        ...

    def step(self, rows: Rows, turn: Turn, prefer: Prefer | None = None) -> Indices:
        """Infer, choose, and keep the beliefs; if anything raises, rows are as before."""
        ...
