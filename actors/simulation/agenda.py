"""What can happen next in a simulated society, and what will when its time has come."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Protocol

from ..mailbox import Mailbox
from .virtual_clock import VirtualClock

Step = Callable[[], object]


class Timed(Protocol):
    """Messages for later, as ``Timers`` keeps them."""

    @property
    def next_due(self) -> float | None:
        """When something is to be told next, in the clock's seconds."""
        ...

    def tell_due(self) -> object:
        """Tell all that is due."""
        ...


class Agenda:
    """Keeps the steps that can be taken now, those that are due later, and the time."""

    def __init__(self, clock: VirtualClock, take_turn: Callable[[Mailbox], object]) -> None:
        """Make an empty agenda.

        Args:
            take_turn: what the owner of a mailbox does with its timer or its next letter.
        """
        self._clock = clock
        self._take_turn = take_turn
        self.ready: list[Step] = []
        """The oldest first."""
        self.occupied: set[Mailbox] = set()
        """Whose owners are at work and take no turn."""
        self._announced: set[Mailbox] = set()
        self._later: list[tuple[float, int, Step]] = []
        self._numbers = count()
        # Ordered, as a set of objects would not be from one process to the next.
        self._timers: dict[Mailbox, None] = {}
        self._timed: list[Timed] = []
        self._telling: set[Timed] = set()

    def announce(self, mailbox: Mailbox) -> None:
        """Give the owner a turn, unless it is at work or has one to come."""
        if mailbox in self._announced or mailbox in self.occupied:
            return
        self._announced.add(mailbox)
        self.ready.append(lambda: self._turn(mailbox))

    def _turn(self, mailbox: Mailbox) -> None:
        self._announced.discard(mailbox)
        self._take_turn(mailbox)

    def add_later(self, moment: float, step: Step) -> None:
        """Have something happen at a moment; at the end of time, never."""
        if moment < math.inf:
            heapq.heappush(self._later, (moment, next(self._numbers), step))

    def keep(self, timed: Timed) -> None:
        """Have messages told when they are due."""
        self._timed.append(timed)

    def _tell_due(self, timed: Timed) -> None:
        self._telling.discard(timed)
        timed.tell_due()

    def look_at(self, mailbox: Mailbox) -> None:
        """See what an actor that has nothing in hand has to do next."""
        wake_at = mailbox.owner.wake_at
        if wake_at is None:
            self._timers.pop(mailbox, None)
        else:
            self._timers[mailbox] = None
        if not mailbox.empty() or (wake_at is not None and wake_at <= self._clock.world):
            self.announce(mailbox)

    def forget(self, mailbox: Mailbox) -> None:
        """Set no timer for its owner any more."""
        self._timers.pop(mailbox, None)

    def let_time_pass(self, end: float) -> bool:
        """Move on to the next moment at which something happens.

        Returns:
            Whether there is one before the end.
        """
        moment = self._next_moment()
        if moment > end or moment == math.inf:
            return False
        self.move_to(moment)
        return True

    def _next_moment(self) -> float:
        now = self._clock.world
        wakes = [mailbox.owner.wake_at for mailbox in self._timers]
        # What is due already is ready, and does not hold time up.
        moments = [wake_at for wake_at in wakes if wake_at is not None and wake_at > now]
        moments += [moment for moment, _, _ in self._later[:1]]
        moments += [max(now, due) for timed in self._timed if (due := self._due(timed)) is not None]
        return min(moments, default=math.inf)

    def _due(self, timed: Timed) -> float | None:
        return None if timed in self._telling else timed.next_due

    def move_to(self, moment: float) -> None:
        """Let it be this late; what is due then is ready."""
        self._clock.move_to(moment)
        now = self._clock.world
        while self._later and self._later[0][0] <= now:
            self.ready.append(heapq.heappop(self._later)[2])
        for mailbox in self._timers:
            wake_at = mailbox.owner.wake_at
            if wake_at is not None and wake_at <= now:
                self.announce(mailbox)
        for timed in self._timed:
            due = self._due(timed)
            if due is not None and due <= now:
                self._telling.add(timed)
                self.ready.append(partial(self._tell_due, timed))
