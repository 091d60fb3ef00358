"""What is kept of an agent, and how it is built anew from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ...errors import RestartError, StateError
from ...models.agent import Agent
from ...models.state import copied_state
from ..failures import describe


@runtime_checkable
class Stateful(Protocol):
    """An agent whose state can be taken and put back."""

    def get_state(self) -> Any: ...

    def set_state(self, state: Any) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An agent's state as it was once; shares nothing with the agent."""

    round: int
    episode: int
    state: Any


class Snapshots:
    """Keeps the last snapshot of one agent; its host alone uses it, on its own thread."""

    __slots__ = ("_agent_id", "_interval", "due", "last")

    def __init__(self, agent_id: str, interval: int) -> None:
        """Start with none.

        Args:
            interval: in rounds.
        """
        if interval < 1:
            raise ValueError(f"interval must be >= 1 rounds, got {interval}")
        self._agent_id = agent_id
        self._interval = interval
        self.due = interval
        """From which round on the next one is to be taken."""
        self.last: Snapshot | None = None

    def take(self, agent: Stateful, *, round: int, episode: int) -> None:
        """Take a snapshot; if that fails, the one before stays.

        Rounds are counted from the first of all, not from the last snapshot, so agents that
        were busy fall into step again, and those of one group are of one round.

        Raises:
            StateError: ``get_state`` raised, or gave what is no state.
        """
        # First of all, or an agent that cannot give its state would fail in every round.
        self.due = (round // self._interval + 1) * self._interval
        try:
            state = agent.get_state()
        except Exception as error:  # an agent's code
            rule = f"raised {describe(error)}"
            raise StateError("get_state", rule, agent_id=self._agent_id) from error
        self.last = Snapshot(round, episode, copied_state(state, agent_id=self._agent_id))

    def revive(
        self, create: Callable[[], Agent], seed_of: Callable[[int], int], episode: int
    ) -> Agent:
        """Build the agent anew: reset, and given the last snapshot if there is one.

        A snapshot of an earlier episode is put back into that, and then the agent enters the
        present one as it would have.

        Args:
            seed_of: gives the agent's own seed of an episode.

        Raises:
            RestartError: the agent's own code raised.
        """
        snapshot = self.last
        begun = episode if snapshot is None else snapshot.episode
        agent: Any = self._do("create", create)
        self._do("reset", lambda: agent.reset(seed_of(begun)))
        if snapshot is not None:
            # A copy, for it may be needed again and the agent may write into it.
            self._do("set_state", lambda: agent.set_state(copied_state(snapshot.state)))
        if begun != episode:
            self._do("reset", lambda: agent.reset(seed_of(episode)))
        revived: Agent = agent
        return revived

    def _do(self, step: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:  # an agent's code, as above
            raise RestartError(self._agent_id, step, describe(error)) from error
