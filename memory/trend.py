"""Whether something grows: a straight line through its figures that no outlier bends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

FEWEST = 3
"""Points from which a trend is told."""
MOST = 256
"""Points that the fit looks at, since it looks at every two of them."""
NOTABLE = 0.1
"""A change over the time looked at, as a share of the level, from which it is one."""

Floats = npt.NDArray[np.float64]


class Direction(StrEnum):
    """Where it goes."""

    GROWING = "growing"
    STABLE = "stable"
    SHRINKING = "shrinking"
    UNKNOWN = "unknown"
    """There are too few figures to tell."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Where it goes, and how fast."""

    direction: Direction = Direction.UNKNOWN
    per_round: float = 0.0
    """The slope of the line, in units a round."""
    change: float = 0.0
    """What that comes to over the rounds looked at, as a share of the level there."""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return asdict(self)


def trend_of(
    rounds: Sequence[float], values: Sequence[float], *, notable: float = NOTABLE
) -> Trend:
    """Tell where values go, by the median slope between every two of them.

    Wild values, up to a quarter of all, do not turn it round. A change that is less than what
    the values scatter about the line is none.

    Args:
        rounds: ascending.
        values: one for each round, finite.
        notable: the change, as a share of the median level, from which it is no longer stable.

    Raises:
        ValueError: there are not as many values as rounds.

    Source: Theil (1950), Sen (1968).
    """
    _check_pairs(rounds, values)
    x, y = _even(rounds), _even(values)
    if len(x) < FEWEST or x[0] == x[-1]:
        return Trend()
    return _fitted(x, y, notable)


def trend_of_life(rounds: Sequence[float], values: Sequence[float]) -> Trend:
    """Tell where a memory's size goes, from what it was through its whole life.

    The later half counts, for every memory grows at first. One that is consolidated now and
    then goes up and down like a saw; it is judged by the tips of the teeth, for between two of
    them it always grows.

    Raises:
        ValueError: there are not as many values as rounds.
    """
    _check_pairs(rounds, values)
    half = len(rounds) // 2
    tips = _tips(values)
    if len(tips) < 2 or tips[-1] < half:
        return trend_of(rounds[half:], values[half:])
    later = [place for place in tips if place >= half]
    tips = later if len(later) >= FEWEST else tips
    # What it holds now is the tip of a tooth as well, if it is above the others.
    if values[-1] > max(values[place] for place in tips):
        tips.append(len(values) - 1)
    x, y = _even([rounds[place] for place in tips]), _even([values[place] for place in tips])
    return _fitted(x, y, NOTABLE)


def _check_pairs(rounds: Sequence[float], values: Sequence[float]) -> None:
    if len(rounds) != len(values):
        raise ValueError(f"a value for each round is needed, got {len(values)} for {len(rounds)}")


def _tips(values: Sequence[float]) -> list[int]:
    """Give the places from which the next value falls by something notable."""
    level = float(np.median(np.abs(values))) if len(values) else 0.0
    falls = NOTABLE * max(level, 1.0)
    return [
        place
        for place in range(1, len(values) - 1)
        if values[place] - values[place + 1] > falls and values[place] >= values[place - 1]
    ]


def _fitted(x: Floats, y: Floats, notable: float) -> Trend:
    slope = _median_slope(x, y)
    risen = slope * float(x[-1] - x[0])
    # A memory that was empty most of the time is judged by one whole thing.
    change = risen / max(float(np.median(np.abs(y))), 1.0)
    lower, upper = np.quantile(y - slope * x, (0.25, 0.75))
    if abs(change) < notable or abs(risen) < upper - lower:
        return Trend(Direction.STABLE, slope, change)
    return Trend(Direction.GROWING if change > 0 else Direction.SHRINKING, slope, change)


def _median_slope(x: Floats, y: Floats) -> float:
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    apart = run > 0
    if not apart.any():
        return 0.0
    return float(np.median((y[second] - y[first])[apart] / run[apart]))


def _even(values: Sequence[float]) -> Floats:
    every = np.asarray(values, np.float64)
    if len(every) > MOST:
        every = every[np.linspace(0, len(every) - 1, MOST).astype(int)]
    return every
