"""What a watch looks at, moved by hand: the machine's clocks, and a pool without threads."""

from __future__ import annotations

import pytest
from antiphon.actors.workers import pool_watch as watch_module
from antiphon.actors.workers.pool import Pool, PoolLimits


class Times:
    """The machine's clocks, moved by hand."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def monotonic(self) -> float:
        return self.wall

    def process_time(self) -> float:
        return self.cpu

    def advance(self, share: float) -> None:
        """Let 2 ms pass, of which the process computes a share."""
        self.wall += 0.002
        self.cpu += 0.002 * share


class RecordingPool(Pool):
    """Has no threads, and notes what the watch has it do."""

    def __init__(self) -> None:
        super().__init__(PoolLimits())
        self.told: list[str] = []

    def widen(self) -> None:
        self.told.append("widen")

    def narrow(self) -> None:
        self.told.append("narrow")

    def _summon(self, count: int) -> int:
        return 0


def clocks(monkeypatch: pytest.MonkeyPatch) -> Times:
    """Give the watch clocks that the test moves."""
    times = Times()
    monkeypatch.setattr(watch_module, "time", times)
    return times
