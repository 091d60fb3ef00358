"""What decides a simulated run: a seed, or a list of what was decided before."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Sequence

from ...models import chance

_STOCK = 256


class Choices(abc.ABC):
    """Decides between things to do, and keeps what it decided.

    Small numbers are the plain choices: 0 is whoever waits longest, and no fault.
    """

    def __init__(self) -> None:
        self.made: list[int] = []
        """Every decision between two or more things; from these a run can be had again."""

    def pick(self, options: int) -> int:
        """Choose one of so many, by its index."""
        if options < 2:
            return 0
        choice = self._pick(options)
        self.made.append(choice)
        return choice

    def weigh(self, risks: Sequence[float]) -> int:
        """Choose at most one of several risks.

        Args:
            risks: the probability of each; together at most 1.

        Returns:
            0 for none, else the number of the risk, counted from 1.
        """
        choice = self._weigh(risks)
        self.made.append(choice)
        return choice

    @abc.abstractmethod
    def _pick(self, options: int) -> int: ...

    @abc.abstractmethod
    def _weigh(self, risks: Sequence[float]) -> int: ...


class SeededChoices(Choices):
    """Chooses at random, by a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = chance.generator(seed, "simulation")
        # Drawn one by one, numbers would cost more than what they decide.
        self._stock: list[float] = []

    def _pick(self, options: int) -> int:
        return int(self._draw() * options)

    def _weigh(self, risks: Sequence[float]) -> int:
        drawn = self._draw()
        for number, risk in enumerate(risks, 1):
            if drawn < risk:
                return number
            drawn -= risk
        return 0

    def _draw(self) -> float:
        if not self._stock:
            self._stock = self._rng.random(_STOCK).tolist()
        return self._stock.pop()


class RecordedChoices(Choices):
    """Chooses as was chosen before, and plainly once that is used up."""

    def __init__(self, made: Iterable[int]) -> None:
        """Take the ``made`` of other choices, or a part of it: any numbers from 0 will do."""
        super().__init__()
        self._left = iter(tuple(made))

    def _pick(self, options: int) -> int:
        return next(self._left, 0) % options

    def _weigh(self, risks: Sequence[float]) -> int:
        number = next(self._left, 0) % (len(risks) + 1)
        return number if number and risks[number - 1] > 0 else 0
