"""Where one agent's beliefs stand among those of the others with its model."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np

from ...errors import ModelError
from ..kernels.rows import BaseRows, Turn
from ..matrices import SUM_TOLERANCE, Array, Matrices
from ..profile import Profile


class Seat:
    """One row and its owner's way to it; not to be touched while it is being inferred.

    The row is free for others when nobody holds the seat any more.
    """

    __slots__ = ("_turn", "history", "row", "rows")

    def __init__(self, rows: BaseRows, row: int, history: int = 0) -> None:
        """Take a row.

        Args:
            history: of how many of the last steps the beliefs are kept.
        """
        self.rows = rows
        self.row = row
        self._turn: Turn | None = None
        self.history: deque[Array] | None = deque(maxlen=history) if history else None
        """What was believed after each of the last steps, oldest first; None if not kept."""

    def __del__(self) -> None:
        self.rows.release(self.row)

    def turn(self, observation: int, move: int) -> Turn:
        """Give the turn of one who acts alone, saw one number and moved once.

        It is the same object each time, so only what came last stands in it.
        """
        if self._turn is None:
            self._turn = Turn(
                np.array((self.row,), np.int64),
                np.zeros((1, 1), np.int64),
                np.zeros(1, np.int64),
                np.ones(1, np.int64),
            )
        self._turn.observations[0, 0] = observation
        self._turn.moves[0] = move
        return self._turn

    @property
    def beliefs(self) -> Array:
        """What is held of the state now: float64, shape (n_states,), a copy."""
        own: Array = self.rows.beliefs[self.row].copy()
        return own

    @property
    def surprise(self) -> float | None:
        """-ln p(observation | all before), in nats; None if the last was not taken in.

        With exact inference this is the variational free energy after the observation.
        """
        surprise = float(self.rows.surprise[self.row])
        return None if math.isnan(surprise) else surprise

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode with the model's D; None is the seed 0."""
        self.rows.reset(self.row, seed)

    def retune(self, profile: Profile) -> None:
        """Think by another profile of the same policy length; see ``Rows.retune``."""
        self.rows.retune(self.row, profile)

    def get_state(self) -> dict[str, Any]:
        """Give enough to go on from exactly here, as JSON values and an array."""
        step, stream = int(self.rows.step[self.row]), int(self.rows.stream[self.row])
        own = self.rows.get_state(self.row)
        return {"beliefs": self.beliefs, "step": step, "stream": stream, **own}

    def set_state(self, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on from a state; it is checked first.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        beliefs = state_vector(state, "beliefs", self.rows.beliefs[0].size, agent_id)
        parts = np.split(beliefs, np.cumsum(self.rows.parts)[:-1])
        if any(abs(part.sum() - 1.0) > SUM_TOLERANCE for part in parts):
            rule = "must sum to 1" if len(parts) == 1 else "must sum to 1 for each factor"
            raise ModelError("state['beliefs']", rule, agent_id=agent_id)
        step = _count(state, "step", 2**55, agent_id)  # chance.uniform shifts it by 8 bits
        stream = _count(state, "stream", 2**64, agent_id)
        self.rows.set_state(self.row, state, agent_id)
        self.rows.beliefs[self.row] = beliefs
        self.rows.step[self.row] = step
        self.rows.stream[self.row] = np.uint64(stream)
        self.rows.surprise[self.row] = np.nan


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


def _count(state: dict[str, Any], name: str, below: int, agent_id: str | None) -> int:
    value = state.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        rule = f"must be a whole number in 0..{below - 1}, got {value!r}"
        raise ModelError(f"state[{name!r}]", rule, agent_id=agent_id)
    return value
