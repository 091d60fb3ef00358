"""One digest of what passed between agents and what befell them, beside the trace."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from ...models.outbox import Kind, Parcel
from ..joint_action import missing
from ..outcome import Outcome, Status
from ..talk.exchange import Deliveries
from .trace import VERSION, encode

# A long payload stands in its rows by a digest, else a broadcast would be hashed once for each
# of its receivers.
_LONG = 64
_BY_TIME = (Status.TIMED_OUT, Status.BUSY, Status.UNNEEDED)


class Events:
    """A running sha256 over rows, each of a kind and a round.

    Deliveries go in by round, receiver, sender and the sender's order, then the writes to the
    shared state; payloads count as in the trace. Whoever records rows of other kinds does so
    in an order that the seed alone decides.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._rows: Counter[str] = Counter()

    def record(self, kind: str, round: int, *facts: Any) -> None:
        """Take in one row, for example ``record("restarted", 7, "trader-1")``.

        Args:
            facts: JSON values and arrays.

        Raises:
            TypeError: one is neither.
        """
        row = b"\x1f".join([kind.encode(), b"%d" % round, *map(encode, facts)])
        self._digest.update(row + b"\n")
        self._rows[kind] += 1

    def add(self, outcome: Outcome) -> None:
        """Take in what happened beside the actions of one round."""
        for deliveries in outcome.heard:
            self.deliver(deliveries)
        for agent_id in missing(outcome):
            how = outcome.status[agent_id]
            if how in _BY_TIME:
                self.record(how.value, outcome.round, agent_id)
        for decision in outcome.decisions:
            kind, round, *facts = decision.row()
            self.record(kind, round, *facts)

    def deliver(self, deliveries: Deliveries) -> None:
        """Take in what everyone hears before one round."""
        said: dict[int, bytes] = {}
        for receiver, inbox in deliveries.inboxes.items():
            head = b"delivered\x1f%d\x1f%s\x1f" % (deliveries.round, receiver.encode())
            rows = []
            for parcel in inbox:
                # One parcel may be in many inboxes.
                if (text := said.get(id(parcel))) is None:
                    text = said[id(parcel)] = _encode(parcel)
                rows.append(head + text)
            self._digest.update(b"".join(rows))
            self._rows["delivered"] += len(rows)
        for parcel in deliveries.writes:
            self._digest.update(b"written\x1f%d\x1f" % deliveries.round + _encode(parcel))
            self._rows["written"] += 1

    @property
    def value(self) -> str:
        return f"{VERSION}:{self._digest.hexdigest()}"

    @property
    def rows(self) -> dict[str, int]:
        """How many rows went in, by kind."""
        return dict(self._rows)


def _encode(parcel: Parcel) -> bytes:
    # Why somebody died does not count, as in a decision: it may name an address in memory.
    payload = encode(None if parcel.kind is Kind.DIED else parcel.payload)
    if len(payload) > _LONG:
        payload = b"sha256:" + hashlib.sha256(payload).hexdigest().encode()
    place = f"{parcel.sender}\x1f{parcel.round}.{parcel.phase:d}.{parcel.number}"
    return f"{place}\x1f{parcel.kind}\x1f{parcel.name}\x1f".encode() + payload + b"\n"
