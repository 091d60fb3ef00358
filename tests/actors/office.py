"""Clerks on one thread and a virtual clock, who do whatever they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.virtual_clock import VirtualClock

FUSE = 5.0
Order = Callable[["Clerk"], Any]


class Clerk(Actor):
    """Does whatever it is told or asked to do, and keeps what happened to it."""

    def __init__(self, name: str, clock: Any, at_start: Order = lambda clerk: None) -> None:
        super().__init__(name, clock=clock)
        self.clock: Any
        self.at_start = at_start
        self.woken: list[float] = []
        self.stopped = 0

    def on_start(self) -> None:
        self.at_start(self)

    def on_receive(self, message: Order) -> Any:
        return message(self)

    def on_wake(self) -> None:
        self.woken.append(self.clock.now())

    def on_stop(self) -> None:
        self.stopped += 1


class Office:
    """Clerks a, b, c… of one simulation."""

    def __init__(self, size: int = 3, **options: Any) -> None:
        self.simulation = SimulatedDispatcher(**options)
        self.clock = self.simulation.clock
        self.clerks = [Clerk(name, self.clock) for name in "abcdefgh"[:size]]
        self.addresses = [Address(clerk) for clerk in self.clerks]
        self.boss = Clerk("boss", self.clock)
        self.simulation.start([*self.clerks, self.boss], 1.0)

    def everybody(self, order: Order) -> None:
        """Have the boss tell all the same, so that nobody is quicker than another."""

        def tell_all(clerk: Clerk) -> None:
            for address in self.addresses:
                address.tell(order)

        Address(self.boss).tell(tell_all)


Found = Callable[..., Office]


def offices() -> Iterator[Found]:
    """Found offices for a test; they are closed after it."""
    founded: list[Office] = []

    def found(*arguments: Any, **options: Any) -> Office:
        founded.append(Office(*arguments, **options))
        return founded[-1]

    yield found
    for office in founded:
        office.simulation.stop([*office.clerks, office.boss], grace=0.0)


def spend(seconds: float) -> Order:
    def order(clerk: Clerk) -> float:
        clerk.clock.advance(seconds)
        return float(clerk.clock.now())

    return order


class Reminders:
    """What is to be told later, and at which time."""

    def __init__(self, clock: VirtualClock, *moments: float) -> None:
        self.clock = clock
        self.moments = list(moments)
        self.told: list[tuple[float, float]] = []
        """When it was due, and when it was told."""

    @property
    def next_due(self) -> float | None:
        return min(self.moments, default=None)

    def tell_due(self) -> None:
        now = self.clock.now()
        self.told += [(moment, now) for moment in sorted(self.moments) if moment <= now]
        self.moments = [moment for moment in self.moments if moment > now]
