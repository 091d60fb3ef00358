"""What came of a round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..actors.care.decision import Decision
from ..models.outbox import OUTSIDE, Parcel
from .talk.exchange import Deliveries


class Status(StrEnum):
    """How one member's part of a round ended; every member gets exactly one."""

    ACTED = "acted"
    TIMED_OUT = "timed_out"
    """No answer by the deadline."""
    CRASHED = "crashed"
    """The agent raised."""
    DOWN = "down"
    """Its actor has stopped."""
    BUSY = "busy"
    """Still at work on an earlier round, so it was not called."""
    REJECTED = "rejected"
    """It answered with something outside its action space."""
    UNNEEDED = "unneeded"
    """The protocol had enough answers without it; no failure of anybody."""


FAILED = frozenset(Status) - {Status.ACTED, Status.UNNEEDED}
"""The ways to end in which something went wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A closed round: one joint action, and how each member came to its part of it."""

    round: int
    actions: Mapping[str, Any]
    """The executed action by agent id, fallbacks included; dropped agents are absent."""
    status: Mapping[str, Status]
    errors: Mapping[str, BaseException]
    """Why, for the crashed, the rejected and the down."""
    intended: Mapping[str, Any]
    """What the agents answered, whether it was executed or not."""
    latencies: Mapping[str, float]
    """Seconds from the call to the answer; empty with metrics off."""
    act_seconds: Mapping[str, float]
    """Seconds inside ``act``, waiting for the GIL included; empty with metrics off."""
    elapsed: float
    """Seconds from the opening of the round to its close."""
    late: int
    """Answers to earlier rounds that came since the last round closed; all were dropped."""
    heard: Sequence[Deliveries] = ()
    """What passed between agents since the last round closed, and what came from outside."""
    decisions: Sequence[Decision] = ()
    """What becomes of those that failed in this round, by id."""

    @property
    def said_to_outside(self) -> list[tuple[str, Any]]:
        """What agents told "outside" in the round before: sender and payload, in order.

        So does what they published on topics to which ``Society.subscribe`` subscribed.
        """
        return [(parcel.sender, parcel.payload) for parcel in self.parcels_to_outside]

    @property
    def parcels_to_outside(self) -> list[Parcel]:
        """The same with all there is to know of it: ``name`` is the topic, "" for what was told."""
        inboxes = (deliveries.inboxes.get(OUTSIDE, ()) for deliveries in self.heard)
        return [parcel for inbox in inboxes for parcel in inbox]

    @property
    def counts(self) -> dict[str, int]:
        """How many members ended in each way that occurred, by name."""
        statuses = list(self.status.values())
        if statuses and statuses.count(Status.ACTED) == len(statuses):  # seen at a glance
            return {Status.ACTED.value: len(statuses)}
        tally = Counter(statuses)
        return {str(status): tally[status] for status in Status if tally[status]}

    @property
    def concurrency(self) -> float:
        """How many agents were inside ``act`` at once, on average."""
        return sum(self.act_seconds.values()) / self.elapsed if self.elapsed > 0 else 0.0
