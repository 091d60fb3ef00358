"""A round's face to the agents' hosts: takes answers from any thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..actors.messages import Perceive
from ..models.experience import Experience
from .round import Round


class Tells(Protocol):
    """Where messages to an actor go; a request that cannot be read is handed back."""

    def tell(self, message: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class RoundFilled:
    """Heard by the coordinator: every slot of this round is filled."""

    round: int


@dataclass(frozen=True, slots=True)
class Returned:
    """Heard by the coordinator: an agent is back from a round that has gone on without it."""

    round: int
    agent_id: str
    unread: bool
    """It found the deadline passed and did nothing; otherwise an answer was dropped."""


class RoundCall:
    """Sends a round's calls and fills its slots; the lock makes a plain Round safe.

    Whoever answers sends the next call of the batch, so there is no detour by the
    coordinator until the round is full.
    """

    def __init__(
        self,
        round: Round,
        episode: int,
        addresses: Mapping[str, Tells],
        coordinator: Tells,
        observations: Sequence[Any],
        experiences: Sequence[tuple[Experience, ...]],
    ) -> None:
        self._round = round
        self.round = round.number
        self.episode = episode
        self.deadline = round.deadline
        self.timeout = round.timeout
        self._addresses = addresses
        self._coordinator = coordinator
        self._observations = observations
        self._experiences = experiences
        self._lock = threading.Lock()

    def send(self, now: float) -> None:
        """Call as many members as may be at work at once."""
        with self._lock:
            calls = self._round.call_next(now)
        self._send(calls)

    def _send(self, calls: Sequence[int]) -> None:
        for index in calls:
            agent_id = self._round.slots[index].agent_id
            self._addresses[agent_id].tell(
                Perceive(self, index, self._observations[index], self._experiences[index])
            )

    def accept(self, index: int, action: Any, started: float, finished: float) -> None:
        with self._lock:
            settled = self._round.accept(index, action, started, finished)
            todo = self._after(settled, finished)
        self._go_on(index, settled, *todo)

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> None:
        with self._lock:
            settled = self._round.fail(index, error, started, finished)
            todo = self._after(settled, finished)
        self._go_on(index, settled, *todo)

    def lose(self, index: int, error: BaseException) -> None:
        with self._lock:
            settled = self._round.lose(index, error)
            todo = self._after(settled, self._round.opened)
        self._go_on(index, settled, *todo)

    def skip(self, index: int) -> None:
        with self._lock:
            settled = self._round.skip(index)
            todo = self._after(settled, self._round.opened)
        self._go_on(index, settled, *todo, unread=True)

    def _after(self, settled: bool, now: float) -> tuple[list[int], bool]:
        """Ask the round what is to be done; under the lock."""
        if not settled:
            return [], False
        return self._round.call_next(now), self._round.filled

    def _go_on(
        self, index: int, settled: bool, calls: list[int], filled: bool, *, unread: bool = False
    ) -> None:
        """Do it; outside the lock, since telling may run the next actor right here."""
        if calls:
            self._send(calls)
        if filled:
            self._coordinator.tell(RoundFilled(self.round))
        elif not settled:
            agent_id = self._round.slots[index].agent_id
            self._coordinator.tell(Returned(self.round, agent_id, unread))

    def close(self) -> list[str]:
        """End the round; give the members still at work."""
        with self._lock:
            return self._round.close()
