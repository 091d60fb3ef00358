"""A warning, once a round, of what was said and finds no reader."""

from __future__ import annotations

from ...logs import get_logger
from .exchange import Deliveries

log = get_logger(__name__)

_NAMED = 5


class Undelivered:
    """Warns of the first dead letters of each round; how many there are the exchange counts."""

    def __init__(self) -> None:
        self._warned: int | None = None

    def note(self, deliveries: Deliveries) -> None:
        """Warn if there is reason to, and this round has heard no warning yet."""
        dead = deliveries.dead
        if not dead or deliveries.round == self._warned:
            return
        self._warned = deliveries.round
        first = dead[0]
        log.warning(
            "messages.undelivered",
            round=deliveries.round,
            count=sum(len(letter.receivers) for letter in dead),
            reason=first.reason.value,
            id=first.parcel.id,
            receivers=list(first.receivers[:_NAMED]),
        )
