"""Who is still at work on an earlier round, and what they are missing meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

from ..models.experience import Experience

# A hung agent misses every step of a long run; this bounds what is kept for its return.
MISSED_LIMIT = 1000


class Absences:
    """Keeps the busy agents, and for each the steps that passed without it."""

    def __init__(self) -> None:
        self._busy: dict[str, int] = {}
        self._missed: dict[str, deque[Experience]] = {}
        self.forgotten = 0
        """Missed steps that were dropped past the limit."""

    @property
    def busy(self) -> Collection[str]:
        return self._busy.keys()

    def leave(self, agent_ids: Iterable[str], round: int) -> None:
        """Note who has not come back from this round."""
        self._busy.update(dict.fromkeys(agent_ids, round))

    def come_back(self, agent_id: str, round: int) -> bool:
        """Note that an agent is back from this round; whether it was waited for."""
        if self._busy.get(agent_id) != round:
            return False
        del self._busy[agent_id]
        return True

    def miss(self, agent_id: str, experience: Experience) -> None:
        """Keep a step for an agent that cannot be told of it now."""
        missed = self._missed.setdefault(agent_id, deque(maxlen=MISSED_LIMIT))
        self.forgotten += len(missed) == MISSED_LIMIT
        missed.append(experience)

    def give_back(self, agent_id: str, experiences: Sequence[Experience]) -> None:
        """Keep steps that the agent was to be told of and did not hear."""
        # Older than whatever it has missed since.
        later = self._missed.pop(agent_id, ())
        for experience in (*experiences, *later):
            self.miss(agent_id, experience)

    def catch_up(self, agent_id: str, previous: Experience | None) -> tuple[Experience, ...]:
        """Give all that the agent has to be told, oldest first, and forget it here."""
        latest = () if previous is None else (previous,)
        if not self._missed:
            return latest
        return (*self._missed.pop(agent_id, ()), *latest)
