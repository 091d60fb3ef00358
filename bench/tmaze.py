"""The T-maze as a workload, W2: a cue tells in which arm the reward is."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.factored.model import FactoredModel

CENTRE, CUE, LEFT, RIGHT = range(4)
NOTHING, REWARD, PAIN = range(3)
CUE_LEFT, CUE_RIGHT = 1, 2
"""What the cue shows; 0 elsewhere."""


def tmaze_model(*, sure: float = 0.98, reward: float = 3.0, pain: float = -3.0) -> FactoredModel:
    """Two factors, where I am and where the reward is; see where, what I get, and the cue."""
    where = np.zeros((4, 4, 2))
    where[np.arange(4), np.arange(4)] = 1.0
    outcome, cue = np.zeros((3, 4, 2)), np.zeros((3, 4, 2))
    outcome[NOTHING, [CENTRE, CUE]] = 1.0
    for side, arm in enumerate((LEFT, RIGHT)):
        outcome[REWARD, arm, side], outcome[PAIN, arm, side] = sure, 1 - sure
        outcome[REWARD, arm, 1 - side], outcome[PAIN, arm, 1 - side] = 1 - sure, sure
        cue[CUE_LEFT + side, CUE, side] = 1.0
    cue[0, [CENTRE, LEFT, RIGHT]] = 1.0
    return FactoredModel(
        A=[where, outcome, cue],
        B=[_moves(), np.eye(2)[:, :, None]],
        C=[np.zeros(4), [0.0, reward, pain], np.zeros(3)],
        D=[np.eye(4)[CENTRE], [0.5, 0.5]],
    )


def _moves() -> Any:
    """One goes anywhere from the centre and from the cue, and stays in an arm."""
    moves = np.zeros((4, 4, 4))
    for action in range(4):
        moves[action, [CENTRE, CUE], action] = 1.0
        moves[[LEFT, RIGHT], [LEFT, RIGHT], action] = 1.0
    return moves
