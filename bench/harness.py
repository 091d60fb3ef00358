"""Measures variants of the same work side by side in one run, and checks that it was done."""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from ..clock import Clock
from ..errors import WorkError


def nothing() -> None:
    """Do nothing."""


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
    turn: Callable[[], AbstractContextManager[object]] = nullcontext
    """Open round each repeat, outside the timed part: starts and ends what would be in the
    way of the other variants."""
    starts: bool = False
    """Whether opening its turn is its start-up and nothing else, so that its time is told."""
    warm: Callable[[], object] = nothing
    """Called once its turn is open, before the timed part."""

    def __post_init__(self) -> None:
        if self.units < 1:
            raise ValueError(f"units of variant {self.name!r} must be >= 1, got {self.units}")


@dataclass(frozen=True, slots=True)
class Absent:
    """A variant that this machine does not bear."""

    name: str
    why: str


class Better(StrEnum):
    """Which way is better, as a value stands to its target."""

    MORE = ">="
    LESS = "<="

    def holds(self, value: float, target: float) -> bool:
        """Whether the value is as good as the target."""
        return value >= target if self is Better.MORE else value <= target


@dataclass(frozen=True, slots=True)
class Ratio:
    """How ours compares with theirs.

    Where more is better it is their time ÷ ours, and called ours_vs_theirs; where less is,
    it is our time ÷ theirs, and called ours_over_theirs.
    """

    name: str
    ours: str
    theirs: str
    target: float | None = None
    """What is to be reached; None where the ratio is for reference."""
    better: Better = Better.MORE
    guide: float | None = None
    """What the guide of another system states of itself, to be shown beside ours."""
    share_of: int = 1
    """What it is a share of: a speed-up of so many agents, by their number, is an efficiency."""

    @property
    def variants(self) -> tuple[str, str]:
        """Whose time is divided by whose."""
        return (self.theirs, self.ours) if self.better is Better.MORE else (self.ours, self.theirs)

    @property
    def meaning(self) -> str:
        return " / ".join([*self.variants, *([str(self.share_of)] if self.share_of > 1 else [])])

    def values(self, measured: Measured) -> list[float]:
        """Give the ratio of each repeat: neighbours in time share the machine's moods."""
        above, below = (measured.seconds[name] for name in self.variants)
        return [one / other / self.share_of for one, other in zip(above, below, strict=True)]


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something other than time that a variant's work shows, such as bytes or a share."""

    name: str
    variant: str
    meaning: str
    """What is counted, with its unit."""
    read: Callable[[Any], float]
    """Reads it off what came of one repeat."""
    better: Better
    target: float | None = None
    guide: float | None = None

    @property
    def variants(self) -> tuple[str]:
        """Whose work it shows."""
        return (self.variant,)

    def values(self, measured: Measured) -> Sequence[float]:
        """Give the quantity of each repeat."""
        return measured.quantities[self.name]


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long a unit of a variant takes, where the time itself is what people ask for."""

    name: str
    variant: str
    target: float | None = None
    guide: float | None = None
    meaning: str = "seconds a round"
    better: Better = Better.LESS

    @property
    def variants(self) -> tuple[str]:
        """Whose time it is."""
        return (self.variant,)

    def values(self, measured: Measured) -> Sequence[float]:
        """Give the seconds of each repeat."""
        return measured.seconds[self.variant]


Figure = Ratio | Quantity | Seconds


@dataclass(frozen=True, slots=True)
class Case:
    """One size or setting of a bench, in which all variants do the same work."""

    name: str
    unit: str
    repeats: int
    variants: Callable[[], AbstractContextManager[Sequence[Variant | Absent]]]
    """Starts the variants, outside the timed part, and stops them after it."""
    ratios: tuple[Figure, ...]
    """What is reported of it, by name, beside the times."""
    warm_ups: int = 1
    """Repeats that come first and do not count; 0 where variants warm up in their turn."""

    def __post_init__(self) -> None:
        for name, least in (("repeats", 1), ("warm_ups", 0)):
            if getattr(self, name) < least:
                came = getattr(self, name)
                raise ValueError(f"{name} of case {self.name!r} must be >= {least}, got {came}")


class Bench(Protocol):
    """A question; a module whose docstring asks it in its first sentence will do."""

    __doc__: str | None

    def cases(self, *, small: bool) -> Sequence[Case]:
        """Give what is to be measured; small is for trying out."""
        ...


class Watcher(Protocol):
    """Is told what is to come, and before each repeat; warm-ups have numbers up to 0."""

    def plan(self, cases: Sequence[Case]) -> None: ...

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
    """What was measured in one case."""

    case: Case
    units: Mapping[str, int]
    """Units in a repeat, by variant."""
    seconds: Mapping[str, Sequence[float]]
    """Seconds per unit by variant, one for each repeat, in the order of the repeats."""
    quantities: Mapping[str, Sequence[float]]
    """By name, one value for each repeat."""
    absent: Mapping[str, str]
    """Why a variant is missing, by its name."""
    starts: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Seconds to start, one for each repeat, of the variants that tell it."""

    def figures(self) -> list[tuple[Figure, Spread]]:
        """Give what could be measured."""
        return [
            (figure, Spread.of(figure.values(self)))
            for figure in self.case.ratios
            if not self.lacks(figure)
        ]

    def lacks(self, figure: Figure) -> str:
        """Say why a figure could not be measured; empty if it could."""
        missing = [name for name in figure.variants if name in self.absent]
        return "; ".join(f"no {name}: {self.absent[name]}" for name in missing)


def measure(case: Case, clock: Clock, watcher: Watcher) -> Measured:
    """Warm up, then let the variants take turns: A B C A B C and so on.

    Raises:
        ValueError: two variants have one name, or a figure is of one that there is not.
        WorkError: a variant did not do its work.
    """
    with case.variants() as offered:
        _check_names(case, [one.name for one in offered])
        variants = [variant for variant in offered if isinstance(variant, Variant)]
        taken = _Taken()
        for repeat in range(1 - case.warm_ups, case.repeats + 1):
            for variant in variants:
                watcher.begin(case, variant.name, repeat)
                once = _once(variant, case.ratios, clock)
                if repeat > 0:
                    taken.add(variant, once)
        return Measured(
            case,
            {variant.name: variant.units for variant in variants},
            taken.seconds,
            taken.quantities,
            {one.name: one.why for one in offered if isinstance(one, Absent)},
            taken.starts,
        )


def _check_names(case: Case, names: Sequence[str]) -> None:
    """See that each name is of one variant, before any of them takes its time."""
    known = ", ".join(names)
    if len(set(names)) < len(names):
        raise ValueError(f"case {case.name!r}: variants need names of their own, got {known}")
    for figure in case.ratios:
        for name in figure.variants:
            if name not in names:
                raise ValueError(
                    f"case {case.name!r}: figure {figure.name!r} is of {name!r}; there are {known}"
                )


class _Once(NamedTuple):
    """What came of one repeat."""

    start_seconds: float
    seconds: float
    shown: Mapping[str, float]


class _Taken:
    """What was measured so far, by name, in the order of the repeats."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.starts: dict[str, list[float]] = {}
        self.quantities: dict[str, list[float]] = {}

    def add(self, variant: Variant, once: _Once) -> None:
        self.seconds.setdefault(variant.name, []).append(once.seconds / variant.units)
        if variant.starts:
            self.starts.setdefault(variant.name, []).append(once.start_seconds)
        for name, value in once.shown.items():
            self.quantities.setdefault(name, []).append(value)


def _once(variant: Variant, figures: Sequence[Figure], clock: Clock) -> _Once:
    opened = clock.now()
    with variant.turn():
        start_seconds = clock.now() - opened
        variant.warm()
        # Nobody pays for the garbage of whoever ran before.
        gc.collect()
        started = clock.now()
        made = variant.run(variant.units)
        elapsed = clock.now() - started
        wrong = variant.check(variant.units, made)
        # One that forgets to say anything would let everything pass.
        if not isinstance(wrong, str):
            raise TypeError(f"check of variant {variant.name!r} must give a str, got {wrong!r}")
        if wrong:
            raise WorkError(variant.name, wrong)
    # What was made ends here: the next variant is not to run beside it.
    return _Once(start_seconds, elapsed, _shown(variant, figures, made))


def _shown(variant: Variant, figures: Sequence[Figure], made: Any) -> dict[str, float]:
    """Read off the quantities that the work of a variant shows."""
    shown = {
        figure.name: float(figure.read(made))
        for figure in figures
        if isinstance(figure, Quantity) and figure.variant == variant.name
    }
    for name, value in shown.items():
        if not math.isfinite(value):
            raise WorkError(variant.name, f"{name} must be finite, got {value}")
    return shown
