"""The T-maze as a world; its model is a workload of the benches."""

from __future__ import annotations

import numpy as np
from antiphon.bench.tmaze import (
    CENTRE,
    CUE,
    CUE_LEFT,
    LEFT,
    NOTHING,
    PAIN,
    REWARD,
    RIGHT,
    tmaze_model,
)

__all__ = [
    "CENTRE",
    "CUE",
    "CUE_LEFT",
    "LEFT",
    "NOTHING",
    "PAIN",
    "REWARD",
    "RIGHT",
    "TMaze",
    "tmaze_model",
]


class TMaze:
    """The world: one episode, in which the reward does not move."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.side = int(rng.integers(2))
        self.place = CENTRE

    def step(self, action: int) -> None:
        if self.place not in (LEFT, RIGHT):
            self.place = action

    @property
    def observation(self) -> tuple[int, int, int]:
        cue = CUE_LEFT + self.side if self.place == CUE else 0
        return self.place, self.got, cue

    @property
    def got(self) -> int:
        if self.place not in (LEFT, RIGHT):
            return NOTHING
        return REWARD if self.place == (LEFT, RIGHT)[self.side] else PAIN
