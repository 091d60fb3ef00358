"""One round as a plain state machine: who was called, who answered, when it is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf
from operator import sub
from types import MappingProxyType
from typing import Any, cast

from .outcome import Status


class Round:
    """Fills one slot for each member, exactly once, until all are filled or time is up.

    It starts no threads, holds no lock and tells nobody anything: the methods return what is
    to be done. All times are the caller's clock, in seconds. A slot is a place in each of
    the lists below, by the member's index.
    """

    polled = False
    """Whether a protocol is asked with every answer, so that each is to come by ``accept``."""
    enough = False
    """Whether nothing counts any more, for the protocol has enough answers."""
    until = inf
    """When that is so, in the caller's seconds, once the protocol has said so."""
    broken: BaseException | None = None
    """What the protocol raised, if it did."""

    def __init__(
        self,
        number: int,
        members: Sequence[str],
        *,
        opened: float,
        timeout: float,
        busy: Collection[str] = (),
        down: Mapping[str, BaseException] = MappingProxyType({}),
        batch_size: int | None = None,
        own_time: bool = False,
    ) -> None:
        """Open a round.

        Args:
            busy: members that are still at work on an earlier round; they are not called.
            down: why some members are out; they are not called either.
            batch_size: how many may be called and not have answered at one time.
            own_time: the timeout counts for each member from its own start, and nothing
                ends the round before everyone has answered.
        """
        self.number = number
        self.members = members
        self.opened = opened
        self.timeout = timeout
        self.deadline: float | None = None if own_time else opened + timeout
        self.closed = False
        self.late = 0
        self.unread: list[int] = []
        """Members whose call was dropped unread, or never sent."""
        n = len(members)
        self.actions: list[Any] = [None] * n
        self.called: list[float] = [opened] * n
        self.started: list[float | None] = [None] * n
        """When each was handed its call, and then, once it answered, when it began."""
        self.finished: list[float | None] = [None] * n
        self.ends: dict[int, Status] = {}
        """How the slots ended that did not end with an action in time."""
        self.errors: dict[int, BaseException] = {}
        if busy:
            self.ends = {i: Status.BUSY for i, name in enumerate(members) if name in busy}
        if down:
            self.errors = {i: down[name] for i, name in enumerate(members) if name in down}
            self.ends.update(dict.fromkeys(self.errors, Status.DOWN))
        self._order: Sequence[int] = range(n)
        if self.ends:
            self._order = [i for i in range(n) if i not in self.ends]
        self._next = 0
        self._batch_size = batch_size or n
        self._in_flight = 0
        self._open_slots = len(self._order)
        self._latest = opened

    @property
    def filled(self) -> bool:
        """Whether nothing more is to be waited for."""
        return self._open_slots == 0

    @property
    def waiting(self) -> bool:
        """Whether somebody has not been called yet."""
        return self._next < len(self._order)

    @property
    def nobody_called(self) -> bool:
        """Whether no answer can ever come."""
        return not self._order

    @property
    def unbatched(self) -> bool:
        """Whether all may be called at once."""
        return self._batch_size >= len(self._order)

    @property
    def in_flight(self) -> int:
        """How many have been called and have not answered."""
        return self._in_flight

    def status(self, index: int) -> Status | None:
        """Say how a member's part ended; None while it is open."""
        if index in self.ends:
            return self.ends[index]
        return None if self.finished[index] is None else Status.ACTED

    def call_next(self, now: float) -> Sequence[int]:
        """Give the members to hand a call to: as many as may be in flight."""
        calls = self._take(self._batch_size - self._in_flight)
        for index in calls:
            self.called[index] = self.started[index] = now
        return calls

    def call_all(self) -> Sequence[int]:
        """Give the members that workers are to visit; each is called when one comes by.

        A visitor writes ``started`` before it looks whether the round is over, then the
        action, then ``finished``; so the order in which ``close`` copies these lists tells
        what holds. It counts what it wrote with ``settle``.
        """
        return self._take(len(self._order))

    def _take(self, count: int) -> Sequence[int]:
        if self.closed or count <= 0:
            return ()
        calls = self._order[self._next : self._next + count]
        self._next += len(calls)
        self._in_flight += len(calls)
        return calls

    def settle(self, count: int, finished: float = inf) -> None:
        """Count answers that a visitor has written into their slots.

        Args:
            finished: when the last of them came, for whoever knows: then nobody looks.
        """
        self._in_flight -= count
        self._open_slots -= count
        self._latest = max(self._latest, finished)

    def accept(self, index: int, action: Any, started: float, finished: float) -> bool:
        """Take an answer; whether it settled the slot."""
        if self._is_settled(index):
            return False
        self.started[index] = started
        if self._is_too_late(started, finished):
            self._time_out(index)
        else:
            self.actions[index] = action
        self.finished[index] = finished
        self.settle(1, finished)
        return True

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> bool:
        """Take word that a member's agent raised; whether it settled the slot."""
        if self._is_settled(index):
            return False
        self.started[index], self.finished[index] = started, finished
        if self._is_too_late(started, finished):
            self._time_out(index)
        else:
            self.ends[index] = Status.CRASHED
        self.errors[index] = error
        self.settle(1)
        return True

    def lose(self, index: int, error: BaseException) -> bool:
        """Take word that a member's actor is dead; whether it settled the slot."""
        if self._is_settled(index):
            return False
        self.ends[index] = Status.DOWN
        self.errors[index] = error
        self.settle(1)
        return True

    def skip(self, index: int) -> bool:
        """Take word that a member found the deadline passed; whether it settled the slot."""
        if self._is_settled(index):
            return False
        self.ends[index] = Status.TIMED_OUT
        self.unread.append(index)
        self.settle(1)
        return True

    def _is_settled(self, index: int) -> bool:
        return self.closed or index in self.ends or self.finished[index] is not None

    def _time_out(self, index: int) -> None:
        self.ends[index] = Status.TIMED_OUT
        self.late += 1

    def _is_too_late(self, started: float, finished: float) -> bool:
        # The deadline rules, not the moment at which somebody gets round to closing.
        if self.deadline is None:
            return finished - started > self.timeout
        return finished > self.deadline

    def close(self) -> list[str]:
        """End the round; give the members that were called and have not answered."""
        if self.closed:
            raise RuntimeError(f"round {self.number} closes once")
        self.closed = True
        if self._open_slots:
            self._leave_visitors_behind()
        if self._all_in_time():
            return []
        return [self.members[index] for index in self._end_open_slots()]

    def _leave_visitors_behind(self) -> None:
        # What they write from now on goes into lists that nobody reads. Each list is copied
        # in one go, in the order opposite to theirs: an answer has its action and its start.
        self.finished = list(self.finished)
        self.actions = list(self.actions)
        self.started = list(self.started)

    def _all_in_time(self) -> bool:
        """Whether every slot has an action that came in time; for most rounds, and quick."""
        if self._open_slots or self.ends:
            return False
        finished = cast("list[float]", self.finished)
        if self.deadline is not None:
            latest = self._latest if self._latest < inf else max(finished, default=0.0)
            return latest <= self.deadline
        spans = map(sub, finished, cast("list[float]", self.started))
        return max(spans, default=0.0) <= self.timeout

    def _end_open_slots(self) -> list[int]:
        """Time out who has not answered in time; give those at work."""
        at_work = []
        for index in self._not_in_time():
            started = self.started[index]
            if self.finished[index] is not None:
                # A visitor does not look at the clock's verdict; here is where it is spoken.
                self._time_out(index)
                continue
            self.ends[index] = Status.TIMED_OUT
            # With time of its own everyone has answered, unless Ctrl-C came between; then
            # nobody is at work any more.
            if started is None or self.deadline is None:
                self.unread.append(index)
            else:
                at_work.append(index)
        return at_work

    def _not_in_time(self) -> list[int]:
        """Give the members whose slot has neither an action in time nor another end."""
        times = enumerate(zip(self.started, self.finished, strict=True))
        if self.deadline is None:
            limit = self.timeout
            late = [i for i, (s, f) in times if f is None or s is None or f - s > limit]
        else:
            limit = self.deadline
            late = [i for i, f in enumerate(self.finished) if f is None or f > limit]
        return [index for index in late if index not in self.ends]
