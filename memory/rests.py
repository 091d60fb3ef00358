"""For how long a strategy that fails is left alone."""

from __future__ import annotations

FEW = 3
"""So many failures in a row are the strategy's fault, rather than one agent's."""
_MOST_DOUBLINGS = 40


class Rests:
    """Admits hand-overs, unless their agent or the strategy rests after failures.

    Each failure in a row doubles the rest of the agent whose memories it was about. After
    several in a row, whoever's they were, the strategy rests, and then is tried with one.
    What is admitted depends on rounds and on results in their order, never on time.
    """

    def __init__(self, first: int = 8, limit: int = 1024) -> None:
        """Set the length of rests, in rounds.

        Args:
            first: after the first failure.
            limit: at most.
        """
        if not 1 <= first <= limit:
            raise ValueError(f"first must be in [1, limit = {limit}], got {first}")
        self._first = first
        self._limit = limit
        self._agents: dict[str, tuple[int, int]] = {}
        self._in_a_row = 0
        self._until = 0
        self._trial: int | None = None

    def until(self, agent_id: str, round: int, due: int) -> int | None:
        """Give the round until which this one has to wait; None if it is admitted.

        Args:
            round: in which it asks.
            due: when its result would be known.
        """
        own = self._agents.get(agent_id, (0, 0))[1]
        wait = max(own, self._until)
        if wait > round:
            return wait
        if self._in_a_row >= FEW:
            if self._trial is not None and self._trial > round:
                return self._trial
            self._trial = due
        return None

    def succeeded(self, agent_id: str) -> None:
        """Say that a strategy did its work."""
        self._agents.pop(agent_id, None)
        self._in_a_row = 0
        self._until = 0
        self._trial = None

    def failed(self, agent_id: str, round: int) -> int:
        """Say that it failed, and when that was; give the round until which it rests."""
        failures = self._agents.get(agent_id, (0, 0))[0] + 1
        own = round + self._length(failures)
        self._agents[agent_id] = failures, own
        self._in_a_row += 1
        self._trial = None
        if self._in_a_row >= FEW:
            self._until = round + self._length(self._in_a_row - FEW + 1)
        return max(own, self._until)

    def _length(self, failures: int) -> int:
        return min(self._limit, self._first << min(failures - 1, _MOST_DOUBLINGS))
