"""One agent as seen from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ..memory.agent_memory import AgentMemory
    from ..memory.consolidation import Consolidated
    from ..memory.memories import Memories


class Talks(Protocol):
    """Whoever can reach agents by id; a society."""

    @property
    def memories(self) -> Memories: ...

    def remove(self, *agent_ids: str) -> list[str]: ...

    def tell(self, agent_id: str, message: Any) -> None: ...

    def ask(self, agent_id: str, question: Any, *, timeout: float | None = None) -> Any: ...


class Member:
    """An address to tell and ask, for ``society["trader-1"]``."""

    def __init__(self, society: Talks, agent_id: str) -> None:
        self._society = society
        self.agent_id = agent_id

    def tell(self, message: Any) -> None:
        """Tell the agent something; it hears it between two rounds."""
        self._society.tell(self.agent_id, message)

    def ask(self, question: Any, *, timeout: float | None = None) -> Any:
        """Ask the agent and wait for the answer; see ``Society.ask``."""
        return self._society.ask(self.agent_id, question, timeout=timeout)

    def remove(self) -> bool:
        """Take the agent out of the society; whether it ended in time. See ``Society.remove``."""
        return not self._society.remove(self.agent_id)

    @property
    def memory(self) -> AgentMemory:
        """What the agent remembers, for reading.

        Raises:
            MemoryOffError: the society keeps no memories.
        """
        return self._society.memories[self.agent_id]

    def should_consolidate(self) -> bool:
        """Whether it remembers so much that the oldest is to be replaced."""
        return self.memory.episodic.over_high_water

    def consolidate(self, *, force: bool = False) -> Consolidated | None:
        """Replace what it remembers by what that has in common, now and not in time.

        Between two steps; it takes as long as it takes. By itself the society does this where
        it is needed, and in nobody's way.

        Args:
            force: also where it need not be done.

        Returns:
            What came of it; None if there was nothing to do.

        Raises:
            ConsolidationError: the strategy failed, and nothing has changed.
            MemoryOffError: the society keeps no memories.
        """
        if not (force or self.should_consolidate()):
            return None
        return self._society.memories.consolidate(self.agent_id)

    def __repr__(self) -> str:
        return f"<agent {self.agent_id}>"
