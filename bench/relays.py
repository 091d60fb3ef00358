"""Programs whose messages go one way: ring, deal and create.

They follow Imam and Sarkar's Savina suite (AGERE 2014), scaled down. Each counts what it
does, so that a message lost, doubled or sent astray shows in its check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .programs import Begin, Program, Role


@dataclass(frozen=True, slots=True)
class Report:
    """Heard by who adds up: that was all, tell what it came to."""


REPORT = Report()


class Ring(Program):
    """Thread-ring, and with two runners ping-pong: a baton goes round, a unit is a hop."""

    def __init__(self, size: int) -> None:
        self._runners = [Runner(index, (index + 1) % size) for index in range(size)]
        super().__init__(self._runners)

    def check(self, units: int, result: Any) -> str:
        hops, size = [runner.take() for runner in self._runners], len(self._runners)
        # The first hop ends at the second runner; the first runner comes last in a lap.
        expected = [len(range(index or size, units + 1, size)) for index in range(size)]
        if (hops, result) != (expected, units % size):
            return f"{sum(hops)} hops of {units}, the last to runner {result}"
        return ""


class Runner(Role):
    """Hands the baton on; the number on it says how many hops are left."""

    def __init__(self, index: int, following: int) -> None:
        self._index, self._following = index, following
        self._hops = 0

    def receive(self, message: Any) -> None:
        match message:
            case int():
                self._hops += 1
                if message == 1:
                    self.done(self._index)
                else:
                    self.tells[self._following](message - 1)
            case Begin():
                self.tells[self._following](message.units)

    def take(self) -> int:
        """Give the number of hops, and count anew."""
        hops, self._hops = self._hops, 0
        return hops


class Deal(Program):
    """Fork-join throughput, and with one worker counting: a unit is a number dealt."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        adders = [Adder() for _ in range(workers)]
        super().__init__([Dealer(range(2, 2 + workers)), Joiner(workers), *adders])

    def check(self, units: int, result: Any) -> str:
        workers = self._workers
        expected = sorted(sum(range(k or workers, units + 1, workers)) for k in range(workers))
        if sorted(result) != expected:
            return f"{len(result)} sums of {workers}, in all {sum(result)}"
        return ""


class Dealer(Role):
    """Sends each next number, from 1, to the next worker."""

    def __init__(self, workers: Sequence[int]) -> None:
        self._workers = workers

    def receive(self, message: Begin) -> None:
        workers = [self.tells[index] for index in self._workers]
        for number in range(1, 1 + message.units):
            workers[number % len(workers)](number)
        for tell in workers:
            tell(REPORT)


class Adder(Role):
    """Adds up what it is dealt, and tells the joiner in the end."""

    def __init__(self) -> None:
        self._sum = 0

    def receive(self, message: Any) -> None:
        match message:
            case int():
                self._sum += message
            case Report():
                total, self._sum = self._sum, 0
                self.tells[1](total)


class Joiner(Role):
    """Collects a sum from everyone."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._sums: list[int] = []

    def receive(self, message: int) -> None:
        self._sums.append(message)
        if len(self._sums) == self._workers:
            sums, self._sums = self._sums, []
            self.done(sums)


class Create(Program):
    """Fork-join create: every actor is made for one message, and a unit is one of them."""

    def __init__(self, n: int) -> None:
        # Taking from a list is atomic: who takes the last is the last to be greeted.
        left = list(range(n))
        self._greeted = [Greeted(left) for _ in range(n)]
        super().__init__([Greeter(), *self._greeted])

    def check(self, units: int, result: Any) -> str:
        heard = [greeted.heard for greeted in self._greeted]
        if heard != [[index] for index in range(1, units + 1)]:
            return f"{sum(map(len, heard))} messages for {units} actors"
        return ""


class Greeter(Role):
    """Tells every other role its index."""

    def receive(self, message: Begin) -> None:
        for index in range(1, 1 + message.units):
            self.tells[index](index)


class Greeted(Role):
    """Hears one message."""

    def __init__(self, left: list[int]) -> None:
        self._left = left
        self.heard: list[int] = []

    def receive(self, message: int) -> None:
        self.heard.append(message)
        if self._left.pop() == 0:
            self.done(None)
