"""Whose failure is whose."""

from __future__ import annotations

from collections.abc import Collection, Iterable


class Groups:
    """Says who goes with an agent that fails.

    By default nobody does: one for one. The members of a group go together: one for all.
    """

    def __init__(self, groups: Iterable[Collection[str]] = ()) -> None:
        """Form groups.

        Raises:
            ValueError: an agent is in two.
        """
        self._mates: dict[str, tuple[str, ...]] = {}
        for group in groups:
            mates = tuple(sorted(set(group)))
            for agent_id in mates:
                if agent_id in self._mates:
                    raise ValueError(f"agents must be in one group each, {agent_id} is in two")
                self._mates[agent_id] = mates

    def mates(self, agent_id: str) -> tuple[str, ...]:
        """Give all who go with this agent, itself included, sorted by id."""
        return self._mates.get(agent_id) or (agent_id,)

    def leave(self, agent_id: str) -> None:
        """Let an agent go with nobody any more."""
        others = tuple(i for i in self._mates.pop(agent_id, ()) if i != agent_id)
        self._mates.update(dict.fromkeys(others, others))
