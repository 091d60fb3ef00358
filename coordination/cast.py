"""The hosts of a society as a round calls them: in its order, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..actors.agent_actor import AgentActor
from ..actors.cohort import CohortMember
from ..actors.dispatcher import Dispatcher, Visits
from .call import RoundCall, Visit


class Cast:
    """The hosts by id, in the order in which the last round called them."""

    def __init__(self, hosts: Sequence[AgentActor]) -> None:
        self._by_id = {host.name: host for host in hosts}
        self._members: Sequence[str] = list(self._by_id)
        self._hosts = list(hosts)
        self._reads_letters = not all(host.takes_visits for host in hosts)
        self._shares = any(isinstance(host, CohortMember) for host in hosts)

    def visited_by(self, dispatcher: Dispatcher) -> Visit | None:
        """Give what has the members of a call visited; None if they need letters."""
        visits = dispatcher.visit or (_post if self._shares else None)
        if visits is None:
            return None

        def visit(call: RoundCall, indices: Sequence[int]) -> None:
            hosts = self._of(call.members, indices)
            if self._shares:
                indices, hosts = _had_visited(call, indices, hosts)
            if self._reads_letters:
                indices, hosts = _posted(call, indices, hosts)
            if hosts:
                visits(call, hosts, indices)

        return visit

    def _of(self, members: Sequence[str], indices: Sequence[int]) -> Sequence[AgentActor]:
        # Most rounds call the same as the last one, and comparing is quicker than looking up.
        if members != self._members:
            self._members = members
            self._hosts = [self._by_id[agent_id] for agent_id in members]
        if len(indices) == len(members):
            return self._hosts
        return [self._hosts[index] for index in indices]


class _Part(NamedTuple):
    """Some members of a call."""

    indices: list[int]
    hosts: list[AgentActor]


def _post(call: RoundCall, hosts: Sequence[AgentActor], indices: Sequence[int]) -> None:
    """Send each a letter, where nobody visits; those that go together wait for each other."""
    call.gathers = True
    for index in indices:
        call.post(index)


def _had_visited(
    call: RoundCall, indices: Sequence[int], hosts: Sequence[AgentActor]
) -> tuple[Sequence[int], Sequence[AgentActor]]:
    """Have cohorts answer for their members; give the others."""
    slices: dict[int, tuple[Visits, _Part]] = {}
    alone = _Part([], [])
    for index, host in zip(indices, hosts, strict=True):
        part = alone
        if isinstance(host, CohortMember) and host.cohort is not None:
            cohort = host.cohort
            _, part = slices.setdefault(id(cohort), (cohort.visit, _Part([], [])))
        part.indices.append(index)
        part.hosts.append(host)
    for visits, (some, theirs) in slices.values():
        visits(call, theirs, some)
    return alone


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
