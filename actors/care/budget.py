"""How many restarts are too many."""

from __future__ import annotations

from collections import deque


class Budget:
    """Allows at most so many restarts in any window of so many rounds.

    Rounds are asked about and charged in ascending order.
    """

    __slots__ = ("_charged", "_most", "_window")

    def __init__(self, most: int, window: int) -> None:
        """Start with nothing spent.

        Args:
            window: how many rounds it is long, counting its first and its last.
        """
        self._most = most
        self._window = window
        self._charged: deque[int] = deque()

    def spent(self, round: int) -> int:
        """Give how many restarts lie in the window that ends with this round."""
        charged = self._charged
        while charged and charged[0] <= round - self._window:
            charged.popleft()
        return len(charged)

    def has_room(self, round: int) -> bool:
        """Whether one more restart is allowed in this round, and so in any later one."""
        return self.spent(round) < self._most

    def charge(self, round: int) -> None:
        """Count a restart in this round."""
        self._charged.append(round)
