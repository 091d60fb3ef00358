"""The hosts of a society as a round calls them: in its order, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..actors.agent_actor import AgentActor
from ..actors.cohort import Cohort, CohortMember
from ..actors.dispatcher import Dispatcher
from ..models.crowds.seating import as_range
from .call import RoundCall, Visit


class Cast:
    """The hosts by id, in the order in which the last round called them."""

    def __init__(self, hosts: Sequence[AgentActor]) -> None:
        self._by_id = {host.name: host for host in hosts}
        self._members: Sequence[str] = ()
        self._called: Sequence[int] = ()
        self._hosts: Sequence[AgentActor] = ()
        self._split = _split((), ())
        self._reads_letters = not all(host.takes_visits for host in hosts)
        self._shares = any(isinstance(host, CohortMember) for host in hosts)

    def visited_by(self, dispatcher: Dispatcher) -> Visit | None:
        """Give what has the members of a call visited; None if they need letters."""
        visits = dispatcher.visit or (_post if self._shares else None)
        if visits is None:
            return None

        def visit(call: RoundCall, indices: Sequence[int]) -> None:
            self._look_up(call.members, indices)
            hosts = self._hosts
            if self._shares:
                for cohort, part in self._split.cohorts:
                    cohort.visit(call, part.hosts, part.indices)
                indices, hosts = self._split.alone
            if self._reads_letters:
                indices, hosts = _posted(call, indices, hosts)
            if hosts:
                visits(call, hosts, indices)

        return visit

    def _look_up(self, members: Sequence[str], indices: Sequence[int]) -> None:
        # Most rounds call the same as the last one, and comparing is quicker than looking up.
        if members == self._members and indices == self._called:
            return
        self._members, self._called = members, indices
        self._hosts = [self._by_id[members[index]] for index in indices]
        if self._shares:
            self._split = _split(indices, self._hosts)


class _Part(NamedTuple):
    """Some members of a call."""

    indices: Sequence[int]
    hosts: Sequence[AgentActor]


class _Split(NamedTuple):
    """The members of a call by who visits them."""

    cohorts: list[tuple[Cohort, _Part]]
    alone: _Part


def _post(call: RoundCall, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
    """Send each a letter, where nobody visits; those that go together wait for each other."""
    call.gathers = True
    for index in indices:
        call.post(index)


def _split(indices: Sequence[int], hosts: Sequence[AgentActor]) -> _Split:
    """Sort members into those of each cohort, and the others."""
    parts: dict[Cohort | None, list[int]] = {None: []}
    for k, host in enumerate(hosts):
        cohort = host.cohort if isinstance(host, CohortMember) else None
        parts.setdefault(cohort, []).append(k)
    sorted_out = {
        cohort: _Part(as_range([indices[k] for k in own]), [hosts[k] for k in own])
        for cohort, own in parts.items()
    }
    alone = sorted_out.pop(None)
    return _Split([(cohort, part) for cohort, part in sorted_out.items() if cohort], alone)


def _posted(
    call: RoundCall, indices: Sequence[int], hosts: Sequence[AgentActor]
) -> tuple[Sequence[int], Sequence[AgentActor]]:
    """Send letters to those that look at every letter; give the others."""
    both = list(zip(indices, hosts, strict=True))
    for index, host in both:
        if not host.takes_visits:
            call.post(index)
    visited = [(index, host) for index, host in both if host.takes_visits]
    return [index for index, _ in visited], [host for _, host in visited]
