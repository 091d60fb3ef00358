"""Which agents of a society share an actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..actors.agent_actor import AgentActor
from ..actors.cohort import Cohort, CohortMember, slices
from ..actors.together import goes_together
from ..clock import Clock
from ..models.agent import Agent
from .roster import Resident
from .vitals.machine import usable_cores


def check_host(kind: type[Agent], host: type[AgentActor]) -> None:
    """Refuse to have agents share an actor that could hold each other up.

    Raises:
        TypeError: the agents act by themselves.
    """
    if issubclass(host, CohortMember) and not goes_together(kind):
        raise TypeError(
            "host 'cohort' is for agents that are answered for together, such as explorers; "
            f"{kind.__name__} acts by itself, and one that hangs would hang the others: add it "
            "without a host"
        )


def cohorts_of(
    residents: Sequence[Resident], hosts: Mapping[str, AgentActor], clock: Clock
) -> list[Cohort]:
    """Make the cohorts: for each type of agent as many as there are cores."""
    kinds: dict[type[Agent], list[CohortMember]] = {}
    for resident in residents:
        host = hosts[resident.agent_id]
        if isinstance(host, CohortMember):
            kinds.setdefault(resident.kind, []).append(host)
    parts = [part for members in kinds.values() for part in slices(members, usable_cores())]
    return [Cohort(f"cohort-{n}", part, clock=clock) for n, part in enumerate(parts, 1)]
