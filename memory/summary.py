"""The figures of all memories of a society together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from .agent_memory import AgentMemory
from .consolidations import ConsolidationStatistics
from .failures import MemoryFailures


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySummary:
    """What became of all that was lived: written = live + consolidated + evicted."""

    agents: int
    written: int
    live: int
    consolidated: int
    evicted: int
    evicted_by: dict[str, int]
    """The same by reason."""
    bytes: int
    """Of the experiences that are live."""
    items: int
    """What stands for those that were consolidated."""
    forgotten: int
    """Items that had to go again, for there were too many."""
    consolidations: int
    """Ranges that items took the place of."""
    calls: int
    """How often the strategy was called."""
    failed: int
    """Ranges of which it made nothing; they stayed as they were."""
    failed_cleanups: int
    """How often the clean-up broke; the oldest went in place of what it would have chosen."""
    ratio: float | None
    """Bytes of items by bytes of the experiences they stand for; None before the first."""

    @classmethod
    def of(
        cls,
        memories: Iterable[AgentMemory],
        work: ConsolidationStatistics,
        failures: MemoryFailures,
    ) -> Self:
        """Add up the figures of now."""
        each = [memory.statistics() for memory in memories]
        known = [memory.knowledge() for memory in memories]
        reasons: Counter[str] = Counter()
        for one in each:
            reasons.update(one.evicted_by)
        return cls(
            agents=len(each),
            written=sum(one.written for one in each),
            live=sum(one.current_size for one in each),
            consolidated=sum(one.consolidated for one in each),
            evicted=sum(one.evicted for one in each),
            evicted_by=dict(sorted(reasons.items())),
            bytes=sum(one.bytes for one in each),
            items=sum(one.items for one in known),
            forgotten=sum(one.forgotten for one in known),
            consolidations=sum(one.consolidations for one in each),
            calls=work.calls,
            failed=failures.consolidations,
            failed_cleanups=failures.cleanups,
            ratio=work.ratio,
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        """Give them in a line."""
        line = (
            f"{self.written:,} written = {self.live:,} live + {self.consolidated:,} consolidated "
            f"+ {self.evicted:,} evicted"
        )
        if self.ratio is not None:
            line += f"; {self.items:,} items in {self.ratio:.0%} of the room"
        failures = MemoryFailures(self.failed, self.failed_cleanups)
        return f"{line}; {failures}" if failures else line
