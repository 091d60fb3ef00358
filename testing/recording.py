"""What stands in for an address or a round, and remembers what it was told."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from ..models.experience import Experience
from ..models.outbox import Parcel, Phase

M = TypeVar("M")


class RecordingRef:
    """Takes messages as an actor's address does, and keeps them; nobody reads them.

    Attributes:
        told: the messages, oldest first.
    """

    def __init__(self, name: str = "recorder") -> None:
        self.name = name
        self.told: list[Any] = []

    def tell(self, message: Any) -> None:
        self.told.append(message)

    def forward(self, message: Any, reply: object) -> None:
        self.told.append(message)

    def of(self, kind: type[M]) -> list[M]:
        """Give the messages of one type, oldest first."""
        return [message for message in self.told if isinstance(message, kind)]

    def take(self) -> list[Any]:
        """Give all messages and forget them."""
        messages, self.told = self.told, []
        return messages


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one member answered to a recording call."""

    index: int
    how: Literal["accept", "fail", "lose", "skip"]
    value: Any
    """The action or the error; None where a call was skipped."""
    started: float
    finished: float


class RecordingCall:
    """Stands in for a round in a ``Perceive``, and keeps every answer, duplicates too.

    Answers may come from any thread.
    """

    phase: Phase | None = Phase.ACT
    topic = cause = ""
    first = 0
    path: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        round: int = 1,
        episode: int = 0,
        deadline: float | None = None,
        timeout: float = 30.0,
        over: bool = False,
        observation: Any = None,
        experiences: tuple[Experience, ...] = (),
        mail: Sequence[Parcel] = (),
    ) -> None:
        """Make a call; the arguments are what its members read from it."""
        self.round = round
        self.episode = episode
        self.deadline = deadline
        self.timeout = timeout
        self.over = over
        self.observation = observation
        self.experiences = experiences
        self.mail = mail
        self.answers: list[Answer] = []
        self.said: list[Parcel] = []
        self._answered = threading.Event()

    def observation_of(self, index: int) -> Any:
        return self.observation

    def mail_of(self, agent_id: str) -> Sequence[Parcel]:
        return self.mail

    def say(self, index: int, parcels: Sequence[Parcel]) -> None:
        self.said += parcels

    def experiences_of(self, agent_id: str) -> tuple[Experience, ...]:
        return self.experiences

    def accept(self, index: int, action: Any, started: float, finished: float) -> None:
        self._keep(Answer(index, "accept", action, started, finished))

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> None:
        self._keep(Answer(index, "fail", error, started, finished))

    def untold(self, index: int) -> None:
        pass  # a failure follows, and that is kept

    def lose(self, index: int, error: BaseException) -> None:
        self._keep(Answer(index, "lose", error, 0.0, 0.0))

    gathers = False

    def gather(self, index: int, host: Any) -> None:
        raise NotImplementedError("it gathers nobody, and says so")

    def leave(self, index: int, error: BaseException) -> None:
        raise NotImplementedError("it gathers nobody, and says so")

    def skip(self, index: int) -> None:
        self._keep(Answer(index, "skip", None, 0.0, 0.0))

    def wait_answered(self, timeout: float) -> bool:
        """Wait for the first answer; whether it came within so many seconds."""
        return self._answered.wait(timeout)

    def _keep(self, answer: Answer) -> None:
        self.answers.append(answer)
        self._answered.set()
