"""Where messages wait for agents that are not being called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...models.outbox import Parcel
from .conflation import has_news, newest_of
from .fair_share import fair_share

LIMIT = 10_000
"""How many messages wait for one agent; then the oldest go of those who sent most."""


class Pigeonholes:
    """Hands out mail with the calls, and keeps it for those who are not called this time."""

    def __init__(self) -> None:
        self._holes: dict[str, list[Parcel]] = {}
        self.outdated = 0
        """Messages that their sender replaced while they waited."""
        self._gone: set[str] = set()
        self.forgotten = 0
        """Messages that were dropped past the limit, or with whom they were for."""

    def __len__(self) -> int:
        return sum(map(len, self._holes.values()))

    def keep(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        """Let these wait, behind those that wait already."""
        if agent_id in self._gone:
            self.forgotten += len(parcels)
            return
        hole = self._holes.setdefault(agent_id, [])
        hole.extend(parcels)
        if has_news(parcels):
            self._holes[agent_id] = hole = self._newest_of(hole)
        if (over := len(hole) - LIMIT) > 0:
            self.forgotten += over
            self._holes[agent_id] = _thinned(hole)

    def give_back(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        """Let these wait that were handed out and not heard, before all that came since."""
        later = self._holes.pop(agent_id, ())
        self.keep(agent_id, [*parcels, *later])

    def take_from(self, sender: str, agent_id: str) -> list[Parcel]:
        """Give what waits for an agent of one sender's, and forget it."""
        hole = self._holes.get(agent_id, ())
        taken = [parcel for parcel in hole if parcel.sender == sender]
        if taken:
            self._holes[agent_id] = [parcel for parcel in hole if parcel.sender != sender]
        return taken

    def forget(self, agent_id: str) -> None:
        """Drop what waits and all that comes for one who is out for good."""
        self._gone.add(agent_id)
        self.forgotten += len(self._holes.pop(agent_id, ()))

    def sort(
        self, inboxes: Mapping[str, Sequence[Parcel]], called: Collection[str]
    ) -> Mapping[str, Sequence[Parcel]]:
        """Give what those who are called hear now; the rest waits."""
        for agent_id, parcels in inboxes.items():
            if agent_id not in called:
                self.keep(agent_id, parcels)
        mail = {i: parcels for i, parcels in inboxes.items() if i in called}
        for agent_id in [i for i in self._holes if i in called]:
            news = mail.get(agent_id, ())
            both = [*self._holes.pop(agent_id), *news]
            mail[agent_id] = self._newest_of(both) if has_news(news) else both
        return mail

    def _newest_of(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        newest = newest_of(parcels)
        self.outdated += len(parcels) - len(newest)
        return newest


def _thinned(hole: Sequence[Parcel]) -> list[Parcel]:
    """Leave each sender's latest: the last of everyone stays before the last but one of any."""
    newest_first = hole[::-1]
    stays = fair_share(newest_first, LIMIT, 0)
    return [p for p, stay in zip(newest_first, stays, strict=True) if stay][::-1]
