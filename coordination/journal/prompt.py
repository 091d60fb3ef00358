"""Stands in front of an agent while a run is played again, and knows what it answered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import chain
from typing import Any

from ...actors.agent_actor import AgentActor
from ...actors.care.snapshots import Stateful
from ...actors.failures import describe
from ...actors.talk.openings import Answers
from ...models.agent import Context
from .front import Act, Front
from .lived import lives_in
from .states import is_back, put_back


class Prompt:
    """Answers for one agent what it answered, by calling it or, up to its state, without.

    Everything else goes on as ever: the agent is reset, and its answer counts in the round.

    Attributes:
        name: the agent's id.
        failed: why it cannot go on from its state; empty if it can.
    """

    __slots__ = ("_answers", "_front", "_host", "_insists", "_state_of", "_taken", "failed", "name")

    def __init__(
        self, host: AgentActor, state: tuple[int, Any] | None = None, *, insists: bool
    ) -> None:
        """Stand in front of an agent that is not being called.

        Args:
            state: the round in which it is given a state, and the state; until then nobody
                calls it. None if it is to be called in each.
            insists: whether what it answered counts, and not what it answers when it is called.
        """
        self.failed = ""
        self._host = host
        self._insists = insists
        self.name = host.name
        self._state_of: int = 0 if state is None else state[0]
        self._taken: Any = None if state is None else state[1]
        self._front: Front | None = None
        self._answers: Mapping[str, Any] = {}

    def prepare(self, round: int, answers: Mapping[str, Any]) -> bool:
        """Get ready for a round; whether it is needed there.

        Args:
            answers: what was answered in it, by id.
        """
        if self._taken is not None and round > self._state_of:
            self._taken = None
            if not self._insists:
                self.stop()
                return False
        self._answers = answers
        # One that was built anew has forgotten it.
        if self._front is None or not self._front.is_there:
            self._front = Front(self._host, self._before)
        return True

    def stop(self) -> None:
        """Have the agent act for itself."""
        if self._front is not None:
            self._front.leave()

    def _before(self, act: Act) -> Act:
        return partial(self._answer, act)

    def _answer(self, act: Act, observation: Any, context: Context) -> Any:
        if self._taken is None:
            answer = act(observation, context)
            return self._answers.get(self.name, answer)
        if context.round == self._state_of:
            self._put_back()
        return self._answers[self.name]

    def _put_back(self) -> None:
        """Give the agent its state; that it does not take it is for who plays the run to say."""
        try:
            put_back(self._host, self._taken)
            # Another version of the agent may say the same in other words.
            if not self._insists and not is_back(self._host, self._taken):
                self.failed = "it is not what it was: set_state lacks something"
        except Exception as error:  # noqa: BLE001  nobody but the agent knows what it may raise
            self.failed = describe(error)


def goes_by_state(host: AgentActor) -> bool:
    """Whether an agent's state is all there is to know of it between two calls."""
    agent = host.agent
    return (
        type(host) is AgentActor
        and isinstance(agent, Stateful)
        # Whoever asks it within a round asks for its state of an earlier one.
        and not isinstance(agent, Answers)
        # It would be told the end of what it has not lived.
        and not hasattr(agent, "episode_ended")
    )


def answers_in(values: list[Any], members: list[str]) -> dict[str, Any]:
    """Give by id what was answered in a round, counted or not.

    Args:
        values: those of its rows of kind "lived".
    """
    return {
        agent_id: lived.intended
        for agent_id, lived in zip(members, chain.from_iterable(map(lives_in, values)), strict=True)
        if lived.status in _ANSWERED
    }


def statuses_in(values: list[Any], members: list[str]) -> dict[str, str]:
    """Give by id how a round ended for its members; ``values`` as of ``answers_in``."""
    lives = chain.from_iterable(map(lives_in, values))
    return {agent_id: lived.status for agent_id, lived in zip(members, lives, strict=True)}


_ANSWERED = ("acted", "rejected")
