"""What agents experience in one step, as far as it can be learned from."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from ..factored.layout import Layout
from ..kernels.rows import START, Flags, Turn
from ..matrices import Array, Indices

STILL = -2
"""In place of an action: none led here."""


class Lesson(NamedTuple):
    """What some rows experienced in one step, to learn from."""

    who: Indices
    """int64, shape (n,): rows, each at most once."""
    seeing: Flags
    """bool, shape (n,): whose observation was taken in; the others learn nothing."""
    observations: Indices
    """int64, shape (n, n_modalities)."""
    actions: Indices
    """int64, shape (n, n_factors): the move from before to after; STILL where there
    was no single move between them."""
    before: Array
    """float64, shape (n, n_beliefs): what was believed when that move was chosen."""
    after: Array
    """float64, shape (n, n_beliefs): what is believed after the observation."""
    began: Flags
    """bool, shape (n,): for whom the episode's first observation was it."""


class Believers(Protocol):
    """Rows before the step is committed."""

    @property
    def beliefs(self) -> Array: ...

    @property
    def step(self) -> Indices: ...

    @property
    def interval(self) -> Indices: ...


def lesson_of(layout: Layout, rows: Believers, turn: Turn, after: Array) -> Lesson:
    """Say what can be learned from a turn, once it is inferred and before it is committed.

    Moves are learned from where there was exactly one since the last step: of those in
    between nobody knows where they led.

    Args:
        after: float64, shape (n, n_beliefs): what is believed after the turn.
    """
    who, observations, moves, ends = turn
    steps = rows.step[who]
    counts = ends.copy()
    counts[1:] -= ends[:-1]
    alone = (counts == 1).nonzero()[0]
    last = (moves if moves.ndim == 2 else moves[:, None])[ends[alone] - 1]
    has_begun = last[:, 0] == START
    moved, arrived = alone[~has_begun], alone[has_begun]
    actions = np.full((len(who), layout.n_factors), STILL)
    actions[moved] = 0
    actions[moved[:, None], layout.control_factors] = last[~has_begun]
    began = (counts == 0) & (steps == 0)
    began[arrived] = True
    seeing = steps % rows.interval[who] == 0
    return Lesson(who, seeing, observations, actions, rows.beliefs[who], after, began)
