"""Sorts what was said into inboxes, within bounds, and says what found no reader."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from ...actors.mail.dead_letters import Reason
from ...models.outbox import OUTSIDE, Kind, Parcel
from ...models.topics import Subscriptions
from .conflation import has_news, newest_of
from .fair_share import fair_share

HEARD = frozenset({Kind.TELL, Kind.BROADCAST, Kind.PUBLISH, Kind.NEWEST})
"""The kinds that somebody hears."""


_PUBLISHED = frozenset({Kind.PUBLISH, Kind.NEWEST})


class Refused(StrEnum):
    """Why something counts as never said."""

    LATE = "late"
    """The answer that it came with missed the deadline."""
    CRASHED = "crashed"
    """The call that it came with raised, or its actor stopped, after it was said."""
    REJECTED = "rejected"
    """The answer that it came with was no legal action."""
    UNNEEDED = "unneeded"
    """The round's protocol had enough without the answer that it came with."""
    TOO_MANY_PATTERNS = "too_many_patterns"
    """The agent subscribes to as many as it may."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many messages one agent may hear before one round."""

    per_sender: int = 100
    per_receiver: int = 10_000

    def __post_init__(self) -> None:
        for name in ("per_sender", "per_receiver"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")


class DeadLetter(NamedTuple):
    """One parcel, and those for whom it was meant who do not hear it."""

    parcel: Parcel
    receivers: tuple[str, ...]
    reason: Reason


class _Group(NamedTuple):
    """Those for whom a parcel is meant."""

    there: tuple[str, ...]
    unknown: tuple[str, ...]
    gone: tuple[str, ...] = ()
    """Of those who were told by name."""


class Mail:
    """The mail before one round, while it is being sorted."""

    def __init__(
        self,
        members: AbstractSet[str],
        subscriptions: Subscriptions,
        bounds: Bounds,
        gone: AbstractSet[str] = frozenset(),
    ) -> None:
        """Begin to sort.

        Args:
            gone: those of the members who are out for good.
        """
        self.dead: list[DeadLetter] = []
        self.unheard = 0
        """Parcels on topics to which nobody but the sender listened."""
        self.outdated = 0
        """Parcels that their sender has replaced by newer ones."""
        self._members = members
        self._subscriptions = subscriptions
        self._bounds = bounds
        self._gone = gone
        self._inboxes: defaultdict[str, list[Parcel]] = defaultdict(list)

    def sort(self, parcels: Sequence[Parcel]) -> None:
        """Put all that one sender said, in its order, into inboxes; senders come in order."""
        if has_news(parcels):
            newest = newest_of(parcels)
            self.outdated += len(parcels) - len(newest)
            parcels = newest
        if len(parcels) > self._bounds.per_sender:
            self._sort_many(parcels)
            return
        for parcel in parcels:
            group = self._group(parcel)
            self._note(parcel, group)
            self._put(parcel, group.there)

    def refuse(self, parcel: Parcel) -> None:
        """Note that so many like this one are there that nobody hears it."""
        group = self._group(parcel)
        self._note(parcel, group)
        self._bury(parcel, group.there, Reason.SENDER_FLOODS)

    @property
    def placed(self) -> set[int]:
        """The identities of all that is in any inbox so far."""
        return {id(parcel) for inbox in self._inboxes.values() for parcel in inbox}

    def close(self, round: int) -> Mapping[str, Sequence[Parcel]]:
        """Give the inboxes, sorted by receiver, each with no more than one may hear."""
        return {
            receiver: self._thinned(receiver, self._inboxes[receiver], round)
            for receiver in sorted(self._inboxes)
        }

    @cached_property
    def _everyone(self) -> list[str]:
        return sorted(self._members)

    def _group(self, parcel: Parcel) -> _Group:
        """Find those for whom it is meant; only one who is told by name may be the sender."""
        if parcel.kind is Kind.TELL:
            meant = parcel.targets
        elif parcel.kind is Kind.BROADCAST:
            meant = tuple(i for i in self._everyone if i != parcel.sender)
        else:
            listeners = self._subscriptions.listeners(parcel.name)
            meant = tuple(i for i in listeners if i != parcel.sender)
        unknown = {i: None for i in meant if i not in self._members and i != OUTSIDE}
        there = tuple(i for i in meant if i not in unknown) if unknown else meant
        if self._gone.isdisjoint(there):
            return _Group(there, tuple(unknown))
        # Who is out is nobody any more for those who speak to all.
        gone = tuple(i for i in there if i in self._gone) if parcel.kind is Kind.TELL else ()
        return _Group(tuple(i for i in there if i not in self._gone), tuple(unknown), gone)

    def _note(self, parcel: Parcel, group: _Group) -> None:
        self.unheard += parcel.kind in _PUBLISHED and not group.there
        self._bury(parcel, group.unknown, Reason.UNKNOWN)
        self._bury(parcel, group.gone, Reason.GONE)

    def _sort_many(self, parcels: Sequence[Parcel]) -> None:
        """Put the first of it into each inbox: as much as one sender may."""
        bound = self._bounds.per_sender
        # Whoever says so much repeats itself: a group is looked up once, and not gone through
        # any more when everybody in it has heard enough.
        groups: dict[tuple[object, ...], _Group] = {}
        times: Counter[tuple[object, ...]] = Counter()
        heard: Counter[str] = Counter()
        for parcel in parcels:
            key = (parcel.kind, parcel.name, parcel.targets)
            if key not in groups:
                groups[key] = self._group(parcel)
            self._note(parcel, groups[key])
            over = there = groups[key].there
            times[key] += 1
            if times[key] <= bound:
                over = tuple(i for i in there if heard[i] >= bound)
                self._put(parcel, [i for i in there if heard[i] < bound])
                heard.update(there)
            self._bury(parcel, over, Reason.SENDER_FLOODS)

    def _put(self, parcel: Parcel, receivers: Sequence[str]) -> None:
        for receiver in receivers:
            self._inboxes[receiver].append(parcel)

    def miss(self, parcel: Parcel) -> None:
        """Note that it is about nobody."""
        self._bury(parcel, parcel.targets, Reason.UNKNOWN)

    def _bury(self, parcel: Parcel, receivers: tuple[str, ...], reason: Reason) -> None:
        if receivers:
            self.dead.append(DeadLetter(parcel, receivers, reason))

    def _thinned(self, receiver: str, inbox: list[Parcel], round: int) -> list[Parcel]:
        if len(inbox) <= self._bounds.per_receiver:
            return inbox
        heard = []
        shares = fair_share(inbox, self._bounds.per_receiver, round)
        for parcel, is_heard in zip(inbox, shares, strict=True):
            if is_heard:
                heard.append(parcel)
            else:
                self._bury(parcel, (receiver,), Reason.RECEIVER_FLOODED)
        return heard
