"""How many agents this machine bears, asked before any of them is made."""

from __future__ import annotations

from collections.abc import Iterable

from ..actors.agent_actor import AgentActor
from ..actors.cohort import CohortMember
from ..actors.limits import thread_limit
from ..errors import TooManyActorsError
from .vitals.machine import memory_limit

LEAST_BYTES = 1_500
"""What an agent takes that keeps nothing, with its mailbox; some 1,900 were measured."""
_FEW = 10_000
"""So many fit anywhere, and nobody looks."""


def check_memory(agents: int) -> None:
    """Refuse more agents than fit into this process's memory, however little each keeps.

    Raises:
        ValueError: they do not.
    """
    if agents <= _FEW:
        return
    memory = memory_limit()
    most = memory // LEAST_BYTES
    if agents > most:
        raise ValueError(
            f"{agents:,} agents need at least {LEAST_BYTES:,} bytes each, and the memory of this "
            f"process, {memory:,} bytes, bears at most {most:,} of them with any dispatcher; "
            "add fewer"
        )


def check_threads(hosts: Iterable[type[AgentActor]]) -> None:
    """Refuse more hosts than this machine bears threads.

    The dispatcher counts again, and exactly: but by then all of them have been made.

    Raises:
        TooManyActorsError: there are more.
    """
    threads = sum(not issubclass(host, CohortMember) for host in hosts)
    limit = thread_limit()
    if threads > limit.threads:
        raise TooManyActorsError(threads, limit.threads, limit.reason)
