"""What went wrong while memories were put in order: counted, and said once of each memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MemoryFailures:
    """How often plug-ins for memories failed; nothing that was lived went uncounted by that."""

    consolidations: int = 0
    """Ranges of which nothing was made; they stayed as they were."""
    cleanups: int = 0
    """Times that a clean-up broke; the oldest went in place of what it would have chosen."""
    last_error: str = ""

    def __bool__(self) -> bool:
        return bool(self.consolidations or self.cleanups)

    def __str__(self) -> str:
        """Give them in a few words; none where nothing failed."""
        told = {"consolidation": self.consolidations, "clean-up": self.cleanups}
        return ", ".join(f"{n:,} {what}{'s' * (n != 1)} failed" for what, n in told.items() if n)


class FailureBook:
    """Where failures are counted; one thread writes, any may read ``so_far``."""

    __slots__ = ("_told", "so_far")

    def __init__(self) -> None:
        self.so_far = MemoryFailures()
        self._told: set[str] = set()

    def add_consolidation(self, error: str) -> None:
        """Count one; whoever tried it has logged it."""
        count = self.so_far.consolidations + 1
        self.so_far = replace(self.so_far, consolidations=count, last_error=error)

    def add_cleanup(self, agent_id: str, round: int, error: str) -> None:
        """Count one; of each memory the first is logged, for all others are much the same."""
        count = self.so_far.cleanups + 1
        self.so_far = replace(self.so_far, cleanups=count, last_error=error)
        if agent_id not in self._told:
            self._told.add(agent_id)
            log.warning("cleanup.failed", agent=agent_id, round=round, error=error)
