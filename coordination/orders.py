"""What the coordinator is told to do, and asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..actors.future import Future
from ..actors.messages import Request
from ..errors import StoppedError
from ..models.experience import Experience
from ..models.outbox import Parcel
from .joint_action import Rules
from .outcome import Outcome


@dataclass(frozen=True, slots=True, eq=False)
class StartRound(Request):
    """Heard by the coordinator: call these agents and answer with the outcome."""

    round: int
    episode: int
    observations: Mapping[str, Any]
    """By agent id; whoever is in it is a member, in this order."""
    previous: Mapping[str, Experience]
    rules: Rules
    reply_to: Future[Outcome]
    asked: float | None = None
    """When somebody called for the round, in the clock's seconds: from then on its time runs.
    None for when this is heard."""

    def fail(self, error: BaseException) -> None:
        self.reply_to.set_exception((type(error), error, error.__traceback__))

    def lose(self, error: BaseException) -> None:
        self.fail(StoppedError("the coordinator has stopped"))


@dataclass(frozen=True, slots=True)
class AbandonRound:
    """Heard by the coordinator: nobody waits for the open round any more."""


@dataclass(frozen=True, slots=True, eq=False)
class EndEpisode:
    """Heard by the coordinator: tell the agents how their episode ended."""

    round: int
    previous: Mapping[str, Experience]


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """Heard by the coordinator: somebody outside says this, to be heard between two rounds."""

    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """Heard by the coordinator: these agents have stopped, and are members no more."""

    agent_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhoIsBusy:
    """Asked of the coordinator: which agents are still at work on a closed round."""
