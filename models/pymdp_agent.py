"""An agent of pymdp as it is: pymdp infers, plans, draws and learns, and nothing of ours does."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..errors import ObservationError
from . import chance
from .agent import Agent, Context, Place
from .experience import Experience
from .fit import check_fit
from .from_pymdp import check_steppable
from .observations import read_index, read_indices
from .pymdp_mind import NOTHING, Mind


class PymdpAgent(Agent):
    """Steps a ``pymdp.agent.Agent`` of pymdp 1.0.4 through whatever pymdp can do.

    An observation is a whole number, or an array, list or tuple with one for each modality. An
    action is a whole number where one factor is moved, else an array int64 with one for each.
    Beliefs follow the action that was really executed. Chance is that of the society, so that a
    run goes the same way again. It is for models that ``ActiveInference`` does not cover: each
    of its steps takes milliseconds, and the first ones of a process seconds.
    """

    def __init__(self, agent: Any, *, agent_id: str | None = None) -> None:
        """Make one.

        Args:
            agent: it is not changed; what is learned is learned by a copy.

        Raises:
            ModelError: it is no such agent, or is not made to be stepped by itself.
            MissingExtraError: pymdp is not installed.
        """
        check_steppable(agent, agent_id)
        self._mind = Mind(agent)
        self._sizes = tuple(int(n) for n in agent.num_obs)
        # Where several actions move one factor together, pymdp numbers their combinations.
        wide = agent.num_controls if agent.action_maps is None else agent.num_controls_multi
        controls = tuple(int(n) for n in wide)
        self._moved = [f for f, n in enumerate(controls) if n > 1] or [0]
        self._n_actions = tuple(controls[f] for f in self._moved)
        self._n_controls = len(controls)
        self.reset()
        self._compile(agent)

    @classmethod
    def create(cls, place: Place, *, agent: Any = None, **options: Any) -> Self:
        """Make one for a place, and check that the model fits its spaces.

        Raises:
            ModelError: there is no agent, it is none of pymdp's, or it does not fit.
        """
        made = cls(agent, agent_id=place.agent_id, **options)
        check_fit(made._n_actions, made._sizes, place)
        return made

    @property
    def agent(self) -> Any:
        """The agent of pymdp as it is now, with what it has learned."""
        return self._mind.agent

    @property
    def beliefs(self) -> list[Any]:
        """What it holds of each factor now: float arrays, shape (n_states,), copies."""
        return self._mind.beliefs

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode with the agent's D and the seed's random stream."""
        self._stream = chance.key(seed or 0, "action")
        self._step = 0
        self._mind.begin()

    def act(self, observation: Any, context: Context) -> Any:
        """Have pymdp infer, plan, draw and learn.

        Raises:
            ObservationError: the observation or an executed action does not fit the model;
                beliefs are as before.
        """
        seen = read_indices(observation, self._sizes, context.agent_id)
        moves = [self._move_of(one, context.agent_id) for one in context.lived]
        for move in moves:
            self._go(move)
        chosen = self._mind.look(seen, self._word())
        self._step += 1
        action = chosen[self._moved]
        return int(action[0]) if len(action) == 1 else action

    def _go(self, move: list[int] | None) -> None:
        if move is None:
            return
        if NOTHING in move:
            self._mind.begin()
        else:
            self._mind.move(move)

    def _word(self) -> int:
        return int(chance.uniform(self._stream, self._step) * 2**31)

    def _move_of(self, experience: Experience, agent_id: str) -> list[int] | None:
        """Give an entry for all that pymdp controls; None where nothing was done."""
        whole = [0] * self._n_controls
        if experience.last:
            return [NOTHING] * len(whole)
        if experience.executed is None:
            return None
        for f, entry in zip(self._moved, self._executed(experience, agent_id), strict=True):
            whole[f] = entry
        return whole

    def _executed(self, experience: Experience, agent_id: str) -> tuple[int, ...]:
        action, sizes, field = experience.executed, self._n_actions, "previous.executed"
        if len(sizes) == 1 and np.ndim(action) == 0:
            return (read_index(field, action, sizes[0], agent_id),)
        try:
            return read_indices(action, sizes, agent_id)
        except ObservationError as error:
            field = error.field.replace("observation", field)
            raise ObservationError(field, error.rule, agent_id=agent_id) from None

    def _compile(self, agent: Any) -> None:
        """Have JAX compile now, and not while a round waits."""
        self._mind.look([0] * len(self._sizes), 0)
        self._mind.move([0] * self._n_controls)
        self._mind = Mind(agent)
