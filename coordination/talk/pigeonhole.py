"""What waits for one agent until it is called, and who makes room when that is too much."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...actors.mail.dead_letters import Reason
from ...actors.mail.mailbox_rules import MailboxRules
from ...actors.mail.shares import Shares
from ...models.outbox import Kind, Parcel
from .conflation import has_news, newest_of


class Gone(NamedTuple):
    """A parcel that waits no more, and will not be heard."""

    parcel: Parcel
    reason: Reason


class Pigeonhole:
    """Keeps mail in order, by the rules of mailboxes; word of a death takes no room."""

    __slots__ = ("_crowd", "_parcels", "_rules")

    def __init__(self, rules: MailboxRules) -> None:
        self._rules = rules
        self._parcels: list[Parcel] = []
        # Made when there is no room for the first time: most holes never need it.
        self._crowd: _Crowd | None = None

    def __len__(self) -> int:
        return len(self._parcels) if self._crowd is None else len(self._crowd.parcels)

    def parcels(self) -> list[Parcel]:
        """Give what waits, in order."""
        return self._parcels if self._crowd is None else list(self._crowd.parcels.values())

    def add(self, parcels: Sequence[Parcel]) -> list[Gone]:
        """Take these in behind all that waits; give what has to go for it."""
        if self._crowd is not None:
            return self._crowd.add_all(parcels)
        if len(self._parcels) + len(parcels) <= self._rules.room:
            self._parcels.extend(parcels)
            return self._drop_outdated() if has_news(parcels) else []
        self._crowd = _Crowd(self._rules)
        gone = self._crowd.add_all([*self._parcels, *parcels])
        self._parcels = []
        return gone

    def _drop_outdated(self) -> list[Gone]:
        before, self._parcels = self._parcels, newest_of(self._parcels)
        return outdated(before, self._parcels)


class _Crowd:
    """What waits where there may be no room: whoever comes displaces who has most there."""

    def __init__(self, rules: MailboxRules) -> None:
        self._overflow = rules.overflow
        self._room = rules.room
        self.parcels: dict[int, Parcel] = {}
        """By a place that grows: in order."""
        self._places = 0
        # Places by sender, of all but words of deaths; none is empty.
        self._lanes: dict[str, deque[int]] = {}
        self._shares = Shares({})
        # Where the newest waits that a sender published on a topic.
        self._newest: dict[tuple[str, str], int] = {}

    def add_all(self, parcels: Iterable[Parcel]) -> list[Gone]:
        return [gone for parcel in parcels if (gone := self._add(parcel)) is not None]

    def _add(self, parcel: Parcel) -> Gone | None:
        if parcel.kind is Kind.DIED:
            self._put(parcel)
            return None
        gone = None
        if parcel.kind is Kind.NEWEST and (parcel.sender, parcel.name) in self._newest:
            place = self._newest[parcel.sender, parcel.name]
            gone = Gone(self._take(place), Reason.CONFLATED)
        elif not self._room:
            gone = self._make_room(parcel)
            if gone.parcel is parcel:
                return gone
        self._put_in_lane(parcel)
        return gone

    def _make_room(self, parcel: Parcel) -> Gone:
        overflow = self._overflow
        lane = self._lanes[str(self._shares.largest(parcel.sender))]
        if overflow.turns_away(len(self._lanes.get(parcel.sender, ())), len(lane)):
            return Gone(parcel, overflow.reason)
        return Gone(self._take(lane[0] if overflow.oldest else lane[-1]), overflow.reason)

    def _put_in_lane(self, parcel: Parcel) -> None:
        place = self._put(parcel)
        lane = self._lanes.setdefault(parcel.sender, deque())
        lane.append(place)
        self._shares.raised(parcel.sender, len(lane))
        self._room -= 1
        if parcel.kind is Kind.NEWEST:
            self._newest[parcel.sender, parcel.name] = place

    def _put(self, parcel: Parcel) -> int:
        self._places += 1
        self.parcels[self._places] = parcel
        return self._places

    def _take(self, place: int) -> Parcel:
        parcel = self.parcels.pop(place)
        lane = self._lanes[parcel.sender]
        # It is mostly the first or the last.
        if lane[-1] == place:
            lane.pop()
        else:
            lane.remove(place)
        if not lane:
            del self._lanes[parcel.sender]
        self._shares.lowered(parcel.sender, len(lane))
        self._room += 1
        if parcel.kind is Kind.NEWEST:
            del self._newest[parcel.sender, parcel.name]
        return parcel


def outdated(before: Iterable[Parcel], after: Iterable[Parcel]) -> list[Gone]:
    """Give what was left out because its sender has replaced it."""
    stays = set(map(id, after))
    return [Gone(parcel, Reason.CONFLATED) for parcel in before if id(parcel) not in stays]
