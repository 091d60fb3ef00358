"""A round that asks its protocol, with every answer, whether it has enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from ..actors.failures import is_ctrl_c
from .outcome import Status
from .protocol import CoordinationProtocol, Ids
from .round import Round

Counts = Callable[[str, Any], bool]
"""Whether an agent's action is one that can be executed."""


class PolledRound(Round):
    """A round that closes when its protocol has enough; whoever is missing then is unneeded.

    It may be patient with those who are about to answer. From the end of that on nothing counts
    any more, though the round is closed a little later: who answers meanwhile is unneeded too,
    and not at work any more.
    """

    polled = True

    def __init__(
        self,
        number: int,
        members: Sequence[str],
        *,
        protocol: CoordinationProtocol,
        counts: Counts,
        patience: float = 0.0,
        **options: Any,
    ) -> None:
        """Open a round.

        Args:
            counts: an action of which this is not so is no answer for the protocol.
            patience: seconds for which it goes on when the protocol has enough.
            options: as of ``Round``.
        """
        super().__init__(number, members, **options)
        self._protocol = protocol
        self._counts = counts
        self._patience = patience
        self._called = Ids(members[index] for index in self._order)
        self._came = Ids()

    @property
    def filled(self) -> bool:
        return self.enough or super().filled

    def accept(self, index: int, action: Any, started: float, finished: float) -> bool:
        if self._is_over(finished):
            return self._leave_out(index, started, finished)
        settled = super().accept(index, action, started, finished)
        if settled and index not in self.ends:
            self._hear(self.members[index], action, finished)
        return settled

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> bool:
        if not self._is_over(finished):
            return super().fail(index, error, started, finished)
        settled = self._leave_out(index, started, finished)
        if settled:
            # As of one that is too late: it does not count here, but it has failed.
            self.errors[index] = error
        return settled

    def _is_over(self, finished: float) -> bool:
        # The time rules, not the moment at which somebody gets round to closing.
        self.enough = self.enough or finished > self.until
        return self.enough

    def _leave_out(self, index: int, started: float, finished: float) -> bool:
        if self._is_settled(index):
            return False
        self.started[index], self.finished[index] = started, finished
        self.ends[index] = Status.UNNEEDED
        self.settle(1)
        return True

    def _hear(self, agent_id: str, action: Any, now: float) -> None:
        """Ask the protocol, until it has enough."""
        if self.until < inf:
            return
        try:
            if not self._counts(agent_id, action):
                return
            self._came.append(agent_id)
            if self._protocol.enough(self._called, self._came):
                self.until = now + self._patience
                self.enough = not self._patience
        except BaseException as error:
            if is_ctrl_c(error):
                raise
            # Nobody is to wait for a round that fails.
            self.until, self.enough, self.broken = now, True, error

    def _end_open_slots(self) -> list[int]:
        at_work = super()._end_open_slots()
        if self.until < inf:
            # Also who found the deadline passed before there was word of the answers that were
            # enough: these came in time.
            timed_out = [i for i, how in self.ends.items() if how is Status.TIMED_OUT]
            self.ends.update(dict.fromkeys(timed_out, Status.UNNEEDED))
            self.late = 0
        return at_work
