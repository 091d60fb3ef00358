"""A round's face to the agents' hosts: takes answers from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any, NamedTuple

from ..actors.messages import Perceive
from ..actors.together import Gathered, answers
from ..clock import Clock
from ..models.experience import Experience
from ..models.outbox import Parcel, Phase
from .absence import News
from .notices import EnoughCame, Gathering, Returned, RoundFilled, Tells
from .outcome import Status
from .round import Round

Visit = Callable[["RoundCall", Sequence[int]], None]
"""Has these members of a call visited by workers that share them."""


class _Todo(NamedTuple):
    """What follows from an answer."""

    settled: bool = True
    filled: bool = False
    calls: Sequence[int] = ()
    gathered: Mapping[int, Gathered] = MappingProxyType({})
    """Those to be answered for now."""
    soon: bool = False
    """Whether it has just been known when the round closes."""


_NOTHING = _Todo()
_FILLED = _Todo(filled=True)
_TOO_LATE = _Todo(settled=False)


class RoundCall:
    """Sends a round's calls and fills its slots; the lock makes a plain Round safe.

    Whoever answers sends the next call of the batch, so there is no detour by the
    coordinator until the round is full. Members whose crowds answer for many at once are
    gathered; the last to come, of those in flight, answers for all of them.
    """

    # As a moment: what is said while a member acts.
    phase: Phase | None = Phase.ACT
    topic = cause = ""
    first = 0
    path: tuple[str, ...] = ()

    def __init__(
        self,
        round: Round,
        addresses: Mapping[str, Tells],
        coordinator: Tells,
        *,
        episode: int,
        observations: Sequence[Any],
        news: News,
        mail: Mapping[str, Sequence[Parcel]] = MappingProxyType({}),
        clock: Clock,
    ) -> None:
        """Take a round and what to tell each of its members.

        Args:
            observations: in the order of the members.
            mail: what some of them hear before they act, by id.
        """
        self._round = round
        self.round = round.number
        self.episode = episode
        self.deadline = round.deadline
        self.timeout = round.timeout
        self.members = round.members
        self.observations = observations
        self.over = False
        self.polled = round.polled
        self._addresses = addresses
        self._coordinator = coordinator
        self._news = news
        self.mail = mail
        self._said: dict[int, tuple[Parcel, ...]] = {}
        self._untold: dict[int, tuple[Experience, ...]] = {}
        self.gathers = False
        """Whether members are gathered; where they are visited they are so without it."""
        self._gathered: dict[int, Gathered] = {}
        self._came = self._had_come = 0
        self._hurries = False
        self._ends_soon = False
        self.answering = 0.0
        """Seconds that it took to answer for those who were gathered last."""
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def slots(self) -> Round:
        """The lists that a visitor writes into."""
        return self._round

    def send(self, visit: Visit | None = None) -> None:
        """Call as many members as may be at work at once.

        Args:
            visit: has the members visited where they are, in place of a letter to each.
        """
        if visit is not None and self._round.unbatched:
            visit(self, self._round.call_all())
            return
        self.gathers = True
        with self._lock:
            calls = self._round.call_next(self._clock.now())
        for index in calls:
            self._post(index)

    def post(self, index: int) -> None:
        """Send a member a letter after all; for visitors who find it occupied."""
        self._round.started[index] = self._clock.now()
        self._post(index)

    def _post(self, index: int) -> None:
        self._addresses[self.members[index]].tell(Perceive(self, index))

    def observation_of(self, index: int) -> Any:
        return self.observations[index]

    def experiences_of(self, agent_id: str) -> tuple[Experience, ...]:
        return self._news.of(agent_id)

    def news_of(self, ids: Sequence[str]) -> Sequence[Sequence[Experience]]:
        """Give what each of these has lived since its last call, oldest first."""
        return self._news.of_all(ids)

    def mail_of(self, agent_id: str) -> Sequence[Parcel]:
        return self.mail.get(agent_id, ())

    def say(self, index: int, parcels: Sequence[Parcel]) -> None:
        # Each member's entry is written by whoever runs it, and taken out once, by popping.
        self._said[index] = (*self._said.get(index, ()), *parcels)

    def take_said(self) -> Iterator[tuple[str, tuple[Parcel, ...]]]:
        """Give what members have said with their answers."""
        for index in list(self._said):
            yield self.members[index], self._said.pop(index, ())

    def untold(self, index: int) -> None:
        """Say that a member is about to fail before it was told what it has lived."""
        # Taken out once, by popping, at the close or when it comes back late.
        self._untold[index] = self._news.of(self.members[index])

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
        self._do(todo, index, error=error)

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

    def gather(self, index: int, host: Gathered) -> None:
        with self._lock:
            first = not self._gathered
            self._gathered[index] = host
            self._came += 1
            ready = self._take_gathered(at_once=self.over)
        if ready:
            self._answer(ready)
        elif first:
            self._coordinator.tell(Gathering(self.round))

    def leave(self, index: int, error: BaseException) -> None:
        with self._lock:
            gathered = self._gathered.pop(index, None)
        if gathered is not None:
            self.lose(index, error)

    def _take_gathered(self, *, at_once: bool = False) -> Mapping[int, Gathered]:
        """Take them out if nobody else in flight is waited for; under the lock."""
        if not (at_once or self._hurries or len(self._gathered) >= self._round.in_flight):
            return {}
        gathered, self._gathered = self._gathered, {}
        return gathered

    def answer_if_quiet(self) -> bool:
        """Answer for those who wait if nobody has joined them of late; whether some still wait."""
        with self._lock:
            quiet, self._had_come = self._came == self._had_come, self._came
            ready = self._take_gathered(at_once=quiet)
        self._answer(ready)
        return bool(self._gathered)

    def answer_now(self) -> None:
        """Answer for those who wait, and from now on for everybody at once."""
        with self._lock:
            self._hurries = True
            ready = self._take_gathered()
        self._answer(ready)

    def _answer(self, gathered: Mapping[int, Gathered]) -> None:
        """Answer for these in one call; outside the lock, on whichever thread has come last."""
        if not gathered:
            return
        indices, hosts = list(gathered), list(gathered.values())
        begun = self._clock.now()
        try:
            given = answers(self, indices, hosts)
        except BaseException:
            with self._lock:  # Ctrl-C: whoever closes the round answers for them
                self._gathered = {**gathered, **self._gathered}
            raise
        ended = self._clock.now()
        self.answering = ended - begun
        # Each is charged with its share: together they have not spent more than that.
        began = ended - self.answering / len(given)
        for host in hosts:
            host.resume()
        for index, action in zip(indices, given, strict=True):
            if isinstance(action, BaseException):
                self.fail(index, action, began, ended)
            else:
                self.accept(index, action, began, ended)

    def settle(self, count: int, finished: float = inf) -> None:
        """Count answers that a visitor has written into their slots; see ``Round.settle``."""
        with self._lock:
            self._round.settle(count, finished)
            filled = count > 0 and self._round.filled and not self.over
        if filled:
            self._coordinator.tell(RoundFilled(self.round))

    def return_late(self, index: int) -> None:
        """Say that an answer was written into a slot when the round was over."""
        with self._lock:
            # It may have been in time to be copied, and then it counts and nobody is late.
            counts = self._round.finished[index] is not None
        if not counts:
            self._do(_TOO_LATE, index)

    def _todo(self, *, settled: bool) -> _Todo:
        """Ask the round what follows; under the lock."""
        round = self._round
        if not settled:
            return _TOO_LATE
        if self.polled and round.enough:
            return self._all_that_is_needed()
        if round.filled:
            return _FILLED
        calls = round.call_next(self._clock.now()) if round.waiting else ()
        gathered = self._take_gathered() if self._gathered else {}
        if self.polled and round.until < inf and not self._ends_soon:
            self._ends_soon = True
            return _Todo(calls=calls, gathered=gathered, soon=True)
        return _Todo(calls=calls, gathered=gathered) if calls or gathered else _NOTHING

    def _all_that_is_needed(self) -> _Todo:
        """See that nobody begins any more, and word of it goes out once; under the lock."""
        if self.over:
            return _NOTHING
        self.over = True
        return _Todo(filled=True, gathered=self._take_gathered(at_once=True))

    def _do(
        self,
        todo: _Todo,
        index: int,
        *,
        unread: bool = False,
        error: BaseException | None = None,
    ) -> None:
        """Do it; outside the lock, since telling may run the next actor right here."""
        for following in todo.calls:
            self._post(following)
        if todo.filled:
            self._coordinator.tell(RoundFilled(self.round))
        if todo.soon:
            self._coordinator.tell(EnoughCame(self.round))
        # After that: where the protocol has enough without them, nobody waits for this.
        self._answer(todo.gathered)
        if not todo.settled:
            self._coordinator.tell(self._returned(index, unread=unread, error=error))

    def _returned(self, index: int, *, unread: bool, error: BaseException | None) -> Returned:
        agent_id = self.members[index]
        return Returned(
            self.round,
            agent_id,
            late=not unread,
            unheard=self._news.of(agent_id) if unread else self._untold.pop(index, ()),
            error=error,
            mail=self.mail_of(agent_id) if unread else (),
            # Before that it is the round that takes it: this is another answer of a member's.
            said=self._said.pop(index, ()) if self._round.closed else (),
            unneeded=self._round.ends.get(index) is Status.UNNEEDED,
        )

    def unheard(self) -> Iterator[tuple[str, tuple[Experience, ...], Sequence[Parcel]]]:
        """Give the members whose call told them nothing, each with what it was to tell."""
        for index in self._round.unread:
            agent_id = self.members[index]
            yield agent_id, self._news.of(agent_id), self.mail_of(agent_id)
        for index in list(self._untold):
            # Its host keeps its mail.
            yield self.members[index], self._untold.pop(index, ()), ()

    def close(self) -> list[str]:
        """End the round; give the members still at work."""
        with self._lock:
            # First over, then the copies: a visitor writes first and looks then, so that
            # of an answer and a close that cross, one sees the other.
            self.over = True
            return self._round.close()

    def answer_rest(self) -> None:
        """Answer for those who still wait; too late for the round, and the same for them."""
        with self._lock:
            ready = self._take_gathered(at_once=True)
        if self.deadline is None:
            # Ctrl-C came between, and they count as having heard nothing.
            for host in ready.values():
                host.resume()
        else:
            self._answer(ready)
