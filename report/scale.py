"""From figures to places on a chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scale:
    """Lays the figures from ``low`` to ``high`` along a line from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        # One figure alone lies at the start.
        span = (self.high - self.low) or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def ticks(high: float, about: int = 4, *, low: float = 0.0, unit: float = 1.0) -> list[float]:
    """Give about so many round numbers from low to high, in steps of 1, 2 or 5 with zeros.

    Args:
        unit: what they are round numbers of.
    """
    if high <= low:
        return [low]
    raw = max((high - low) / about / unit, 1.0)
    power = 10.0 ** math.floor(math.log10(raw))
    step = unit * next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.ceil(low / step)
    return [step * place for place in range(first, math.floor(high / step) + 1)]


def thinned(points: Sequence[Point], columns: int) -> list[Point]:
    """Leave out what a line of so many columns would not show.

    Of each column the first, the last, the lowest and the highest point stay, so that no peak
    gets lost.
    """
    if len(points) <= 4 * columns:
        return list(points)
    kept: list[Point] = []
    for column in range(columns):
        start = column * len(points) // columns
        part = range(start, (column + 1) * len(points) // columns)
        places = {part[0], part[-1]}
        places |= {min(part, key=lambda at: points[at][1]), max(part, key=lambda at: points[at][1])}
        kept += [points[at] for at in sorted(places)]
    return kept
