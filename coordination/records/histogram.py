"""Quantiles of any number of times, in constant memory."""

from __future__ import annotations

import math
from collections import Counter

_STEP = math.log(1.01)


class Histogram:
    """Counts values in buckets that grow by one per cent, so quantiles are that exact."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0

    def add(self, value: float) -> None:
        """Take in a value; those below a nanosecond count as one."""
        self._buckets[math.floor(math.log(max(value, 1e-9)) / _STEP)] += 1
        self.count += 1

    def quantile(self, share: float) -> float | None:
        """Give the value that this share of all values does not exceed; None when empty.

        Of few values the high quantiles are the highest: the one slow round in twenty is
        what p99 is asked for.
        """
        rank = max(1, math.ceil(share * self.count))
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return math.exp((bucket + 0.5) * _STEP)
        return None
