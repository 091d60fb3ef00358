"""What the kernel tells about itself: frozen figures of one moment, for whoever watches.

Nothing here is live. The counts are taken one after another while actors run, so that two
of them may be a message apart.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MailboxStatistics:
    """One actor's mailbox."""

    actor: str
    waiting: int
    """Letters that nobody has read yet."""
    capacity: int | None = None
    """How many it holds; None: any number."""


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """The threads that share the running of actors."""

    workers: int
    """Threads, those stuck in agents included."""
    idle: int
    """Of these, how many rest."""
    awake: int
    """Of the others, how many are not known to wait for something inside an agent."""
    waiting: int
    """Pieces of work that no worker has begun."""
    peak: int
    """The most threads there have been."""
    maximum: int
    """How many workers there may be."""

    @property
    def busy(self) -> int:
        """How many workers are inside an actor now."""
        return self.workers - self.idle


@dataclass(frozen=True, slots=True)
class KernelStatistics:
    """All actors of a society and what runs them."""

    dispatcher: str = ""
    actors: int = 0
    pool: PoolStatistics | None = None
    """None where no threads are shared: a thread each, or none at all."""
    waiting: int = 0
    """Letters in all mailboxes together."""
    largest: tuple[MailboxStatistics, ...] = ()
    """The mailboxes in which most letters wait, the fullest first; empty ones are left out."""
    restarts: Mapping[str, int] = field(default_factory=dict)
    """How often each actor was restarted, since the start; who never had to is absent."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How often each agent has raised at something else than a call; who never did is absent."""
    last_failures: Mapping[str, str] = field(default_factory=dict)
    """At what each of them did so last, and what it raised, in a line for people."""
    quarantined: tuple[str, ...] = ()
    """Actors that failed too often, and are left down."""
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    """Letters that will never be handled, by reason."""
    hung: tuple[str, ...] = ()
    """Actors that did not come back and whose threads were given up."""


def fullest(
    mailboxes: Iterable[tuple[str, int]], *, capacity: int | None = None, count: int = 5
) -> tuple[int, tuple[MailboxStatistics, ...]]:
    """Give the sum of all waiting letters, and the mailboxes that hold most of them.

    Args:
        mailboxes: the name of each actor and how many letters wait for it.
        capacity: how many each holds.
        count: how many mailboxes to name.
    """
    # Few mailboxes hold anything when somebody looks, even of 200,000.
    held = [(waiting, actor) for actor, waiting in mailboxes if waiting]
    named = heapq.nsmallest(count, held, key=lambda entry: (-entry[0], entry[1]))
    largest = tuple(MailboxStatistics(actor, waiting, capacity) for waiting, actor in named)
    return sum(waiting for waiting, _ in held), largest
