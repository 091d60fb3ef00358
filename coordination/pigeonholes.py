"""Where messages wait for agents that are not being called."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence

from ..models.outbox import Parcel

LIMIT = 10_000
"""How many messages wait for one agent; then the oldest go."""


class Pigeonholes:
    """Hands out mail with the calls, and keeps it for those who are not called this time."""

    def __init__(self) -> None:
        self._holes: dict[str, deque[Parcel]] = {}
        self.forgotten = 0
        """Messages that were dropped past the limit."""

    def __len__(self) -> int:
        return sum(map(len, self._holes.values()))

    def keep(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        """Let these wait, behind those that wait already."""
        hole = self._holes.setdefault(agent_id, deque(maxlen=LIMIT))
        self.forgotten += max(0, len(hole) + len(parcels) - LIMIT)
        hole.extend(parcels)

    def give_back(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        """Let these wait that were handed out and not heard, before all that came since."""
        later = self._holes.pop(agent_id, ())
        self.keep(agent_id, [*parcels, *later])

    def sort(
        self, inboxes: Mapping[str, Sequence[Parcel]], called: Collection[str]
    ) -> Mapping[str, Sequence[Parcel]]:
        """Give what those who are called hear now; the rest waits."""
        if not self._holes and inboxes.keys() <= set(called):
            return inboxes
        for agent_id, parcels in inboxes.items():
            self.keep(agent_id, parcels)
        ready = [agent_id for agent_id in self._holes if agent_id in called]
        return {agent_id: list(self._holes.pop(agent_id)) for agent_id in ready}
