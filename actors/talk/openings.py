"""What an agent answers from while a round is under way."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

from ...models.state import copied_state


@runtime_checkable
class Answers(Protocol):
    """An agent that can be asked within a round: its state can be put into another like it."""

    def get_state(self) -> Any: ...

    def set_state(self, state: Any) -> None: ...

    def answer(self, question: Any, sender: str, context: Any) -> Any: ...


class Openings:
    """An agent's state as it was after its last call before a round.

    Written by whoever runs the agent, read by anybody: both states and the round between them
    are changed in one go, so an answer does not depend on which of two agents was called
    first. A call that raised leaves no state.
    """

    __slots__ = ("_agent_id", "_states")

    def __init__(self, agent_id: str, agent: Answers) -> None:
        self._agent_id = agent_id
        state = _Opening(0, self._state_of(agent))
        self._states: tuple[int, _Opening, _Opening] = (0, state, state)

    def publish(self, agent: Answers, round: int, episode: int = 0) -> None:
        """Keep the state after a call.

        Args:
            episode: the one that the agent is in.

        Raises:
            StateError: it is no state.
        """
        _, _, after = self._states
        self._states = (round, after, _Opening(episode, self._state_of(agent)))

    def at(self, round: int) -> Any:
        """Give a copy of the state at the opening of the round that is under way."""
        return copied_state(self._opening(round).state)

    def episode_at(self, round: int) -> int:
        """Give the episode of which this state is."""
        return self._opening(round).episode

    def _opening(self, round: int) -> _Opening:
        called_in, before, after = self._states
        return before if called_in == round else after

    def _state_of(self, agent: Answers) -> Any:
        return copied_state(agent.get_state(), agent_id=self._agent_id)


class _Opening(NamedTuple):
    """A state that is never written to, and the episode that it is of."""

    episode: int
    state: Any
