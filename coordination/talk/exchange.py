"""Turns what was said in one round into what is heard before the next.

What is delivered before a round depends on what was said alone, never on who was first to say
it: everything is sorted by receiver, sender and the sender's own order.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from ...actors.care.watch import Died, Watchers
from ...models.outbox import OUTSIDE, Kind, Parcel, Phase, in_order
from ...models.topics import Subscriptions
from .doorstep import Doorstep
from .mail import HEARD, Bounds, DeadLetter, Mail, Refused

_WRITTEN = frozenset({Kind.PUT, Kind.REMOVE})
_ABOUT_DEATHS = frozenset({Kind.WATCH, Kind.UNWATCH})
_ABOUT_TOPICS = frozenset({Kind.SUBSCRIBE, Kind.UNSUBSCRIBE})


@dataclass(frozen=True, slots=True, eq=False)
class Deliveries:
    """What everyone hears before one round."""

    round: int
    inboxes: Mapping[str, Sequence[Parcel]]
    """By receiver, sorted by id; each inbox by sender and the sender's order. What is for
    outside is under "outside"."""
    writes: Sequence[Parcel]
    """What was proposed for the shared state, by sender and the sender's order."""
    dead: Sequence[DeadLetter]
    subscribed: Sequence[Parcel] = ()
    """What changed by what topics the world outside hears; in its order."""


@dataclass(frozen=True, slots=True)
class ExchangeStatistics:
    """What has gone through an exchange so far."""

    said: int
    """Parcels that were taken, from agents and from outside."""
    waiting: int
    """Parcels that go before the next round."""
    addressed: int
    """Messages, counted once for each receiver; equals delivered and dead together."""
    delivered: int
    dead: Mapping[str, int]
    """Messages by reason."""
    refused: Mapping[str, int]
    """Parcels that came to nothing before they were addressed, by reason."""
    unheard: int
    """Parcels on topics to which nobody but the sender listened."""
    subscriptions: int
    outdated: int
    """Parcels that their sender replaced by newer ones before anybody heard them."""


class Exchange:
    """Takes parcels in any order, gives deliveries in one; one thread at a time.

    An answer counts whole or not at all: only what came with a legal action, in time, is
    accepted. A broadcast or a topic reaches everyone but the sender. Subscriptions of a round
    hold for what is published from the next round on, since nothing tells which of two agents
    that act at once was first. So it is with watches; word of a death comes behind all that
    was said, and there is always room for it.
    """

    def __init__(
        self, members: AbstractSet[str], bounds: Bounds | None = None, *, room: int = sys.maxsize
    ) -> None:
        """Open an exchange.

        Args:
            members: the ids of all who can hear, a live view; looked at anew for each round.
            room: so much may wait from outside before it is looked at what will not be heard.
        """
        self._members = members
        self._bounds = bounds or Bounds()
        self._subscriptions = Subscriptions()
        self._waiting: list[Parcel] = []
        self._doorstep = Doorstep(self._bounds, room, self._new_mail)
        self._deaths: list[Died] = []
        # Of whom word is to be given, what it is.
        self._gone: dict[str, Parcel] = {}
        self._watchers = Watchers(self._give_word)
        self._words: defaultdict[str, list[Parcel]] = defaultdict(list)
        self._entered = 0
        self._said = self._delivered = self._unheard = self._outdated = 0
        self._dead: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def accept(self, parcels: Collection[Parcel]) -> None:
        """Take what came with an answer that counts."""
        self._waiting.extend(parcels)
        self._said += len(parcels)

    def enter(self, parcels: Iterable[Parcel], round: int) -> Sequence[DeadLetter]:
        """Take what comes from outside while this is the latest round.

        It is numbered as it comes: the order is the outside world's to choose. What nobody
        will hear, since so much waits already, is given back at once.
        """
        dead: list[DeadLetter] = []
        for parcel in parcels:
            stamped = parcel._replace(
                sender=OUTSIDE, round=round, phase=Phase.ACT, number=self._entered
            )
            self._entered += 1
            self._said += 1
            dead += self._doorstep.add(stamped)
        for letter in dead:
            self._dead[letter.reason] += len(letter.receivers)
        return dead

    def refuse(self, parcels: Collection[Parcel], reason: Refused) -> None:
        """Count what came with an answer that does not count."""
        if parcels:
            self._refused[reason] += len(parcels)

    def died(self, agent_id: str, reason: str, round: int) -> None:
        """Take word that an agent is out for good; once for each is enough.

        Those who watch it are told with the next deliveries.
        """
        if agent_id in self._gone:
            return
        place = (agent_id, round, Phase.DEATH, 0)
        self._gone[agent_id] = Parcel(*place, Kind.DIED, payload=reason)
        self._deaths.append(Died(agent_id, reason))

    @property
    def waits(self) -> bool:
        """Whether there is anything to deliver."""
        return bool(self._waiting or self._doorstep or self._deaths)

    @property
    def from_outside(self) -> int:
        """How much has come from outside and is to be delivered."""
        return len(self._doorstep)

    def deliver_from_outside(self, round: int) -> Deliveries:
        """Give what has come from outside, and leave what agents said for its time."""
        return self._deliver(self._doorstep.take(), round)

    def deliver(self, round: int) -> Deliveries:
        """Give what is heard before the calls of this round, and forget it."""
        parcels = self._doorstep.take() + self._waiting
        self._waiting = []
        deaths, self._deaths = self._deaths, []
        return self._deliver(parcels, round, deaths)

    def _new_mail(self) -> Mail:
        return Mail(self._members, self._subscriptions, self._bounds, self._gone.keys())

    def _deliver(
        self, said: Iterable[Parcel], round: int, deaths: Sequence[Died] = ()
    ) -> Deliveries:
        parcels = in_order(said)
        mail = self._new_mail()
        for _, of_one in groupby(parcels, key=attrgetter("sender")):
            mail.sort([parcel for parcel in of_one if parcel.kind in HEARD])
        inboxes = mail.close(round)
        # Only now: until here, nobody who subscribed in this round listens.
        subscribed = self._subscribe(parcels)
        self._watch(parcels, mail)
        inboxes = self._with_word_of(deaths, inboxes)
        self._count(inboxes, mail)
        writes = [parcel for parcel in parcels if parcel.kind in _WRITTEN]
        return Deliveries(round, inboxes, writes, mail.dead, subscribed)

    def statistics(self) -> ExchangeStatistics:
        return ExchangeStatistics(
            said=self._said,
            waiting=len(self._waiting) + len(self._doorstep),
            addressed=self._delivered + self._dead.total(),
            delivered=self._delivered,
            dead=dict(self._dead),
            refused=dict(self._refused),
            unheard=self._unheard + self._doorstep.unheard,
            subscriptions=len(self._subscriptions),
            outdated=self._outdated + self._doorstep.outdated,
        )

    def _subscribe(self, parcels: Iterable[Parcel]) -> Sequence[Parcel]:
        """Change who hears what; give by what the world outside changed anything."""
        from_outside = []
        for parcel in parcels:
            if parcel.kind not in _ABOUT_TOPICS:
                continue
            before = parcel.sender == OUTSIDE and self._subscriptions.patterns(OUTSIDE)
            if parcel.kind is Kind.UNSUBSCRIBE:
                self._subscriptions.unsubscribe(parcel.sender, parcel.name)
            elif not self._subscriptions.subscribe(parcel.sender, parcel.name):
                self._refused[Refused.TOO_MANY_PATTERNS] += 1
            if parcel.sender == OUTSIDE and self._subscriptions.patterns(OUTSIDE) != before:
                from_outside.append(parcel)
        return from_outside

    def _watch(self, parcels: Iterable[Parcel], mail: Mail) -> None:
        for parcel in parcels:
            if parcel.kind not in _ABOUT_DEATHS:
                continue
            (watched,) = parcel.targets
            if watched not in self._members:
                mail.miss(parcel)
            elif parcel.kind is Kind.WATCH:
                self._watchers.watch(parcel.sender, watched)
            else:
                self._watchers.unwatch(parcel.sender, watched)

    def _with_word_of(
        self, deaths: Sequence[Died], inboxes: Mapping[str, Sequence[Parcel]]
    ) -> Mapping[str, Sequence[Parcel]]:
        """Add what those who watch are to hear, behind all that was said."""
        for died in sorted(deaths, key=attrgetter("agent_id")):
            self._watchers.died(died.agent_id, died.reason)
        if not self._words:
            return inboxes
        words, self._words = self._words, defaultdict(list)
        both = {i: [*inboxes.get(i, ()), *in_order(words.get(i, ()))] for i in {*inboxes, *words}}
        return dict(sorted(both.items()))

    def _give_word(self, watcher: str, died: Died) -> None:
        self._words[watcher].append(self._gone[died.agent_id])

    def _count(self, inboxes: Mapping[str, Sequence[Parcel]], mail: Mail) -> None:
        self._delivered += sum(map(len, inboxes.values()))
        self._unheard += mail.unheard
        self._outdated += mail.outdated
        for letter in mail.dead:
            self._dead[letter.reason] += len(letter.receivers)
