"""Two equal societies that play in turn, one of which has its memories consolidated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..clock import SystemClock
from ..coordination.outcome import Outcome, Status
from ..society import Society
from .agents import Adder

_SIZE, _THRESHOLD, _WINDOW = 200, 100, 50
_WARM_UP = 3 * _THRESHOLD
"""Rounds after which both have all that they hold for long, and ranges are under way."""


@dataclass(slots=True)
class Paired:
    """Seconds from call to call of each round, of both."""

    consolidating: list[float] = field(default_factory=list)
    without: list[float] = field(default_factory=list)
    calls: int = 0
    bound: float = 0.0
    """Experiences handed over, by the window."""
    wrong: str = ""

    @staticmethod
    def p99(seconds: list[float]) -> float:
        """Give the time that 99 of 100 rounds do not exceed."""
        return sorted(seconds)[min(len(seconds) - 1, int(0.99 * len(seconds)))]


@contextmanager
def paired_rounds(n: int) -> Iterator[Callable[[int], Paired]]:
    """Start both; playing gives what so many rounds of each took."""
    common: dict[str, Any] = {"dispatcher": "pooled", "tables": False, "memory_size": _SIZE}
    own: dict[str, Any] = {"consolidation_threshold": _THRESHOLD, "consolidation_window": _WINDOW}
    with Society(**common, **own) as ours, Society(**common, consolidate=False) as theirs:
        for society in (ours, theirs):
            society.add(Adder, ids=[f"agent-{k}" for k in range(1, n + 1)])
            society.start()
        pair = _Pair(ours, theirs, n)
        pair.play(_WARM_UP)
        yield pair.play


class _Pair:
    def __init__(self, ours: Society, theirs: Society, n: int) -> None:
        self._ours, self._theirs, self._n = ours, theirs, n
        self._round = 0

    def play(self, rounds: int) -> Paired:
        before = self._ours.memories.consolidations()
        paired = Paired()
        for _ in range(rounds):
            self._round += 1
            for society, seconds in (
                (self._ours, paired.consolidating),
                (self._theirs, paired.without),
            ):
                outcome, took = self._step(society)
                seconds.append(took)
                paired.wrong = paired.wrong or self._wrong(outcome)
        after = self._ours.memories.consolidations()
        # Since both began: what was under way before was called for meanwhile.
        paired.calls = after.calls
        paired.bound = after.experiences / _WINDOW
        done = _WINDOW * (after.consolidated - before.consolidated)
        # What was lived meanwhile is to have been consolidated meanwhile, or nothing is compared.
        if done < 0.9 * self._n * rounds:
            paired.wrong = f"{done:,} of {self._n * rounds:,} experiences were consolidated"
        return paired

    def _step(self, society: Society) -> tuple[Outcome, float]:
        observations = dict.fromkeys(society, self._round % 40)
        began = SystemClock.now()
        outcome = society.step(observations)
        return outcome, SystemClock.now() - began

    def _wrong(self, outcome: Outcome) -> str:
        acted = list(outcome.status.values()).count(Status.ACTED)
        return "" if acted == self._n else f"round {outcome.round}: {acted} acted"
