"""Who stopped in the middle of a turn to wait for an answer, and when each goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from ...errors import AskError
from ..future import Future
from .agenda import Step
from .strand import Strand
from .virtual_clock import VirtualClock

MOST = 2_000
"""How many may wait at once; each of them has a thread, which sleeps."""


class _Wait(NamedTuple):
    reply: Future[object]
    end: float


class Waits:
    """Has each go on when its answer is there, or its time is up; as a step of its own."""

    def __init__(
        self, clock: VirtualClock, add_step: Callable[[Step], object], run: Callable[[Strand], None]
    ) -> None:
        """Begin with nobody waiting.

        Args:
            add_step: takes what can happen from now on.
            run: has a strand go on.
        """
        self._clock = clock
        self._add_step = add_step
        self._run = run
        # In the order in which they stopped: it must not depend on where objects lie.
        self._waits: dict[Strand, _Wait] = {}
        self._called = 0

    def pause(self, strand: Strand, reply: Future[object], end: float) -> None:
        """Stop here until there is an answer, or it is so late in the world.

        Raises:
            AskError: too many wait already.
        """
        if len(self._waits) >= MOST:
            raise AskError(f"no more than {MOST:,} can wait for answers in one simulation")
        self._waits[strand] = _Wait(reply, end)
        strand.pause()

    @property
    def can_go_on(self) -> bool:
        """Whether somebody has nothing to wait for any more and has not gone on yet."""
        return self._called > 0 or any(wait.reply.is_set() for wait in self._waits.values())

    def call_answered(self) -> None:
        """Have those go on whose answers are there."""
        if self._waits:
            self._call([strand for strand, wait in self._waits.items() if wait.reply.is_set()])

    @property
    def next_due(self) -> float | None:
        """When the time of one is up."""
        return min((wait.end for wait in self._waits.values()), default=None)

    def tell_due(self) -> None:
        """Have those go on whose time is up."""
        now = self._clock.world
        self._call([strand for strand, wait in self._waits.items() if wait.end <= now])

    def _call(self, strands: list[Strand]) -> None:
        for strand in strands:
            del self._waits[strand]
            self._called += 1
            self._add_step(partial(self._go_on, strand))

    def _go_on(self, strand: Strand) -> None:
        self._called -= 1
        self._run(strand)
