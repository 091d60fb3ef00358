"""What learning agents of one compiled model keep, a row each: beliefs, and a model of its own."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from .. import chance
from ..kernels.rows import Flags, Inferred, Streams
from ..matrices import Array, Indices
from ..profile import Profile
from .compiled import CompiledLearner
from .parameters import Parameters, Rules


class LearningRows:
    """A fixed number of rows, as ``kernels.rows.Rows``, with parameters that each row learns.

    Attributes:
        own: the parameters of each row.
        beliefs, gamma, alpha, interval, greedy, step, stream, surprise: as in ``Rows``.
        arrays: all of these but the parameters.
    """

    def __init__(self, compiled: CompiledLearner, capacity: int, rules: Rules) -> None:
        self.compiled = compiled
        self.own = Parameters(compiled.concentrations, capacity, rules)
        self.beliefs: Array = np.zeros((capacity, compiled.model.n_states))
        self.parts: tuple[int, ...] = (compiled.model.n_states,)
        self.gamma: Array = np.zeros(capacity)
        self.alpha: Array = np.zeros(capacity)
        self.interval: Indices = np.ones(capacity, np.int64)
        self.greedy: Flags = np.zeros(capacity, np.bool_)
        self.step: Indices = np.zeros(capacity, np.int64)
        self.stream: Streams = np.zeros(capacity, np.uint64)
        self.surprise: Array = np.full(capacity, np.nan)
        self.arrays = (
            self.beliefs,
            self.gamma,
            self.alpha,
            self.interval,
            self.greedy,
            self.step,
            self.stream,
            self.surprise,
        )
        self._free = deque(range(capacity))

    def __len__(self) -> int:
        return len(self.beliefs) - len(self._free)

    @property
    def is_full(self) -> bool:
        return not self._free

    @property
    def bytes_per_row(self) -> int:
        """What one row takes in all arrays together."""
        return sum(array[0].nbytes for array in (*self.arrays, *self.own.arrays))

    def take(self, profile: Profile, seed: int | None = None) -> int:
        """Take the lowest row that was never used, else the one that was released first.

        Raises:
            IndexError: all are taken.
            ValueError: the profile plans another number of steps ahead.
        """
        row = self._free[0]
        self.retune(row, profile)  # may refuse; the row is free then as before
        self.own.begin(row)
        self.reset(row, seed)
        return self._free.popleft()

    def release(self, row: int) -> None:
        """Give a row back; its owner forgets its number."""
        self._free.append(row)

    def reset(self, row: int, seed: int | None = None) -> None:
        """Begin an episode with the row's own D; what was learned stays. None is the seed 0."""
        self.beliefs[row] = self.own.starts[row]
        self.stream[row] = chance.key(seed or 0, "action")
        self.step[row] = 0
        self.surprise[row] = np.nan

    def retune(self, row: int, profile: Profile) -> None:
        """Go on with the same beliefs, step and stream; the policy length stays as compiled.

        Raises:
            ValueError: the profile plans another number of steps ahead.
        """
        length = self.compiled.policy_length
        if profile.policy_length != length:
            rule = f"must be {length}, for which the model was compiled"
            raise ValueError(f"policy_length {rule}, got {profile.policy_length}")
        self.gamma[row] = profile.gamma
        self.alpha[row] = profile.alpha
        self.interval[row] = profile.selective_update_interval
        self.greedy[row] = profile.action_selection == "deterministic"

    def commit(self, who: Indices, inferred: Inferred) -> None:
        """End a step: keep what was believed in it, and count it."""
        self.beliefs[who], self.surprise[who] = inferred
        self.step[who] += 1

    def get_state(self, row: int) -> dict[str, Any]:
        """Give what a row learned, as JSON values and arrays."""
        return self.own.get_state(row)

    def set_state(self, row: int, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on with what was learned elsewhere; it is checked first.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        self.own.set_state(row, state, agent_id)
