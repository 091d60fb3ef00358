"""The law of every memory: written = live + consolidated + evicted."""

from __future__ import annotations

from ..errors import MemoryLawError
from .statistics import MemoryStatistics


def check_law(statistics: MemoryStatistics) -> None:
    """Make sure that no experience was lost or counted twice.

    Raises:
        MemoryLawError: one was; it names the agent and both sides.
    """
    live, consolidated, evicted = (
        statistics.current_size,
        statistics.consolidated,
        statistics.evicted,
    )
    if statistics.written != live + consolidated + evicted:
        raise MemoryLawError(
            statistics.agent_id,
            f"{statistics.written:,} written, but {live:,} live + {consolidated:,} consolidated "
            f"+ {evicted:,} evicted",
        )
    by_reason = sum(statistics.evicted_by.values())
    if by_reason != evicted:
        raise MemoryLawError(
            statistics.agent_id, f"{evicted:,} evicted, but {by_reason:,} under tombstones"
        )
    if not 0 <= statistics.frozen <= live:
        raise MemoryLawError(
            statistics.agent_id, f"{statistics.frozen:,} frozen, but {live:,} live"
        )
