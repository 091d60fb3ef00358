"""What is said only to be of use until there is something newer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...models.outbox import Kind, Parcel


def has_news(parcels: Iterable[Parcel]) -> bool:
    """Whether there is anything of which only the newest counts."""
    return any(parcel.kind is Kind.NEWEST for parcel in parcels)


def newest_of(parcels: Sequence[Parcel]) -> list[Parcel]:
    """Leave out what its sender has replaced on its topic; the rest stays in order.

    Args:
        parcels: what one agent is to hear, each sender's in its order.
    """
    last = {
        (parcel.sender, parcel.name): parcel for parcel in parcels if parcel.kind is Kind.NEWEST
    }
    return [
        parcel
        for parcel in parcels
        if parcel.kind is not Kind.NEWEST or last[parcel.sender, parcel.name] is parcel
    ]
