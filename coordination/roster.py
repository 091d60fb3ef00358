"""Who lives in a society, and under which id."""

from __future__ import annotations

import re
from collections.abc import KeysView, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..actors.agent_actor import AgentActor
from ..errors import AgentIdError, UnknownNameError
from ..models.agent import Agent
from ..models.names import check_id
from ..models.outbox import OUTSIDE
from .capacity import check_memory


@dataclass(frozen=True, slots=True)
class Resident:
    """One agent before it is made."""

    agent_id: str
    kind: type[Agent]
    host: type[AgentActor]
    options: Mapping[str, Any]


class Roster:
    """Gives out ids: the environment's own where it has fixed agents, else ``type-1`` and on."""

    def __init__(self, places: Sequence[str] | None) -> None:
        """Start empty.

        Args:
            places: the ids of an environment with fixed agents; None where all may come.
        """
        self._places = None if places is None else list(places)
        self._residents: dict[str, Resident] = {}

    def __len__(self) -> int:
        return len(self._residents)

    def __contains__(self, agent_id: object) -> bool:
        return agent_id in self._residents

    def check(self, agent_id: str) -> str:
        """Give an id back, if it is somebody's.

        Raises:
            UnknownNameError: it is nobody's.
        """
        if agent_id not in self._residents:
            known = [resident.agent_id for resident in self.residents]
            raise UnknownNameError("agent", agent_id, known=known)
        return agent_id

    @property
    def ids(self) -> KeysView[str]:
        """Everyone's id."""
        return self._residents.keys()

    @property
    def residents(self) -> list[Resident]:
        """Everyone, in the environment's order, else in the order of arrival."""
        if self._places is None:
            return list(self._residents.values())
        return [self._residents[i] for i in self._places if i in self._residents]

    @property
    def vacant(self) -> list[str]:
        """The environment's agents that nobody has taken."""
        return [i for i in self._places or () if i not in self._residents]

    def take(self, label: str, n: int | None, ids: Sequence[str] | None) -> list[str]:
        """Choose ids for newcomers.

        Raises:
            AgentIdError: an id is taken, breaks the rule, or is none of the environment's.
            ValueError: the count does not fit, be it into this process's memory.
        """
        if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
            raise ValueError(f"n must be a whole number >= 1, got {n!r}")
        if isinstance(ids, str):
            raise TypeError(f"ids must be several, such as [{ids!r}], got a text")
        if ids is not None:
            return self._named(list(ids), n)
        if self._places is not None:
            return self._next_places(n)
        n = n or 1
        check_memory(len(self._residents) + n)
        return self._numbered(label, n)

    def enter(self, resident: Resident) -> None:
        self._residents[resident.agent_id] = resident

    def leave(self, agent_id: str) -> None:
        """Take somebody out; the id may be given to another."""
        del self._residents[agent_id]

    def _named(self, ids: list[str], n: int | None) -> list[str]:
        if n is not None and n != len(ids):
            raise ValueError(f"n is {n}, but {len(ids)} ids were given")
        seen: set[str] = set()
        for agent_id in ids:
            check_id(agent_id)
            if agent_id == OUTSIDE:
                raise AgentIdError(agent_id, "is what the world outside is called")
            if agent_id in seen or agent_id in self._residents:
                raise AgentIdError(agent_id, "is taken already")
            if self._places is not None and agent_id not in self._places:
                raise AgentIdError(agent_id, f"is none of {_listed(self._places)}")
            seen.add(agent_id)
        return ids

    def _next_places(self, n: int | None) -> list[str]:
        vacant = self.vacant
        if not vacant:
            raise ValueError(f"all {len(self._places or ())} of the environment's agents are taken")
        if n is not None and n > len(vacant):
            raise ValueError(f"n is {n}, but only {len(vacant)} are left: {_listed(vacant)}")
        return vacant if n is None else vacant[:n]

    def _numbered(self, label: str, n: int) -> list[str]:
        stem = re.sub(r"[^a-z0-9._-]+", "-", label.lower()).strip("._-") or "agent"
        number = 1
        ids: list[str] = []
        while len(ids) < n:
            if (agent_id := f"{stem}-{number}") not in self._residents:
                ids.append(check_id(agent_id))
            number += 1
        return ids


def _listed(ids: Sequence[str]) -> str:
    head = ", ".join(ids[:8])
    return head if len(ids) <= 8 else f"{head} and {len(ids) - 8} more"
