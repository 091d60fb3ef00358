"""What an agent says during one call, kept until its answer takes it along."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

from ..errors import AgentIdError, OutboxClosedError, OutboxFullError
from .names import check_id
from .payload import seal
from .topics import check_pattern, check_topic

OUTSIDE = "outside"
"""Who speaks when it is no agent."""
LIMIT = 10_000
"""How many parcels go with one answer."""


class Kind(StrEnum):
    """What a parcel does."""

    TELL = "tell"
    BROADCAST = "broadcast"
    PUBLISH = "publish"
    NEWEST = "newest"
    """Published, and of interest only until its sender has the next one on its topic."""
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    PUT = "put"
    REMOVE = "remove"
    WATCH = "watch"
    UNWATCH = "unwatch"
    DIED = "died"
    """Said by nobody: word of a death, in the name of who is out for good."""


class Phase(IntEnum):
    """During which call of a round something was said, in the order of the calls."""

    RECEIVE = 0
    ACT = 1
    EPISODE_ENDED = 2
    DEATH = 3
    """No call; behind the last word of who is out for good."""


class Parcel(NamedTuple):
    """One thing said; nobody can change it.

    The first four fields name it, in a whole run.
    """

    sender: str
    round: int
    phase: Phase
    number: int
    """Counted from 0 within the sender's phase of the round."""
    kind: Kind
    name: str = ""
    """The topic, pattern or key; empty where there is none."""
    targets: tuple[str, ...] = ()
    """Who is told, each once."""
    payload: Any = None
    """Sealed."""
    cause: str = ""
    """The id of the parcel that was being heard when this was said."""

    @property
    def id(self) -> str:
        """What logs call it, for example ``trader-1:7:act:0``."""
        return f"{self.sender}:{self.round}:{self.phase.name.lower()}:{self.number}"


def in_order(parcels: Iterable[Parcel]) -> list[Parcel]:
    """Sort by sender, round, phase and number, with what comes from outside before all.

    The order in which they arrived leaves no mark.
    """
    return sorted(parcels, key=_place)


def _place(parcel: Parcel) -> tuple[bool, tuple[Any, ...]]:
    return parcel[0] != OUTSIDE, parcel[:4]


class Outbox:
    """Takes what an agent says, checked and sealed, until the call it was made for is over.

    Nothing leaves before the answer does, so what is said in a call that fails or comes late
    is never heard. One thread at a time.
    """

    __slots__ = ("_cause", "_first", "_limit", "_open", "_parcels", "_phase", "_round", "_sender")

    def __init__(
        self,
        sender: str,
        *,
        round: int = 0,
        phase: Phase = Phase.ACT,
        first: int = 0,
        cause: str = "",
        limit: int = LIMIT,
    ) -> None:
        """Open an outbox.

        Args:
            first: how many parcels of this phase wait already, from calls before this one.
            cause: the id of the parcel that the call is for.
            limit: how many may wait together.
        """
        self._sender = sender
        self._round = round
        self._phase = phase
        self._first = first
        self._cause = cause
        self._limit = limit
        self._parcels: list[Parcel] = []
        self._open = True

    def __len__(self) -> int:
        return len(self._parcels)

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """What is in it."""
        return tuple(self._parcels)

    def tell(self, to: str, payload: Any) -> None:
        """Say something to one agent.

        Raises:
            AgentIdError: nobody can have this id.
            PayloadError: this cannot be said.
            OutboxFullError, OutboxClosedError: there is no room, or the call is over.
        """
        try:
            target = check_id(to)
        except AgentIdError as error:
            if isinstance(to, str):
                raise
            why = "is not one agent's id; use tell_many for several"
            raise AgentIdError(to, why) from error
        self._add(Kind.TELL, targets=(target,), payload=seal(payload))

    def tell_many(self, ids: Iterable[str], payload: Any) -> None:
        """Say something to these agents; one named twice hears it once.

        Raises:
            TypeError: a single id was given.
            AgentIdError, PayloadError, OutboxFullError, OutboxClosedError: as ``tell``.
        """
        if isinstance(ids, str):
            raise TypeError(f"ids must be several agents' ids, got the string {ids!r}")
        targets = tuple({check_id(target): None for target in ids})
        self._add(Kind.TELL, targets=targets, payload=seal(payload))

    def broadcast(self, payload: Any) -> None:
        """Say something to everyone else; errors as ``tell``."""
        self._add(Kind.BROADCAST, payload=seal(payload))

    def publish(self, topic: str, payload: Any, *, newest: bool = False) -> None:
        """Say something to everyone else who hears the topic.

        Args:
            newest: it takes the place of what the sender so published on the topic before, with
                those who have not heard that.

        Raises:
            TopicError: that is no topic.
            PayloadError, OutboxFullError, OutboxClosedError: as ``tell``.
        """
        kind = Kind.NEWEST if newest else Kind.PUBLISH
        self._add(kind, check_topic(topic), payload=seal(payload))

    def subscribe(self, pattern: str) -> None:
        """Hear what is published on such topics from the next round on.

        Raises:
            TopicError: that is no pattern.
            OutboxFullError, OutboxClosedError: as ``tell``.
        """
        self._add(Kind.SUBSCRIBE, check_pattern(pattern))

    def unsubscribe(self, pattern: str) -> None:
        """Stop hearing by a pattern from the next round on; errors as ``subscribe``."""
        self._add(Kind.UNSUBSCRIBE, check_pattern(pattern))

    def put(self, key: str, value: Any) -> None:
        """Propose a value for the shared state; errors as ``publish``."""
        self._add(Kind.PUT, check_topic(key, "key"), payload=seal(value))

    def remove(self, key: str) -> None:
        """Propose to take a key out of the shared state; errors as ``subscribe``."""
        self._add(Kind.REMOVE, check_topic(key, "key"))

    def watch(self, agent_id: str) -> None:
        """Want to hear when an agent is out for good.

        Raises:
            AgentIdError: nobody can have this id, or it is the sender's own.
            OutboxFullError, OutboxClosedError: as ``tell``.
        """
        self._add(Kind.WATCH, targets=(self._another(agent_id),))

    def unwatch(self, agent_id: str) -> None:
        """Want to hear of that no more; errors as ``watch``."""
        self._add(Kind.UNWATCH, targets=(self._another(agent_id),))

    def _another(self, agent_id: str) -> str:
        if check_id(agent_id) == self._sender:
            raise AgentIdError(agent_id, "is its own, and nobody hears of its own death")
        return agent_id

    def take(self) -> tuple[Parcel, ...]:
        """Close it, for its call is over, and give what is in it."""
        self._open = False
        return tuple(self._parcels)

    def _add(
        self, kind: Kind, name: str = "", *, targets: tuple[str, ...] = (), payload: Any = None
    ) -> None:
        if not self._open:
            raise OutboxClosedError(self._sender, self._round)
        number = self._first + len(self._parcels)
        if number >= self._limit:
            raise OutboxFullError(self._sender, self._limit)
        said = (self._sender, self._round, self._phase, number)
        self._parcels.append(Parcel(*said, kind, name, targets, payload, self._cause))
