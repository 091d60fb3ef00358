"""A round's face to the agents' hosts: takes answers from any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ..actors.messages import Perceive
from ..clock import Clock
from ..models.experience import Experience
from .round import Round


class Tells(Protocol):
    """Where messages to an actor go; a request that cannot be read is handed back."""

    def tell(self, message: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class RoundFilled:
    """Heard by the coordinator: every slot of this round is filled."""

    round: int


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """Heard by the coordinator: an agent is back from a round that has gone on without it."""

    round: int
    agent_id: str
    late: bool
    """An answer came and was dropped; otherwise the call was not even read."""
    unheard: tuple[Experience, ...] = ()
    """What an unread call was to tell."""


class _Todo(NamedTuple):
    """What follows from an answer."""

    settled: bool = True
    filled: bool = False
    calls: Sequence[int] = ()


_NOTHING = _Todo()
_FILLED = _Todo(filled=True)
_TOO_LATE = _Todo(settled=False)


class RoundCall:
    """Sends a round's calls and fills its slots; the lock makes a plain Round safe.

    Whoever answers sends the next call of the batch, so there is no detour by the
    coordinator until the round is full.
    """

    def __init__(
        self,
        round: Round,
        addresses: Mapping[str, Tells],
        coordinator: Tells,
        *,
        episode: int,
        observations: Sequence[Any],
        experiences: Sequence[tuple[Experience, ...]],
        clock: Clock,
    ) -> None:
        """Take a round and what to tell each of its members, in the order of its slots."""
        self._round = round
        self.round = round.number
        self.episode = episode
        self.deadline = round.deadline
        self.timeout = round.timeout
        self.over = False
        self._addresses = addresses
        self._coordinator = coordinator
        self._observations = observations
        self._experiences = experiences
        self._clock = clock
        self._lock = threading.Lock()

    def send(self) -> None:
        """Call as many members as may be at work at once."""
        with self._lock:
            calls = self._round.call_next(self._clock.now())
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
            todo = self._todo(settled=settled)
        if todo is not _NOTHING:
            self._do(todo, index)

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> None:
        with self._lock:
            settled = self._round.fail(index, error, started, finished)
            todo = self._todo(settled=settled)
        self._do(todo, index)

    def lose(self, index: int, error: BaseException) -> None:
        with self._lock:
            settled = self._round.lose(index, error)
            todo = self._todo(settled=settled)
        self._do(todo, index, unread=True)

    def skip(self, index: int) -> None:
        with self._lock:
            settled = self._round.skip(index)
            todo = self._todo(settled=settled)
        self._do(todo, index, unread=True)

    def _todo(self, *, settled: bool) -> _Todo:
        """Ask the round what follows; under the lock."""
        round = self._round
        if not settled:
            return _TOO_LATE
        if round.filled:
            return _FILLED
        return _Todo(calls=round.call_next(self._clock.now())) if round.waiting else _NOTHING

    def _do(self, todo: _Todo, index: int, *, unread: bool = False) -> None:
        """Do it; outside the lock, since telling may run the next actor right here."""
        if todo.calls:
            self._send(todo.calls)
        if todo.filled:
            self._coordinator.tell(RoundFilled(self.round))
        elif not todo.settled:
            agent_id = self._round.slots[index].agent_id
            unheard = self._experiences[index] if unread else ()
            self._coordinator.tell(Returned(self.round, agent_id, not unread, unheard))

    def unheard(self) -> Iterator[tuple[str, tuple[Experience, ...]]]:
        """Give the members whose call nobody read, each with what it was to tell."""
        for index in self._round.unread:
            yield self._round.slots[index].agent_id, self._experiences[index]

    def close(self) -> list[str]:
        """End the round; give the members still at work."""
        with self._lock:
            self.over = True
            return self._round.close()
