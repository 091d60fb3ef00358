"""One agent as those see it who teach it between rounds: what it knows, and how to tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..models.crowds.pupil import Pupil
from ..models.learning.replay import Taught
from ..models.matrices import Array


class Teacher:
    """Keeps up with what an agent was taught; whoever owns the memories calls it.

    It never asks the agent: who learns asleep learns from here alone, so what was told adds up.
    """

    def __init__(self, pupil: Pupil, tell: Callable[[Mapping[str, Array]], object]) -> None:
        """Take on an agent.

        Args:
            tell: has the agent know gains from its next act on.
        """
        self.pupil = pupil
        """The agent as it will be when it has read all that it was told."""
        self._tell = tell

    def teach(self, taught: Taught) -> None:
        """Tell the agent what it gains.

        Raises:
            ModelError: it does not fit; the agent is told nothing.
        """
        self.pupil = self.pupil.after(taught)
        self._tell(taught.gains)
