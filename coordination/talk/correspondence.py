"""Everything that passes between agents with ordered delivery, from one round to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from ...actors.mail.counts import Counted
from ...actors.mail.mailbox_rules import UNBOUNDED, MailboxRules
from ...models.board import Board
from ...models.outbox import OUTSIDE, Parcel, Phase
from ..outcome import Status
from .blackboard import Blackboard, BlackboardStatistics
from .exchange import Deliveries, Exchange, ExchangeStatistics
from .mail import Bounds, Refused
from .pigeonholes import Pigeonholes
from .undelivered import Undelivered

Mail = Mapping[str, Sequence[Parcel]]


class CorrespondenceStatistics(NamedTuple):
    """What has been said, heard and written so far."""

    exchange: ExchangeStatistics
    board: BlackboardStatistics
    held: int
    """Messages that wait for agents that are not being called."""
    outdated: int
    """Of these, the ones that their sender replaced by newer ones while they waited."""
    forgotten: int
    """Messages that were dropped because too many waited, or with whom they were for."""


class Correspondence:
    """Takes what is said with the answers of a round, and gives what is heard before the next.

    A plain object; the coordinator owns it.
    """

    def __init__(
        self,
        members: AbstractSet[str],
        *,
        bounds: Bounds | None = None,
        mailboxes: MailboxRules = UNBOUNDED,
        show: Callable[[Board], None] = lambda board: None,
    ) -> None:
        """Begin with nothing said.

        Args:
            members: all who can hear.
            mailboxes: how much waits for one agent, and where is counted what nobody hears.
            show: is given each new version of the shared state, between two rounds.
        """
        self._exchange = Exchange(members, bounds, room=mailboxes.room)
        self._holes = Pigeonholes(mailboxes)
        self._blackboard = Blackboard()
        self._show = show
        self._heard: list[Deliveries] = []
        self._undelivered = Undelivered(mailboxes.dead_letters)

    def open(self, round: int, called: Callable[[], Collection[str]]) -> Mail:
        """Give what those who are called hear before they act; the rest waits for them.

        Args:
            called: gives their ids; asked only if there is anything to hear.
        """
        inboxes: Mail = {}
        if self._exchange.waits:
            deliveries = self._note(self._exchange.deliver(round))
            if deliveries.writes:
                self._show(self._blackboard.apply(deliveries.writes))
            inboxes = _for_agents(deliveries)
        return self._holes.sort(inboxes, called()) if inboxes or self._holes else {}

    def close(
        self, said: Iterable[tuple[str, Sequence[Parcel]]], status: Mapping[str, Status]
    ) -> None:
        """Take what came with a round's answers: whole, if the action counts."""
        for agent_id, parcels in said:
            self._accept(parcels, _REFUSED.get(status[agent_id]))

    def come_back(
        self,
        agent_id: str,
        said: Sequence[Parcel],
        mail: Sequence[Parcel],
        *,
        unneeded: bool = False,
    ) -> None:
        """Take what came with an answer when its round was over, or what its call was to tell."""
        self._accept(said, Refused.UNNEEDED if unneeded else Refused.LATE)
        self.give_back(agent_id, mail)

    def died(self, agent_id: str, reason: str, round: int) -> None:
        """Take word that an agent is out for good since this round; its mail goes with it."""
        self._exchange.died(agent_id, reason, round)
        self._holes.forget(agent_id)

    def keep(self, agent_id: str, mail: Sequence[Parcel]) -> None:
        """Let this wait for an agent until it is called."""
        self._holes.keep(agent_id, mail)

    def give_back(self, agent_id: str, mail: Sequence[Parcel]) -> None:
        """Keep what an agent was to hear and did not."""
        if mail:
            self._holes.give_back(agent_id, mail)

    def enter(self, parcels: Iterable[Parcel], round: int) -> None:
        """Take what comes from outside while this is the latest round."""
        self._undelivered.record(self._exchange.enter(parcels, round))

    @property
    def waits_outside(self) -> bool:
        """Whether anything has come from outside and is to be let in."""
        return self._exchange.from_outside > 0

    @property
    def from_outside(self) -> int:
        """How much has come from outside and is to be let in; anybody may ask."""
        return self._exchange.from_outside

    @property
    def waiting(self) -> Mapping[str, int]:
        """For whom something waits that is not being called, and how much; anybody may ask."""
        return self._holes.waiting()

    @property
    def counted(self) -> Counted:
        """What waits, for who sees that nothing is lost."""
        return self._holes

    def take_from_outside(self, agent_id: str) -> list[Parcel]:
        """Give what waits for an agent from outside, to be heard before its next call."""
        return self._holes.take_from(OUTSIDE, agent_id)

    def let_in(self, round: int) -> Mail:
        """Give what has come from outside, to be heard at once."""
        if not self.waits_outside:
            return {}
        return _for_agents(self._note(self._exchange.deliver_from_outside(round)))

    def take_heard(self) -> tuple[Deliveries, ...]:
        """Give all deliveries since this was asked last."""
        heard, self._heard = self._heard, []
        return tuple(heard)

    def statistics(self) -> CorrespondenceStatistics:
        return CorrespondenceStatistics(
            self._exchange.statistics(),
            self._blackboard.statistics(),
            held=len(self._holes),
            outdated=self._holes.outdated,
            forgotten=self._holes.forgotten,
        )

    def _accept(self, parcels: Sequence[Parcel], refused: Refused | None) -> None:
        if refused is None:
            self._exchange.accept(parcels)
            return
        # What was said between two rounds came with this answer, and does not hang on it.
        with_act = [parcel for parcel in parcels if parcel.phase is Phase.ACT]
        self._exchange.refuse(with_act, refused)
        self._exchange.accept([p for p in parcels if p.phase is not Phase.ACT])

    def _note(self, deliveries: Deliveries) -> Deliveries:
        self._heard.append(deliveries)
        self._undelivered.note(deliveries.dead, deliveries.round)
        return deliveries


_REFUSED = {
    Status.TIMED_OUT: Refused.LATE,
    Status.CRASHED: Refused.CRASHED,
    Status.DOWN: Refused.CRASHED,
    Status.REJECTED: Refused.REJECTED,
    Status.UNNEEDED: Refused.UNNEEDED,
}


def _for_agents(deliveries: Deliveries) -> Mail:
    if OUTSIDE not in deliveries.inboxes:
        return deliveries.inboxes
    return {i: parcels for i, parcels in deliveries.inboxes.items() if i != OUTSIDE}
