"""The agents of the benches: they add, spin or sleep, and show by their answer that they did."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, ClassVar, Self

from ..clock import Clock
from ..models.agent import Agent, Context, Place

_FACTOR, _SHIFT, _MODULUS = 6_364_136_223_846_793_005, 1_442_695_040_888_963_407, 2**64


class Adder(Agent):
    """Answers its own number more than it was given, so that mixed-up answers show."""

    def __init__(self, number: int) -> None:
        self._number = number

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(number_of(place.agent_id), **options)

    def act(self, observation: Any, context: Context) -> Any:
        return observation + self._number

    def answer(self, question: Any, sender: str, context: Context) -> int:
        """Give its number, whatever the question."""
        return self._number


class Spinner(Adder):
    """Computes in pure Python before it answers."""

    def __init__(self, number: int, turns: int) -> None:
        super().__init__(number)
        self._turns = turns

    def act(self, observation: Any, context: Context) -> Any:
        return spin(observation + self._number, self._turns)


class Sleeper(Adder):
    """Blocks before it answers; with None if it did not."""

    def __init__(self, number: int, seconds: float) -> None:
        super().__init__(number)
        self._seconds = seconds

    def act(self, observation: Any, context: Context) -> Any:
        started = time.monotonic()
        time.sleep(self._seconds)
        slept = time.monotonic() - started
        # Less a little, for the difference is rounded.
        return observation + self._number if slept >= 0.999 * self._seconds else None


class DeclaredSleeper(Sleeper):
    """The same, and says of itself that it blocks."""

    blocking: ClassVar[bool] = True


def number_of(agent_id: str) -> int:
    """Give the number at the end of an id: 3 of "adder-3"."""
    return int(agent_id.rpartition("-")[2])


def spin(value: int, turns: int) -> int:
    """Take so many turns of a linear congruential generator."""
    for _ in range(turns):
        value = (value * _FACTOR + _SHIFT) % _MODULUS
    return value


def spun(turns: int) -> Callable[[int], int]:
    """Give what ``spin`` comes to without the turns: all are affine, so one value tells."""
    factor, shift = pow(_FACTOR, turns, _MODULUS), spin(0, turns)
    return lambda value: (factor * value + shift) % _MODULUS


def turns_for(seconds: float, clock: Clock) -> int:
    """Find how many turns take so long on this machine when nothing disturbs them."""
    turns = 1_000
    fastest = math.inf
    for _ in range(20):
        started = clock.now()
        spin(1, turns)
        fastest = min(fastest, clock.now() - started)
    return max(1, round(turns * seconds / fastest))
