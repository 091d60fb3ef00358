"""What passed between agents before a round, as a value that a row can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ...memory.store.columns import cell, column
from ...models.outbox import OUTSIDE, Kind, Parcel, Phase
from ...models.payload import seal
from ..talk.exchange import Deliveries

_NO_PATTERN = ""
Post = tuple[Parcel, ...]
"""What somebody outside said at one moment."""


def plain_deliveries(deliveries: Deliveries) -> dict[str, Any] | None:
    """Give what was heard and written, each parcel once; None if that is nothing.

    ``heard`` numbers the parcels in the order of the inboxes, ``counts`` says how many of them
    are each receiver's. Nothing refers to the parcels by which the world outside subscribed.
    """
    if not (deliveries.inboxes or deliveries.writes or deliveries.subscribed):
        return None
    parcels = _Parcels()
    inboxes = deliveries.inboxes.values()
    heard = [parcels.number(parcel) for inbox in inboxes for parcel in inbox]
    written = [parcels.number(parcel) for parcel in deliveries.writes]
    for parcel in deliveries.subscribed:
        parcels.number(parcel)  # so that it is said again, though nobody hears it
    return {
        "round": deliveries.round,
        "to": list(deliveries.inboxes),
        "counts": np.array(list(map(len, inboxes)), np.uint32),
        "heard": np.array(heard, np.uint32),
        "written": np.array(written, np.uint32),
        "parcels": len(parcels.said),
        "said": _columns(parcels.said),
    }


class _Parcels:
    """Numbers parcels in the order in which they are met; one may be in many inboxes."""

    def __init__(self) -> None:
        self.said: list[Parcel] = []
        self._numbers: dict[int, int] = {}

    def number(self, parcel: Parcel) -> int:
        number = self._numbers.setdefault(id(parcel), len(self.said))
        if number == len(self.said):
            self.said.append(parcel)
        return number


def _columns(parcels: Iterable[Parcel]) -> dict[str, Any]:
    values = zip(*map(_plain, parcels), strict=True)
    return {name: column(held) for name, held in zip(Parcel._fields, values, strict=True)}


def _plain(parcel: Parcel) -> tuple[Any, ...]:
    # Why somebody died does not count: it may name an address in memory.
    payload = None if parcel.kind is Kind.DIED else parcel.payload
    if parcel.sender == OUTSIDE:
        payload = _in_order(payload)
    return (*parcel[:2], int(parcel.phase), parcel.number, str(parcel.kind), *parcel[5:7],
            payload, parcel.cause)  # fmt: skip


class Posts:
    """Finds in a journal what was said outside, so that it can be said again.

    What nobody heard is not in the journal, but it was numbered; where a number is missing,
    something goes in its place that nobody hears.
    """

    def __init__(self) -> None:
        self._next = 0

    def of(self, events: Mapping[str, Any]) -> Iterator[Post]:
        """Give what was heard before a round, in the order in which it was let in."""
        for deliveries in events.get("heard", ()):
            parcels = sorted(_from_outside(deliveries), key=lambda parcel: parcel.number)
            if post := tuple(self._numbered(parcels)):
                yield post

    def _numbered(self, parcels: Iterable[Parcel]) -> Iterator[Parcel]:
        for parcel in parcels:
            for number in range(self._next, parcel.number):
                yield Parcel(OUTSIDE, 0, Phase.ACT, number, Kind.UNSUBSCRIBE, _NO_PATTERN)
            self._next = parcel.number + 1
            yield parcel


def _from_outside(deliveries: Mapping[str, Any]) -> Iterator[Parcel]:
    said = deliveries["said"]
    for place in range(deliveries["parcels"]):
        if cell(said["sender"], place) != OUTSIDE:
            continue
        fields = {name: cell(said[name], place) for name in Parcel._fields}
        fields |= {"phase": Phase(fields["phase"]), "kind": Kind(fields["kind"])}
        yield Parcel(**{**fields, "payload": seal(as_it_was(fields["payload"]))})


def _in_order(payload: Any) -> Any:
    """Write dicts as lists of pairs, for a row sorts keys, and whoever hears it may go by them."""
    if isinstance(payload, Mapping):
        return {"dict": [[key, _in_order(item)] for key, item in payload.items()]}
    if isinstance(payload, (list, tuple)):
        return {"list": [_in_order(item) for item in payload]}
    return payload


def as_it_was(payload: Any) -> Any:
    """Give back what was said outside, of the pairs that it is written as."""
    match payload:
        case {"dict": pairs}:
            return {key: as_it_was(item) for key, item in pairs}
        case {"list": items}:
            return [as_it_was(item) for item in items]
    return payload
