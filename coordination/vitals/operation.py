"""What one operation has taken, in memory that does not grow with its calls."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ..records.histogram import Histogram


@dataclass(frozen=True, slots=True)
class OperationStatistics:
    """What one operation has taken so far, in milliseconds."""

    count: int
    """How often it ended, those that raised included."""
    failed: int
    """How often it raised."""
    total_ms: float
    avg_ms: float
    min_ms: float
    max_ms: float
    p50_ms: float
    p99_ms: float
    """Quantiles are exact to 1 %."""


class Operation:
    """The times of one operation; any thread may add and ask."""

    __slots__ = ("_count", "_failed", "_lock", "_max", "_min", "_times", "_total")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = self._failed = 0
        self._total, self._min, self._max = 0.0, float("inf"), 0.0
        self._times = Histogram()

    def add(self, seconds: float, *, failed: bool = False) -> None:
        """Take in how long it took once, and whether it raised."""
        with self._lock:
            self._count += 1
            self._failed += failed
            self._total += seconds
            self._min = min(self._min, seconds)
            self._max = max(self._max, seconds)
            self._times.add(seconds)

    def statistics(self) -> OperationStatistics | None:
        """Give the figures of now; None before the first time."""
        with self._lock:
            if not self._count:
                return None
            return OperationStatistics(
                count=self._count,
                failed=self._failed,
                total_ms=self._total * 1000,
                avg_ms=self._total / self._count * 1000,
                min_ms=self._min * 1000,
                max_ms=self._max * 1000,
                p50_ms=self._quantile(0.50) * 1000,
                p99_ms=self._quantile(0.99) * 1000,
            )

    def _quantile(self, share: float) -> float:
        # The middle of a bucket may lie outside of what there was.
        return min(max(self._times.quantile(share) or 0.0, self._min), self._max)
