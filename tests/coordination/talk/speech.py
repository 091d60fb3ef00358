"""What agents say to an exchange, and what everyone hears of it."""

from __future__ import annotations

from typing import Any

from antiphon.coordination.talk.exchange import Exchange
from antiphon.models.outbox import Outbox, Phase

MEMBERS = dict.fromkeys("dbac").keys()
Heard = dict[str, list[Any]]


def said(sender: str, *, round: int = 1, phase: Phase = Phase.ACT) -> Outbox:
    return Outbox(sender, round=round, phase=phase)


def heard(exchange: Exchange, round: int = 2) -> Heard:
    """What everyone hears next, without the envelopes."""
    inboxes = exchange.deliver(round).inboxes
    return {who: [parcel.payload for parcel in inbox] for who, inbox in inboxes.items()}
