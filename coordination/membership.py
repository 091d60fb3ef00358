"""Who lives in a society, from its founding on: agents come before it starts, and may leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..actors.agent_actor import AgentActor
from ..actors.care.groups import Groups
from ..errors import MembershipError
from ..logs import get_logger
from ..models.agent import Agent
from .capacity import check_threads
from .catalogue import agent_type, host_type
from .cohorts import check_host
from .environment import Environment
from .options import prepare_options
from .protocol import number_asked
from .roster import Resident, Roster
from .rulebook import Rulebook

log = get_logger(__name__)


class Addition(NamedTuple):
    """One call to ``add``, as far as who came with it is still there."""

    kind: str | type[Agent]
    ids: Sequence[str]
    host: str | type[AgentActor]
    options: dict[str, Any]


class Membership:
    """Lets agents in and out, and remembers how they came, so that all can be founded again."""

    def __init__(
        self,
        rulebook: Rulebook,
        environment: Environment | None,
        together: Sequence[Sequence[str]] = (),
    ) -> None:
        """Begin with nobody.

        Args:
            together: groups of ids; with one of them, all its group are restarted.

        Raises:
            ValueError: an agent is in two groups.
        """
        self._rulebook = rulebook
        self._environment = environment
        # Asked now: once agents have been put into it, an environment takes no others.
        self.open = environment is None or environment.open
        """Whether any number of agents may come, and any leave."""
        self.roster = Roster(None if environment is None or self.open else environment.places())
        self.together = [list(group) for group in together]
        Groups(self.together)
        self._additions: list[Addition] = []

    @property
    def additions(self) -> Iterator[Addition]:
        """How everyone came who is here."""
        return iter(self._additions)

    def add(
        self,
        kind: str | type[Agent],
        n: int | None,
        ids: Sequence[str] | None,
        host: str | type[AgentActor],
        options: dict[str, Any],
    ) -> list[str]:
        """Let agents of one type in; arguments and errors as ``Society.add``."""
        cls = agent_type(kind)
        label = kind if isinstance(kind, str) and ":" not in kind else cls.__name__
        host_cls = host_type(host)
        check_host(cls, host_cls)
        given, resolved = prepare_options(cls, self._rulebook.layers, options)
        cls.prepare(given.get("settings"))
        taken = self.roster.take(label, n, ids)
        for agent_id in taken:
            self.roster.enter(Resident(agent_id, cls, host_cls, given))
        if resolved is not None:
            self._rulebook.note_agents(cls.__name__, resolved)
        self._additions.append(Addition(kind, taken, host, options))
        return taken

    def check_may_start(self) -> None:
        """See that the machine bears everyone, before anybody's host is made.

        What is only odd is said in the log: a protocol may be chosen for societies of any size.

        Raises:
            TooManyActorsError: it does not bear so many threads.
        """
        protocol = self._rulebook.settings.protocol
        if (needed := number_asked(protocol)) > len(self.roster) > 0:
            log.warning(
                "protocol.out_of_reach",
                protocol=str(protocol),
                needs=needed,
                agents=len(self.roster),
            )
        if self._rulebook.settings.dispatcher == "threaded":
            check_threads(resident.host for resident in self.roster.residents)

    def check_may_leave(self, agent_ids: Sequence[str], *, started: bool) -> None:
        """See that all of them may leave.

        Raises:
            UnknownNameError: an id is nobody's.
            MembershipError: the environment has a fixed place for each, or calls whoever lived
                in it when it started, and takes no joint action without them.
        """
        for agent_id in agent_ids:
            self.roster.check(agent_id)
        env = self._environment
        if env is None or not agent_ids:
            return
        if not self.open:
            raise MembershipError(agent_ids[0], f"{env.name} has a fixed place for each agent")
        if started and not env.takes_partial_actions:
            why = f"{env.name} has started, and takes no joint action that lacks an agent"
            raise MembershipError(agent_ids[0], why)

    def remove(self, agent_ids: Sequence[str]) -> None:
        """Let these out, all of whom may leave."""
        for agent_id in agent_ids:
            self.roster.leave(agent_id)
        left = frozenset(agent_ids)
        self.together = [[i for i in group if i not in left] for group in self.together]
        here = (a._replace(ids=[i for i in a.ids if i not in left]) for a in self._additions)
        self._additions = [addition for addition in here if addition.ids]
