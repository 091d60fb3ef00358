"""One agent's memory as a whole: what it lived of late, and what it knows of all before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..models.experience import Experience
from .embedding import Embedding
from .episodic import EpisodicMemory
from .item import Item
from .law import check_law
from .recall import LATELY, Recalled, Recollection, Weights
from .remembered import Remembered
from .semantic import Provenance, SemanticMemory, SemanticStatistics
from .statistics import MemoryStatistics


class AgentMemory:
    """What one agent remembers; it may read this in its own ``act``, and anybody outside may.

    Reading changes nothing and may be done from any thread at any time.
    """

    __slots__ = ("_embedding", "_now", "_recollection", "episodic", "semantic")

    def __init__(
        self,
        episodic: EpisodicMemory,
        semantic: SemanticMemory,
        *,
        now: Callable[[], int],
        embedding: Embedding | None = None,
    ) -> None:
        """Put the two together.

        Args:
            now: gives the round of now, from which recency counts.
            embedding: what makes vectors of texts; by the words in them if None.
        """
        self.episodic = episodic
        self.semantic = semantic
        self._now = now
        self._embedding = embedding
        # Made when somebody recalls, which most agents never do.
        self._recollection: Recollection | None = None

    def recent(self, k: int = 10) -> list[Experience]:
        """Give the last k experiences, or all if they are fewer; the newest last."""
        return self.episodic.recent(k)

    def recall(self, query: Any, k: int = 5, *, weights: Weights | None = None) -> list[Recalled]:
        """Give the k memories that fit best, the best first; see ``Recollection.recall``."""
        if self._recollection is None:
            self._recollection = Recollection(
                self.semantic, lambda: self.episodic.latest(LATELY), embedding=self._embedding
            )
        return self._recollection.recall(query, k, now=self._now(), weights=weights)

    def why(self, item: str | Item | Recalled) -> Provenance:
        """Give the experiences that an item stands for.

        Args:
            item: the item, its id, or what ``recall`` gave.

        Raises:
            UnknownNameError: there is no such item, or it was forgotten.
            ValueError: that is an experience, which is still whole and stands for itself.
        """
        memory = item.memory if isinstance(item, Recalled) else item
        if isinstance(memory, Remembered):
            whole = f"experience {memory.sequence} is whole"
            raise ValueError(f"{whole}; only items stand for others")  # noqa: TRY004  a wrong one
        return self.semantic.why(memory)

    def items(self) -> Sequence[Item]:
        """Give what stands for experiences that are no more, in the order in which it came."""
        return self.semantic.items()

    def statistics(self) -> MemoryStatistics:
        """Give the figures of what it lived of late."""
        return self.episodic.statistics()

    def knowledge(self) -> SemanticStatistics:
        """Give the figures of what it knows."""
        return self.semantic.statistics()

    def check_law(self) -> None:
        """Make sure that nothing was lost or counted twice.

        Raises:
            MemoryLawError: something was.
        """
        check_law(self.episodic.statistics())
