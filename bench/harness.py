"""Measures variants of the same work side by side in one run, and checks that it was done."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ..clock import Clock
from ..errors import WorkError


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of doing the work of a case."""

    name: str
    units: int
    """How many units of work, such as rounds, one repeat is made of."""
    run: Callable[[int], Any]
    """Does so many units and gives what came of it; this alone is timed."""
    check: Callable[[int, Any], str]
    """Says what is wrong with what came of so many units; empty if nothing is."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long as ours do theirs take? More is better."""

    name: str
    ours: str
    theirs: str
    target: float | None = None
    """What is to be reached at least; None where the ratio is for reference."""


@dataclass(frozen=True, slots=True)
class Case:
    """One size or setting of a bench, in which all variants do the same work."""

    name: str
    unit: str
    repeats: int
    variants: Callable[[], AbstractContextManager[Sequence[Variant]]]
    """Starts the variants, outside the timed part, and stops them after it."""
    ratios: tuple[Ratio, ...]


class Bench(Protocol):
    """A question; a module whose docstring asks it in its first sentence will do."""

    __doc__: str | None

    def cases(self, *, small: bool) -> Sequence[Case]:
        """Give what is to be measured; small is for trying out."""
        ...


class Watcher(Protocol):
    """Is told before each repeat; number 0 is the warm-up."""

    def begin(self, case: Case, variant: str, repeat: int) -> None: ...

    def end(self) -> None: ...


class Spread(NamedTuple):
    """The middle of some values, and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Sum up one value or more."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


@dataclass(frozen=True, slots=True)
class Measured:
    """The times of one case."""

    case: Case
    units: Mapping[str, int]
    """Units in a repeat, by variant."""
    seconds: Mapping[str, Sequence[float]]
    """Seconds per unit by variant, one for each repeat, in the order of the repeats."""

    def pairs(self, ratio: Ratio) -> list[float]:
        """Give the ratio of each repeat: neighbours in time share the machine's moods."""
        both = zip(self.seconds[ratio.theirs], self.seconds[ratio.ours], strict=True)
        return [theirs / ours for theirs, ours in both]


def measure(case: Case, clock: Clock, watcher: Watcher) -> Measured:
    """Warm up, then let the variants take turns: A B C A B C and so on.

    Raises:
        WorkError: a variant did not do its work.
    """
    with case.variants() as variants:
        seconds: dict[str, list[float]] = {variant.name: [] for variant in variants}
        for repeat in range(case.repeats + 1):
            for variant in variants:
                watcher.begin(case, variant.name, repeat)
                elapsed = _time(variant, clock)
                if repeat:
                    seconds[variant.name].append(elapsed / variant.units)
        return Measured(case, {variant.name: variant.units for variant in variants}, seconds)


def _time(variant: Variant, clock: Clock) -> float:
    # Nobody pays for the garbage of whoever ran before.
    gc.collect()
    started = clock.now()
    made = variant.run(variant.units)
    elapsed = clock.now() - started
    if wrong := variant.check(variant.units, made):
        raise WorkError(variant.name, wrong)
    return elapsed
