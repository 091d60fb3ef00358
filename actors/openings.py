"""What an agent answers from while a round is under way."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from ..models.state import copied_state


@runtime_checkable
class Answers(Protocol):
    """An agent that can be asked within a round: its state can be put into another like it."""

    def get_state(self) -> Any: ...

    def set_state(self, state: Any) -> None: ...

    def answer(self, question: Any, sender: str, context: Any) -> Any: ...


class Openings:
    """An agent's state as it was after its last call before a round.

    Written by whoever runs the agent, read by anybody: both states and the round between them
    are changed in one go. So an answer does not depend on which of two agents was called first.
    """

    __slots__ = ("_agent_id", "_states")

    def __init__(self, agent_id: str, agent: Answers) -> None:
        self._agent_id = agent_id
        state = self._state_of(agent)
        self._states: tuple[int, Any, Any] = (0, state, state)

    def publish(self, agent: Answers, round: int) -> None:
        """Keep the state after a call.

        Raises:
            StateError: it is no state.
        """
        _, _, after = self._states
        self._states = (round, after, self._state_of(agent))

    def at(self, round: int) -> Any:
        """Give a copy of the state at the opening of the round that is under way."""
        called_in, before, after = self._states
        return copied_state(before if called_in == round else after)

    def _state_of(self, agent: Answers) -> Any:
        return copied_state(agent.get_state(), agent_id=self._agent_id)
