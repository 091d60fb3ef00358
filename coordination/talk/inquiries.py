"""What the world outside asks agents: each question goes behind what was told before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ...actors.future import Future
from ...actors.messages import DeliverInOrder, Question, Request
from ...errors import StoppedError
from ...models.outbox import Parcel
from ..notices import Tells


class Reaches(Tells, Protocol):
    """Where messages to an actor go, and questions whose answers somebody else waits for."""

    def forward(self, message: Any, reply: Future[Any]) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Ask(Request):
    """Heard by the coordinator: somebody outside asks this agent."""

    agent_id: str
    question: Question
    reply_to: Future[Any]

    def fail(self, error: BaseException) -> None:
        self.reply_to.set_exception((type(error), error, error.__traceback__))

    def lose(self, error: BaseException) -> None:
        self.fail(StoppedError(f"{self.agent_id} has stopped"))


class Inquiries:
    """Hands on to hosts what comes from outside; one owner, one thread."""

    def __init__(self, addresses: Mapping[str, Reaches]) -> None:
        self._addresses = addresses
        self._told: Counter[str] = Counter()
        self._kept: list[Ask] = []

    def tell(self, agent_id: str, parcels: Iterable[Parcel], round: int) -> None:
        """Have an agent hear these, before the calls of this round."""
        address = self._addresses[agent_id]
        for parcel in parcels:
            self._told[agent_id] += 1
            address.tell(DeliverInOrder.of(parcel, round))

    def ask(self, ask: Ask) -> None:
        """Have an agent answer when it has heard all that it was told."""
        question = replace(ask.question, after=self._told[ask.agent_id])
        self._addresses[ask.agent_id].forward(question, ask.reply_to)

    def keep(self, ask: Ask) -> None:
        """Keep a question until what was told before it is on its way."""
        self._kept.append(ask)

    def take_kept(self) -> list[Ask]:
        """Give what was kept, the oldest first, and forget it."""
        kept, self._kept = self._kept, []
        return kept
