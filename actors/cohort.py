"""One actor for a slice of agents that are answered for together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from ..clock import Clock
from ..errors import StartError, StoppedError
from .actor import Actor
from .agent_actor import AgentActor
from .failures import describe, is_ctrl_c
from .mail.handling import KERNEL
from .mailbox import Letter, Mailbox
from .messages import Question, Request
from .seat import Seat
from .turn import take
from .workers.cohort_sweep import CohortSweep, Rank
from .workers.sweep import SweptCall

AT_ONCE = 1024
"""How many are answered for in one call: after each it is seen whether the round is over."""


class CohortMember(AgentActor):
    """The host of an agent that shares an actor with others: ``host="cohort"``.

    It has a mailbox, an address, an outcome in each round and statistics of its own, and
    is run by its cohort.
    """

    __slots__ = ("cohort",)

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.cohort: Cohort | None = None

    def answer_here(self, message: Question) -> Any:
        try:
            return super().answer_here(message)
        finally:
            if self.cohort is not None:
                self.cohort.look_again()


@dataclass(frozen=True, slots=True, eq=False)
class VisitMembers(Request):
    """Heard by a cohort: answer for these members, a slice of a round."""

    handling: ClassVar = KERNEL

    call: SweptCall
    indices: Sequence[int]
    hosts: Sequence[AgentActor]

    def fail(self, error: BaseException) -> None:
        # Members that have answered are settled, and settled they stay.
        self.lose(error)

    def lose(self, error: BaseException) -> None:
        for index in self.indices:
            self.call.lose(index, error)


@dataclass(frozen=True, slots=True, eq=False)
class RunMember:
    """Heard by a cohort: letters wait for a member, whose turn is the cohort's."""

    handling: ClassVar = KERNEL

    host: CohortMember


class Cohort(Actor):
    """Runs its members one after another, or all at once where a crowd answers for them."""

    def __init__(
        self, name: str, members: Sequence[CohortMember], *, clock: Clock | None = None
    ) -> None:
        super().__init__(name, clock=clock)
        self.members = members
        self._called: Sequence[AgentActor] = ()
        self._ranks: list[tuple[range, Rank]] = []
        for member in members:
            member.cohort = self

    def on_start(self) -> None:
        """Make the members' agents, in order.

        Raises:
            StartError: one could not be made.
        """
        for number, member in enumerate(self.members):
            if not member.begin():
                error = _why_it_ended(member)
                for unstarted in self.members[number + 1 :]:
                    unstarted.abandon()
                raise StartError(member.name, describe(error)) from error
            member.actor_inbox.notify = self._notify

    def on_receive(self, message: Any) -> Any:
        match message:
            case VisitMembers():
                self._visit(message)
            case RunMember():
                self.look_again()
                message.host.take_turn()
            case _:
                raise TypeError(f"a cohort takes no {type(message).__name__}")

    def look_again(self) -> None:
        """Say that a member does something by itself; on the thread that runs the cohort."""
        for _, rank in self._ranks:
            rank.look_again()

    def visit(self, call: SweptCall, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
        """Have members called where they are."""
        self.actor_inbox.put(Letter(VisitMembers(call, indices, hosts)))

    def _visit(self, visit: VisitMembers) -> None:
        if visit.hosts is not self._called:
            # Most rounds call the same as the last one.
            self._called, self._ranks = visit.hosts, list(_ranks(visit.hosts))
        for places, rank in self._ranks:
            indices = visit.indices[places.start : places.stop]
            sweep = CohortSweep(visit.call, rank, indices, clock=self.clock)
            while sweep.left and not self.actor_stopped.is_set():
                sweep.take_turn()

    def _notify(self, mailbox: Mailbox) -> None:
        # Who gets the turn here sees to it that the member is run; whoever holds it looks
        # for letters when it lets go.
        if take(mailbox.turn):
            self.actor_inbox.put(Letter(RunMember(mailbox.owner)))

    def on_stop(self) -> None:
        for member in self.members:
            member.request_stop()
            # A stopped actor keeps its turn for ever.
            take(member.turn)
            member.finish()

    def _end(self) -> None:
        super()._end()
        for member in self.members:
            if not member.ended.is_set():
                member.abandon()


def slices(members: Sequence[CohortMember], count: int) -> list[Sequence[CohortMember]]:
    """Cut members into as many slices, of nearly the same size; fewer if there are too few."""
    count = min(count, len(members))
    bounds = [len(members) * k // count for k in range(count + 1)]
    return [members[begin:end] for begin, end in pairwise(bounds)]


def _ranks(hosts: Sequence[AgentActor]) -> Iterator[tuple[range, Rank]]:
    for begin in range(0, len(hosts), AT_ONCE):
        places = range(begin, min(begin + AT_ONCE, len(hosts)))
        yield places, Rank(hosts[places.start : places.stop])


def _why_it_ended(member: CohortMember) -> BaseException:
    try:
        member.started.get(timeout=0)
    except BaseException as error:
        if is_ctrl_c(error) and not member.ended.is_set():
            raise
        return error
    return StoppedError(f"{member.name} was stopped while it started")
