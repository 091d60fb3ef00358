"""One agent's beliefs as time passes: executed actions, observations, and choices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import ModelError
from . import chance
from .agent import Context
from .engine import Engine
from .experience import Experience
from .matrices import SUM_TOLERANCE, Array, Matrices
from .observations import read_index
from .policies import Plan, best, sample
from .profile import Profile

_IMPOSSIBLE = 1e-300
"""What an observation that cannot be counts as, so that the surprise at it is a number."""
START = -1
"""In a list of past actions: a new episode began here."""


class Mind:
    """What an inferring agent keeps: beliefs, a step count and a random stream.

    ``past`` refuses before anything has changed; the others expect checked values.

    Attributes:
        beliefs: float64, shape (n_states,): p(state) after the last step; replaced in each
            step, never written into.
    """

    __slots__ = ("_sight", "_step", "_stream", "beliefs", "engine", "profile")

    def __init__(self, engine: Engine, profile: Profile) -> None:
        self.engine = engine
        self.profile = profile
        self.reset(None)

    def reset(self, seed: int | None) -> None:
        """Begin an episode with the model's D; None is the seed 0."""
        self.beliefs = self.engine.model.D
        self._stream = chance.key(seed or 0, "action")
        self._step = 0
        # What was expected and what was seen, as long as nobody has moved on from it.
        self._sight: tuple[Array, Sequence[int]] | None = None

    def retune(self, engine: Engine, profile: Profile) -> None:
        """Go on with the same beliefs, step and stream, thinking more or less."""
        self.engine = engine
        self.profile = profile

    def past(self, context: Context) -> list[int]:
        """List the actions executed since the last call, oldest first.

        Raises:
            ObservationError: one is not an action of the model.
        """
        lived = context.missed
        if context.previous is not None:
            lived = (*lived, context.previous)
        actions = []
        for experience in lived:
            if experience.last:
                actions.append(START)
            elif experience.executed is not None:  # else nothing was done that could move us
                actions.append(self._executed(experience, context.agent_id))
        return actions

    def move(self, actions: Sequence[int]) -> None:
        """Predict through B what was done, whether or not it was what we chose."""
        for action in actions:
            if action == START:
                self.beliefs = self.engine.model.D
            else:
                self.beliefs = self.engine.predict(self.beliefs, action)

    def see(self, observation: Sequence[int]) -> None:
        """Take in an observation, if this step is one of those that do."""
        self._sight = None
        if self._step % self.profile.selective_update_interval == 0:
            self._sight = self.beliefs, observation
            self.beliefs = self.engine.posterior(self.beliefs, observation)

    @property
    def surprise(self) -> float | None:
        """Give -ln p(observation | all before), in nats; None if the last was not taken in.

        With exact inference this is the variational free energy after the observation.
        """
        if self._sight is None:
            return None
        joint, observation = self._sight
        for matrix, outcome in zip(self.engine.model.A, observation, strict=True):
            joint = joint * matrix[outcome]
        return -math.log(max(float(joint.sum()), _IMPOSSIBLE))

    def plan(self, preferences: Array | None = None) -> Plan:
        """Score all policies from the present beliefs."""
        return self.engine.plan(self.beliefs, self.profile.gamma, preferences)

    def choose(self, preferences: Array | None = None) -> int:
        """Plan, choose the next action, and end the step."""
        actions = self.plan(preferences).actions
        step, self._step = self._step, self._step + 1
        if self.profile.action_selection == "deterministic":
            return best(actions)
        return sample(actions, self.profile.alpha, chance.uniform(self._stream, step))

    def get_state(self) -> dict[str, Any]:
        """Give enough to go on from exactly here, as JSON values and an array."""
        return {"beliefs": self.beliefs.copy(), "step": self._step, "stream": self._stream}

    def set_state(self, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on from a state; it is checked first.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        beliefs = state_vector(state, "beliefs", self.engine.model.n_states, agent_id)
        if abs(beliefs.sum() - 1.0) > SUM_TOLERANCE:
            raise ModelError("state['beliefs']", "must sum to 1", agent_id=agent_id)
        step, stream = (_count(state, name, agent_id) for name in ("step", "stream"))
        self.beliefs, self._step, self._stream = beliefs, step, stream

    def _executed(self, experience: Experience, agent_id: str) -> int:
        n_actions = self.engine.model.n_actions
        return read_index("previous.executed", experience.executed, n_actions, agent_id)


def state_vector(state: dict[str, Any], name: str, size: int, agent_id: str | None) -> Array:
    """Copy a vector of probabilities, not normalised, out of a state.

    Raises:
        ModelError: it is missing, has another shape, or holds what is no probability.
    """
    read, field = Matrices(agent_id), f"state[{name!r}]"
    vector = read.numbers(field, state.get(name), 1)
    if vector.size != size:
        read.refuse(field, f"must hold {size} numbers", vector.size)
    if not ((vector >= 0) & (vector <= 1 + SUM_TOLERANCE)).all():
        read.refuse(field, "must hold probabilities", f"{vector.min()} to {vector.max()}")
    return vector


def _count(state: dict[str, Any], name: str, agent_id: str | None) -> int:
    value = state.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        rule = f"must be a whole number >= 0, got {value!r}"
        raise ModelError(f"state[{name!r}]", rule, agent_id=agent_id)
    return value
