"""What the coordinator is told of an open round, and by those who are back from a closed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..models.experience import Experience
from ..models.outbox import Parcel


class Tells(Protocol):
    """Where messages to an actor go; a request that cannot be read is handed back."""

    def tell(self, message: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class RoundFilled:
    """Heard by the coordinator: every slot of this round is filled."""

    round: int


@dataclass(frozen=True, slots=True)
class Gathering:
    """Heard by the coordinator: members of this round wait to be answered for together."""

    round: int


@dataclass(frozen=True, slots=True)
class EnoughCame:
    """Heard by the coordinator: the protocol has enough, and this round closes before long."""

    round: int


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """Heard by the coordinator: an agent is back from a round that has gone on without it."""

    round: int
    agent_id: str
    late: bool
    """An answer came and was dropped; otherwise the call was not even read."""
    unheard: tuple[Experience, ...] = ()
    """What an unread call was to tell, or one that failed before it had told it."""
    error: BaseException | None = None
    """What the agent raised, if it did."""
    mail: Sequence[Parcel] = ()
    """What an unread call was to let it hear."""
    said: Sequence[Parcel] = ()
    """What it has said, to no avail."""
    unneeded: bool = False
    """Nobody had waited for it any more: it is not late."""
