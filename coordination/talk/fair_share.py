"""Who is heard when there is more than can be heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...models.outbox import Parcel


def fair_share(parcels: Sequence[Parcel], bound: int, round: int) -> list[bool]:
    """Say of each parcel whether it is among the ``bound`` that are heard.

    The first of every sender goes before the second of any, and so on. Where not all of one
    turn fit, a round begins with the sender at which the round before left off, so that nobody
    is left out for ever because of its name.

    Args:
        parcels: in order; the turns of senders follow theirs.
    """
    turns: Counter[str] = Counter()
    ranks: list[tuple[int, str]] = []
    for parcel in parcels:
        ranks.append((turns[parcel.sender], parcel.sender))
        turns[parcel.sender] += 1
    seats = {sender: (i - round * bound) % len(turns) for i, sender in enumerate(turns)}
    places = sorted(range(len(parcels)), key=lambda i: (ranks[i][0], seats[ranks[i][1]]))
    heard = set(places[:bound])
    return [i in heard for i in range(len(parcels))]
