"""What the agents of one factored model keep, a row each, side by side in arrays."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from .. import chance
from ..kernels.rows import Flags, Inferred, Streams
from ..matrices import Array, Indices
from ..profile import Profile
from .compiled import FactoredCompiled
from .parameters import KINDS


class FactoredRows:
    """A fixed number of rows; whoever takes one owns it until it is released.

    Arrays are never moved, so that rows may be taken and released while others are inferred.
    An owner touches its own row alone, and not while the row waits to be inferred. In a
    ``Turn`` moves have shape (n_moves, n_control_factors), a beginning START throughout.

    Attributes:
        beliefs: float64, shape (capacity, n_beliefs): of each factor one after another.
        gamma: float64, shape (capacity,): precision of the choice between policies.
        alpha: float64, shape (capacity,): precision of stochastic choices between actions.
        interval: int64, shape (capacity,): beliefs take in every n-th observation.
        greedy: bool, shape (capacity,): whether the most probable action is taken, not drawn.
        step: int64, shape (capacity,): how many actions have been chosen in the episode.
        stream: uint64, shape (capacity,): from ``chance.key``.
        surprise: float64, shape (capacity,): variational free energy after the observation of
            the last step, in nats, for one factor -ln p(observation | all before); NaN where
            that step took no observation in.
        arrays: all of these, for compiled code.
        parameters: what all share, and what is each row's own.
        tables: the policies as those that are here may share them; ``laid`` is the same for
            compiled code.
    """

    def __init__(
        self, compiled: FactoredCompiled, capacity: int, *, own: str = "", novelty: str = ""
    ) -> None:
        """Make them.

        Args:
            own: what each agent has for itself, letters of "ABCDE"; the rest is shared.
            novelty: "A", "B" or "AB": what is worth learning about.

        Raises:
            ValueError: a letter is none of these.
        """
        if not set(own) <= set(KINDS) or not set(novelty) <= {"A", "B"}:
            raise ValueError(f"own must be of ABCDE, novelty of AB, got {own!r} and {novelty!r}")
        self.compiled = compiled
        self.beliefs: Array = np.zeros((capacity, compiled.layout.n_beliefs))
        self.parts = compiled.layout.n_states
        self.gamma: Array = np.zeros(capacity)
        self.alpha: Array = np.zeros(capacity)
        self.interval: Indices = np.ones(capacity, np.int64)
        self.greedy: Flags = np.zeros(capacity, np.bool_)
        self.step: Indices = np.zeros(capacity, np.int64)
        self.stream: Streams = np.zeros(capacity, np.uint64)
        self.surprise: Array = np.full(capacity, np.nan)
        precisions = (self.gamma, self.alpha, self.interval, self.greedy)
        self.arrays = (self.beliefs, *precisions, self.step, self.stream, self.surprise)
        self.parameters = compiled.parameters
        if own or novelty:
            self.parameters = compiled.parameters.owned(capacity, own, novelty)
        # Equal effects of different moves are one only while nobody learns which they are.
        has_own_moves = "B" in own or "B" in novelty
        self.tables = compiled.own_tables if has_own_moves else compiled.tables
        self.laid: tuple[Indices, ...] = tuple(self.tables)
        self._free = deque(range(capacity))

    def __len__(self) -> int:
        return len(self.beliefs) - len(self._free)

    @property
    def is_full(self) -> bool:
        return not self._free

    @property
    def bytes_per_row(self) -> int:
        """What one row takes in all arrays together."""
        own = self.parameters.bytes_per_row
        return own + sum(int(array[0].nbytes) for array in self.arrays)

    def take(self, profile: Profile, seed: int | None = None) -> int:
        """Take the lowest row that was never used, else the one that was released first.

        Raises:
            IndexError: all are taken.
            ValueError: the profile plans another number of steps ahead.
        """
        row = self._free[0]
        self.retune(row, profile)  # may refuse; the row is free then as before
        self.parameters.restore(row, self.compiled.parameters)
        self.reset(row, seed)
        return self._free.popleft()

    def release(self, row: int) -> None:
        """Give a row back; its owner forgets its number."""
        self._free.append(row)

    def reset(self, row: int, seed: int | None = None) -> None:
        """Begin an episode with the row's D and what it has learned; None is the seed 0."""
        starts = self.parameters.starts
        self.beliefs[row] = starts[row if len(starts) > 1 else 0]
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

    def get_state(self, row: int) -> dict[str, Any]:
        """Give what there is beside beliefs, step and stream: nothing."""
        return {}

    def set_state(self, row: int, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on with that."""

    def commit(self, who: Indices, inferred: Inferred) -> None:
        """End a step: keep what was believed in it, and count it."""
        self.beliefs[who], self.surprise[who] = inferred
        self.step[who] += 1
