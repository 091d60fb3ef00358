"""The figures of a society's mailboxes, threads and supervision at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from ..actors.actor import Actor
from ..actors.agent_actor import AgentActor
from ..actors.cohort import CohortMember
from ..actors.statistics import KernelStatistics, PoolStatistics, fullest
from .setup import Setup


def kernel_statistics(
    setup: Setup,
    actors: Sequence[Actor],
    hosts: Sequence[AgentActor],
    *,
    dispatcher: str,
    pool: PoolStatistics | None,
    mail: Mapping[str, int],
    hung: tuple[str, ...],
) -> KernelStatistics:
    """Count what there is now.

    Args:
        actors: whom the dispatcher runs.
        hosts: of all agents that are there, also of those that share an actor.
        mail: by actor, how much waits for it beside letters.
        hung: who was given up.
    """
    supervised = setup.supervisor.statistics()
    waiting, largest = fullest(_waiting(actors, hosts, mail), capacity=setup.mailboxes.capacity)
    dead_letters = setup.dead_letters.statistics().counts
    return KernelStatistics(
        dispatcher=dispatcher,
        actors=len(actors),
        pool=pool,
        waiting=waiting,
        largest=largest,
        restarts=supervised.restarts,
        failures={host.name: n for host in hosts if (n := host.failures)},
        last_failures={host.name: last for host in hosts if (last := host.last_failure)},
        quarantined=supervised.quarantined,
        hung=hung,
        dead_letters={str(reason): count for reason, count in dead_letters.items() if count},
    )


def _waiting(
    actors: Sequence[Actor], hosts: Sequence[AgentActor], mail: Mapping[str, int]
) -> Iterator[tuple[str, int]]:
    """Say of everybody with a mailbox how much waits there, and elsewhere."""
    elsewhere = dict(mail)
    members = (host for host in hosts if isinstance(host, CohortMember))
    for actor in chain(actors, members):
        # Of two with one name, such as an agent called coordinator, the first has it all.
        yield actor.name, actor.actor_inbox.waiting() + elsewhere.pop(actor.name, 0)
