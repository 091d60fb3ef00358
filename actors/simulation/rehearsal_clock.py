"""A clock that is virtual while a society is rehearsed, and the world's from then on."""

from __future__ import annotations

from ...clock import Clock
from .virtual_clock import VirtualClock


class RehearsalClock(VirtualClock):
    """Moved by hand or by a simulation until the society goes live; it never goes back."""

    def __init__(self, later: Clock) -> None:
        """Begin at 0.

        Args:
            later: whose seconds pass once the society is live.
        """
        super().__init__()
        self._later = later

    def go_live(self) -> None:
        """Let time pass by itself from now on."""
        ahead, of = self.now() - self._later.now(), self._later.now
        # In the place of the method: threads ask for the time again and again.
        self.now = lambda: of() + ahead  # type: ignore[method-assign]
