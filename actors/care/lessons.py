"""What an agent was taught since it was last kept, for the one that is built in its place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Gains = Mapping[str, npt.NDArray[np.float64]]
_NOTHING: Gains = MappingProxyType({})


class Lessons:
    """Adds up gains; an agent's host alone uses it, on its own thread.

    The experiences that taught them are no more, so they must not be lost with an agent.
    """

    __slots__ = ("gains",)

    def __init__(self) -> None:
        self.gains: Gains = _NOTHING
        """All that is to be taught anew; empty if there is nothing."""

    def add(self, gains: Gains) -> None:
        """Keep one more lesson."""
        kept = self.gains
        self.gains = {name: kept[name] + one if kept else one for name, one in gains.items()}

    def forget(self) -> None:
        """Say that the agent was kept with all that it was taught."""
        self.gains = _NOTHING
