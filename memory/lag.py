"""Whether windows take effect soon enough for memories not to overflow meanwhile."""

from __future__ import annotations

from ..logs import get_logger
from .settings import MemorySettings

log = get_logger(__name__)


def check_lag(settings: MemorySettings) -> None:
    """Warn where experiences will have to go unconsolidated, however quick the work is."""
    if settings.consolidate and settings.lag > settings.longest_lag:
        log.warning(
            "consolidation.falls_behind",
            consolidation_lag=settings.lag,
            keeps_up_with=settings.longest_lag,
            consolidation_window=settings.window,
            consolidation_threshold=settings.threshold,
            memory_size=settings.memory_size,
        )
