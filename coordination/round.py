"""One round as a plain state machine: who was called, who answered, when it is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from .outcome import Status


@dataclass(slots=True)
class Slot:
    """One member's place in a round."""

    agent_id: str
    status: Status | None = None
    action: Any = None
    error: BaseException | None = None
    called: float = 0.0
    started: float = 0.0
    finished: float = 0.0


class Round:
    """Fills one slot for each member, exactly once, until all are filled or time is up.

    It starts no threads, holds no lock and tells nobody anything: the methods return what is
    to be done. All times are the caller's clock, in seconds.
    """

    def __init__(
        self,
        number: int,
        members: Sequence[str],
        *,
        opened: float,
        timeout: float,
        busy: Collection[str] = (),
        batch_size: int | None = None,
        own_time: bool = False,
    ) -> None:
        """Open a round.

        Args:
            busy: members that are still at work on an earlier round; they are not called.
            batch_size: how many may be called and not have answered at one time.
            own_time: the timeout counts for each member from its own start, and nothing
                ends the round before everyone has answered.
        """
        self.number = number
        self.opened = opened
        self.timeout = timeout
        self.deadline: float | None = None if own_time else opened + timeout
        self.closed = False
        self.late = 0
        self.unread: list[int] = []
        """Members whose call was dropped unread, or never sent."""
        self.slots = [Slot(agent_id) for agent_id in members]
        self._to_call = [i for i, slot in enumerate(self.slots) if slot.agent_id not in busy]
        self._to_call.reverse()
        self._batch_size = batch_size or len(self.slots)
        self._in_flight = 0
        self._open_slots = len(self._to_call)
        self._called_any = bool(self._to_call)
        for slot in self.slots:
            if slot.agent_id in busy:
                slot.status = Status.BUSY

    @property
    def filled(self) -> bool:
        """Whether nothing more is to be waited for."""
        return self._open_slots == 0

    @property
    def waiting(self) -> bool:
        """Whether somebody has not been called yet."""
        return bool(self._to_call)

    @property
    def nobody_called(self) -> bool:
        """Whether no answer can ever come."""
        return not self._called_any

    def call_next(self, now: float) -> list[int]:
        """Give the members to call now: as many as may be in flight."""
        free = self._batch_size - self._in_flight
        if self.closed or free <= 0:
            return []
        calls = self._to_call[-free:][::-1]
        del self._to_call[-free:]
        self._in_flight += len(calls)
        for index in calls:
            self.slots[index].called = now
        return calls

    def accept(self, index: int, action: Any, started: float, finished: float) -> bool:
        """Take an answer; whether it settled the slot."""
        slot = self.slots[index]
        if not self._settle(index, Status.ACTED, started, finished):
            return False
        if slot.status is Status.ACTED:
            slot.action = action
        return True

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> bool:
        """Take word that a member's agent raised; whether it settled the slot."""
        slot = self.slots[index]
        settled = self._settle(index, Status.CRASHED, started, finished)
        if settled:
            slot.error = error
        return settled

    def lose(self, index: int, error: BaseException) -> bool:
        """Take word that a member's actor is dead; whether it settled the slot."""
        slot = self.slots[index]
        settled = self._settle(index, Status.DOWN, 0.0, 0.0)
        if settled:
            slot.error = error
        return settled

    def skip(self, index: int) -> bool:
        """Take word that a member found the deadline passed; whether it settled the slot."""
        settled = self._settle(index, Status.TIMED_OUT, 0.0, 0.0)
        if settled:
            self.unread.append(index)
        return settled

    def _settle(self, index: int, status: Status, started: float, finished: float) -> bool:
        slot = self.slots[index]
        if self.closed or slot.status is not None:
            return False
        if self._too_late(started, finished):
            status = Status.TIMED_OUT
            self.late += 1
        slot.status, slot.started, slot.finished = status, started, finished
        self._in_flight -= 1
        self._open_slots -= 1
        return True

    def _too_late(self, started: float, finished: float) -> bool:
        # The deadline rules, not the moment at which somebody gets round to closing.
        if self.deadline is None:
            return finished - started > self.timeout
        return finished > self.deadline

    def close(self) -> list[str]:
        """End the round; give the members that were called and have not answered."""
        if self.closed:
            raise RuntimeError(f"round {self.number} closes once")
        self.closed = True
        uncalled = set(self._to_call)
        at_work = []
        for index, slot in enumerate(self.slots):
            if slot.status is None:
                slot.status = Status.TIMED_OUT
                # With time of its own everyone has answered, unless Ctrl-C came between; then
                # nobody is at work any more.
                if index in uncalled or self.deadline is None:
                    self.unread.append(index)
                else:
                    at_work.append(slot.agent_id)
        return at_work
