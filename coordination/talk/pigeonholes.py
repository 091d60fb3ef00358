"""Where messages wait for agents that are not being called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ...actors.mail.counts import Counts
from ...actors.mail.dead_letters import Reason
from ...actors.mail.letters import copy_of
from ...actors.mail.mailbox_rules import UNBOUNDED, MailboxRules
from ...models.outbox import Parcel
from .conflation import has_news, newest_of
from .pigeonhole import Gone, Pigeonhole, outdated


class Pigeonholes:
    """Hands out mail with the calls, and keeps it for those who are not called this time.

    The rules of mailboxes hold for each hole, and the law of mailboxes for all of them: what
    is put in is handed out, dead or still there. One thread changes this, and any may look.
    """

    name = "the waiting mail"

    def __init__(self, rules: MailboxRules = UNBOUNDED) -> None:
        self._rules = rules
        self._holes: dict[str, Pigeonhole] = {}
        self._gone: set[str] = set()
        self._sent = self._handled = self._dead = 0
        self.outdated = 0
        """Messages that their sender replaced while they waited."""

    def __len__(self) -> int:
        return sum(self.waiting().values())

    @property
    def forgotten(self) -> int:
        """Messages that were dropped for want of room, or with whom they were for."""
        return self._dead - self.outdated

    def waiting(self) -> dict[str, int]:
        """Say for whom something waits, and how much."""
        return {agent_id: len(hole) for agent_id, hole in copy_of(self._holes.items()) if hole}

    def counts(self) -> Counts:
        """Say what has become of all that was put in; what is given back is put in again."""
        return Counts(self._sent, self._handled, self._dead, len(self))

    def keep(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        """Let these wait, behind those that wait already."""
        self._sent += len(parcels)
        if agent_id in self._gone:
            self._bury(agent_id, [Gone(parcel, Reason.CLOSED) for parcel in parcels])
            return
        hole = self._holes.setdefault(agent_id, Pigeonhole(self._rules))
        self._bury(agent_id, hole.add(parcels))

    def give_back(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        """Let these wait that were handed out and not heard, before all that came since."""
        later = self._pop(agent_id)
        self.keep(agent_id, parcels)
        if later:
            self._bury(agent_id, self._holes[agent_id].add(later))

    def take_from(self, sender: str, agent_id: str) -> list[Parcel]:
        """Give what waits for an agent of one sender's, and forget it."""
        if agent_id not in self._holes:
            return []
        waiting = self._holes[agent_id].parcels()
        taken = [parcel for parcel in waiting if parcel.sender == sender]
        if taken:
            self._handled += len(taken)
            rest = self._holes[agent_id] = Pigeonhole(self._rules)
            rest.add([parcel for parcel in waiting if parcel.sender != sender])
        return taken

    def forget(self, agent_id: str) -> None:
        """Drop what waits and all that comes for one who is out for good."""
        self._gone.add(agent_id)
        self._bury(agent_id, [Gone(parcel, Reason.CLOSED) for parcel in self._pop(agent_id)])

    def sort(
        self, inboxes: Mapping[str, Sequence[Parcel]], called: Collection[str]
    ) -> Mapping[str, Sequence[Parcel]]:
        """Give what those who are called hear now; the rest waits."""
        for agent_id, parcels in inboxes.items():
            if agent_id not in called:
                self.keep(agent_id, parcels)
        mail = {i: parcels for i, parcels in inboxes.items() if i in called}
        for agent_id in [i for i in self._holes if i in called]:
            mail[agent_id] = self._hand_out(agent_id, mail.get(agent_id, ()))
        return mail

    def _hand_out(self, agent_id: str, news: Sequence[Parcel]) -> list[Parcel]:
        waited = self._pop(agent_id)
        both = [*waited, *news]
        heard = newest_of(both) if has_news(news) else both
        gone = outdated(both, heard) if len(heard) < len(both) else []
        self._handled += len(waited) - len(gone)
        self._bury(agent_id, gone)
        return heard

    def _pop(self, agent_id: str) -> list[Parcel]:
        hole = self._holes.pop(agent_id, None)
        return [] if hole is None else hole.parcels()

    def _bury(self, agent_id: str, gone: Iterable[Gone]) -> None:
        for parcel, reason in gone:
            self._dead += 1
            self.outdated += reason is Reason.CONFLATED
            if self._rules.dead_letters is not None:
                self._rules.dead_letters.record_each(parcel, reason, [agent_id], parcel.sender)
