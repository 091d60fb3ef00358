"""One agent as seen from outside."""

from __future__ import annotations

from typing import Any, Protocol


class Talks(Protocol):
    """Whoever can reach agents by id; a society."""

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

    def __repr__(self) -> str:
        return f"<agent {self.agent_id}>"
