"""What the agents of one compiled model keep, a row each, side by side in arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .. import chance
from ..matrices import Array, Indices
from ..profile import Profile
from .compiled import Compiled

START = -1
"""In a list of past actions: a new episode began here."""

Streams = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


class BaseRows(ABC):
    """A fixed number of rows; whoever takes one owns it until it is released.

    Arrays are never moved, so that rows may be taken and released while others are inferred.
    An owner touches its own row alone, and not while the row waits to be inferred.

    Attributes:
        beliefs: float64, shape (capacity, n_beliefs).
        parts: how many beliefs belong together and sum to 1, one part after another.
        gamma: float64, shape (capacity,): precision of the choice between policies.
        alpha: float64, shape (capacity,): precision of stochastic choices between actions.
        interval: int64, shape (capacity,): beliefs take in every n-th observation.
        greedy: bool, shape (capacity,): whether the most probable action is taken, not drawn.
        step: int64, shape (capacity,): how many actions have been chosen in the episode.
        stream: uint64, shape (capacity,): from ``chance.key``.
        surprise: float64, shape (capacity,): -ln p(observation | all before), in nats, of the
            last step; NaN where that took no observation in.
        arrays: all of these but the parts, for compiled code.
    """

    def __init__(self, parts: tuple[int, ...], policy_length: int, capacity: int) -> None:
        self.beliefs: Array = np.zeros((capacity, sum(parts)))
        self.parts = parts
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
        self._policy_length = policy_length
        self._free = deque(range(capacity))

    def __len__(self) -> int:
        return len(self.beliefs) - len(self._free)

    @property
    def is_full(self) -> bool:
        return not self._free

    @property
    def bytes_per_row(self) -> int:
        """What one row takes in all arrays together."""
        return sum(int(array[0].nbytes) for array in self.arrays)

    def take(self, profile: Profile, seed: int | None = None) -> int:
        """Take the lowest row that was never used, else the one that was released first.

        Raises:
            IndexError: all are taken.
            ValueError: the profile plans another number of steps ahead.
        """
        row = self._free[0]
        self.retune(row, profile)  # may refuse; the row is free then as before
        self._renew(row)
        self.reset(row, seed)
        return self._free.popleft()

    def release(self, row: int) -> None:
        """Give a row back; its owner forgets its number."""
        self._free.append(row)

    def reset(self, row: int, seed: int | None = None) -> None:
        """Begin an episode with the row's D; what was learned stays. None is the seed 0."""
        self.beliefs[row] = self._start(row)
        self.stream[row] = chance.key(seed or 0, "action")
        self.step[row] = 0
        self.surprise[row] = np.nan

    def retune(self, row: int, profile: Profile) -> None:
        """Go on with the same beliefs, step and stream; the policy length stays as compiled.

        Raises:
            ValueError: the profile plans another number of steps ahead.
        """
        if profile.policy_length != self._policy_length:
            rule = f"must be {self._policy_length}, for which the model was compiled"
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
        """Give what a row keeps beside what all kinds of rows keep, as JSON values and arrays."""
        return {}

    def set_state(self, row: int, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on with that; it is checked first.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """

    @abstractmethod
    def _start(self, row: int) -> Array:
        """Give a row's D, shape (n_beliefs,)."""

    def _renew(self, row: int) -> None:
        """Forget what the owner before had for itself."""


class Rows(BaseRows):
    """Rows of agents that share all of a compiled model."""

    def __init__(self, compiled: Compiled, capacity: int) -> None:
        model, length = compiled.model, len(compiled.policies.prefixes)
        super().__init__((model.n_states,), length, capacity)
        self.compiled = compiled

    def _start(self, row: int) -> Array:
        return self.compiled.model.D


class Inferred(NamedTuple):
    """What some rows believe after a step, before they have chosen."""

    beliefs: Array
    """float64, shape (n, n_states)."""
    surprise: Array
    """float64, shape (n,): see ``BaseRows``."""


class Turn(NamedTuple):
    """What some rows are given for one step; checked by whoever makes it."""

    who: Indices
    """int64, shape (n,): rows, each at most once."""
    observations: Indices
    """int64, shape (n, n_modalities)."""
    moves: Indices
    """int64: the actions executed since each row's last step, or START, oldest first, all
    rows' one after another."""
    ends: Indices
    """int64, shape (n,): where each row's moves end."""
