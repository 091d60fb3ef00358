"""By how much the process has grown since a run was under way."""

from __future__ import annotations

from ..vitals.machine import resident_bytes

SETTLED = 500
"""Steps after which what is there once, such as modules and buffers, is there."""


class Footprint:
    """Notes the resident memory once a run has settled, and at its end."""

    def __init__(self) -> None:
        self._settled: int | None = None
        self.growth: int | None = None
        """In bytes; None for runs that end before they have settled."""

    def step(self, number: int) -> None:
        """Say that so many steps of the run are done."""
        if number == SETTLED:
            self._settled = resident_bytes()

    def end(self) -> None:
        """Say that the run is over."""
        if self._settled is not None:
            self.growth = resident_bytes() - self._settled
