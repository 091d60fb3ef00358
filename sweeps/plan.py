"""Which cells a sweep has: every combination of its parameters, each with every seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..coordination.outcome import Status
from ..coordination.records.manifest import version
from ..layers import Layers
from .recipe import Recipe

FIGURES = (
    "seed", "rounds", "reward_mean", *(str(s) for s in Status), "rounds_per_second", "trace",
    "hung", "error",
)  # fmt: skip
"""What a table tells of each cell, beside its parameters."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of a sweep."""

    number: int
    parameters: Mapping[str, Any]
    seed: int

    def __str__(self) -> str:
        words = [*(f"{name}={value}" for name, value in self.parameters.items())]
        return f"cell {self.number} ({', '.join([*words, f'seed {self.seed}'])})"


@dataclass(frozen=True, slots=True)
class Plan:
    """All parameters with all seeds; the seed changes quickest, then the last parameter.

    Raises:
        ValueError: a parameter has no values, one twice, or a name that is taken.
    """

    recipe: Recipe
    parameters: Mapping[str, Sequence[Any]]
    seeds: Sequence[int]

    def __post_init__(self) -> None:
        for name, values in self.parameters.items():
            if name in FIGURES:
                raise ValueError(f"{name} is a column of the results, and no parameter")
            _check(f"values of {name}", list(map(repr, values)))
        _check("seeds", self.seeds)
        if any(isinstance(s, bool) or not isinstance(s, int) or s < 0 for s in self.seeds):
            raise ValueError(f"seeds must be whole numbers >= 0, got {list(self.seeds)[:5]}")

    def __len__(self) -> int:
        total = len(self.seeds)
        for values in self.parameters.values():
            total *= len(values)
        return total

    def cell(self, number: int) -> Cell:
        """Give one cell; they are numbered from 0."""
        rest, place = divmod(number, len(self.seeds))
        chosen: dict[str, Any] = {}
        for name in reversed([*self.parameters]):
            rest, at = divmod(rest, len(self.parameters[name]))
            chosen[name] = self.parameters[name][at]
        return Cell(number, {name: chosen[name] for name in self.parameters}, self.seeds[place])

    def cells(self) -> Iterator[Cell]:
        """Give all of them, one by one."""
        return map(self.cell, range(len(self)))

    def check(self) -> None:
        """Found a society with each value, so that none is refused in the middle of the sweep.

        Raises:
            AntiphonError, ValueError, TypeError: a value, or what all have, does not do.
        """
        first = self.cell(0)
        trials = [first.parameters]
        for name, values in self.parameters.items():
            trials += [{**first.parameters, name: value} for value in values[1:]]
        for trial in trials:
            self.recipe.changed(trial).society(first.seed).stop()

    def to_dict(self) -> dict[str, Any]:
        """Give all that two sweeps must share so that one goes on with the other."""
        layers = Layers.read(self.recipe.config)
        return {
            "version": 1,
            "antiphon": version("antiphon"),
            "recipe": self.recipe.to_dict(),
            "parameters": {name: list(values) for name, values in self.parameters.items()},
            "order": list(self.parameters),
            "seeds": list(self.seeds),
            "config": {name: dict(values) for name, values in layers.file.items()},
            "environ": dict(layers.environ),
        }


def seeds_of(given: int | str | Iterable[int]) -> Sequence[int]:
    """Read seeds: how many, from 0 on; ``3..9``; ``1,5,7``; or the seeds themselves.

    Raises:
        ValueError: they are something else.
    """
    if isinstance(given, str):
        return _parsed(given)
    if isinstance(given, int):
        if isinstance(given, bool) or given < 1:
            raise ValueError(f"seeds must be at least one, got {given!r}")
        return range(given)
    return tuple(given)


def _parsed(text: str) -> Sequence[int]:
    first, dots, last = text.partition("..")
    try:
        if dots:
            return range(int(first), int(last) + 1)
        return seeds_of(int(text)) if "," not in text else tuple(map(int, text.split(",")))
    except ValueError as error:
        raise ValueError(f"seeds are 20, 0..19 or 1,5,7, got {text!r}") from error


def _check(what: str, values: Sequence[Any]) -> None:
    if not values or len(set(values)) < len(values):
        raise ValueError(f"{what} must be one or more, none of them twice")
