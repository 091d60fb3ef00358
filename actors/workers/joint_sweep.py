"""A round over idle agents whose crowds answer for many of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from math import inf
from typing import Any, NamedTuple

from ...models.crowds.seating import put
from ..agent_actor import AgentActor
from ..together import Company
from .sweep import Sweep

AT_ONCE = 256
"""How many are answered for in one call: enough for the price of a call to be forgotten, and few
enough for several workers to have their share of a round."""
_KEPT = 8
"""How many companies are kept beside twice as many as there are in a round of one worker."""


class Taken(NamedTuple):
    """Those that one worker has in hand."""

    indices: Sequence[int]
    company: Company[AgentActor]
    held: Sequence[AgentActor]
    """Whose turns it holds."""


class Regulars(list[AgentActor]):
    """Hosts that are called round after round, mostly the same of them together."""

    def __init__(self, hosts: Sequence[AgentActor] = ()) -> None:
        super().__init__(hosts)
        self._companies: dict[AgentActor, Company[AgentActor]] = {}

    def company_of(self, hosts: list[AgentActor]) -> Company[AgentActor]:
        """Give the company of these, the one of last time if it was the same hosts.

        Any worker may ask who holds all of their turns: so nobody else has that company.
        """
        known = self._companies.get(hosts[0])
        if known is None or known.hosts != hosts:
            # Workers that meet in one round divide the hosts as it comes, each time otherwise.
            if len(self._companies) > _KEPT + 2 * len(self) // AT_ONCE:
                self._companies.clear()
            known = self._companies[hosts[0]] = Company(hosts)
        return known


class JointSweep(Sweep):
    """Takes some idle agents, has their crowds answer for them, and takes the next.

    Whoever helps answers for those that it has taken, and waits for nobody: what comes out
    for one agent does not depend on the others. An agent that is being run, has letters
    waiting, or has to act by itself gets a letter.
    """

    __slots__ = ()

    def _visit_some(self) -> None:
        """Answer for the next few; none of the agents' own code runs here."""
        taken = self._take()
        try:
            if taken.indices:
                self._answer(taken)
        finally:
            for host in taken.held:
                host.turn.append(None)
                # First let go, then look: put() does it the other way round.
                if host.letters:
                    host.announce()

    def _visit_each(self) -> None:
        self._visit_some()

    def _take(self) -> Taken:
        call, begun = self._call, self._clock.now()
        started, episode, mail = self._lists[1], call.episode, call.mail
        over = begun >= (inf if call.deadline is None else call.deadline)
        indices: list[int] = []
        hosts: list[AgentActor] = []
        for index, host, _ in islice(self._cursor, AT_ONCE):
            try:
                host.turn.pop()
            except IndexError:
                call.post(index)
                continue
            # First written, then looked; see RoundCall.close.
            started[index] = begun
            if over or call.over:
                call.skip(index)
            elif host.letters or not host.together:
                call.post(index)
            elif not (mail or host.episode != episode) or self._is_prepared(host, index):
                indices.append(index)
                hosts.append(host)
                continue
            self._free(host)
        return Taken(indices, self._company_of(hosts), held=hosts)

    def _company_of(self, hosts: list[AgentActor]) -> Company[AgentActor]:
        regulars = self._hosts
        if hosts and isinstance(regulars, Regulars):
            return regulars.company_of(hosts)
        return Company(hosts)

    def _is_prepared(self, host: AgentActor, index: int) -> bool:
        begun = self._clock.now()
        try:
            self._prepare(host, index)
        except BaseException as error:
            self._fail(host, index, error, begun)
            return False
        return True

    def _answer(self, taken: Taken) -> None:
        call, now = self._call, self._clock.now
        actions, started, finished = self._lists
        indices, begun = taken.indices, now()
        given = taken.company.answers(call, indices)
        ended = now()
        # Each is charged with its share: together they have not spent more than that.
        began = ended - (ended - begun) / len(given)
        if call.polled or _some_failed(given):
            indices, given = self._handed_over(taken, given, began, ended)
        put(started, indices, [began] * len(given))
        put(actions, indices, given)
        put(finished, indices, [ended] * len(given))
        if call.over:
            for index in indices:
                call.return_late(index)
        else:
            call.settle(len(given), ended)

    def _handed_over(
        self, taken: Taken, given: Sequence[Any], began: float, ended: float
    ) -> tuple[list[int], list[Any]]:
        """Hand over what cannot just be written into its slot; give what can."""
        indices, actions = [], []
        for index, host, action in zip(taken.indices, taken.company.hosts, given, strict=True):
            if isinstance(action, BaseException):
                self._fail(host, index, action, began)
            elif self._call.polled:
                self._call.accept(index, action, began, ended)
            else:
                indices.append(index)
                actions.append(action)
        return indices, actions

    @staticmethod
    def _free(host: AgentActor) -> None:
        host.turn.append(None)
        if host.letters:
            host.announce()


class Sorting:
    """Says which kind of sweep is to visit whom."""

    def __init__(self) -> None:
        self._hosts: Sequence[AgentActor] = ()
        self._only: type[Sweep] | None = None
        self._regulars = Regulars()

    def of(
        self, indices: Sequence[int], hosts: Sequence[AgentActor]
    ) -> list[tuple[type[Sweep], Sequence[int], Sequence[AgentActor]]]:
        """Give the kinds, each with those to visit; an agent of another kind gets by as well."""
        # Most rounds call the same, and a look at each takes a tenth of a plain visit.
        if hosts is not self._hosts:
            kinds = {JointSweep if host.together else Sweep for host in hosts}
            self._only = kinds.pop() if len(kinds) == 1 else None
            self._regulars = Regulars(hosts if self._only is JointSweep else ())
            self._hosts = hosts
        if self._only is not None:
            return [(self._only, indices, self._regulars or hosts)]
        parts = []
        for kind, wanted in ((JointSweep, True), (Sweep, False)):
            chosen = [k for k, host in enumerate(hosts) if host.together is wanted]
            parts.append((kind, [indices[k] for k in chosen], [hosts[k] for k in chosen]))
        return [part for part in parts if part[1]]


def _some_failed(given: Sequence[Any]) -> bool:
    return any(issubclass(kind, BaseException) for kind in set(map(type, given)))
