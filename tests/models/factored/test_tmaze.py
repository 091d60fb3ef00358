"""An agent that does not know where the reward is asks first."""

from __future__ import annotations

import numpy as np
import pytest
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.rows import FactoredRows
from antiphon.models.kernels.rows import Turn
from antiphon.models.profile import Profile
from antiphon.tests.models.factored.cases import EVERY_KERNEL, kernel_of
from antiphon.tests.models.factored.tmaze import CUE, LEFT, REWARD, TMaze, tmaze_model

TRIALS = 200


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("selection", ["deterministic", "stochastic"])
def test_the_cue_is_taken_first_and_then_the_reward(name: str, selection: str) -> None:
    rows = FactoredRows(FactoredCompiled.of(tmaze_model(), 2), TRIALS)
    profile = Profile(policy_length=2, gamma=8, alpha=8, action_selection=selection)
    worlds = [TMaze(np.random.default_rng(seed)) for seed in range(TRIALS)]
    assert 80 < sum(world.side for world in worlds) < 120
    who = np.array([rows.take(profile, seed) for seed in range(TRIALS)])
    moves, visits = np.zeros((0, 1), np.int64), []
    for _ in range(3):
        seen = np.array([world.observation for world in worlds])
        ends = np.arange(1, TRIALS + 1) if len(moves) else np.zeros(TRIALS, int)
        moves = kernel_of(name).step(rows, Turn(who, seen, moves, ends))
        for world, (action,) in zip(worlds, moves.tolist(), strict=True):
            world.step(action)
        visits.append([world.place for world in worlds])
    asked = [first == CUE for first in visits[0]]
    found = [world.got == REWARD for world in worlds]
    assert sum(a and f for a, f in zip(asked, found, strict=True)) >= 0.95 * TRIALS
    assert all(
        place == LEFT + w.side for place, w in zip(visits[1], worlds, strict=True) if w.got == 1
    )


def test_who_knows_where_the_reward_is_goes_there_at_once() -> None:
    rows = FactoredRows(FactoredCompiled.of(tmaze_model(), 2), 1)
    rows.take(Profile(policy_length=2, gamma=8, action_selection="deterministic"))
    rows.beliefs[0, 4:] = [0.0, 1.0]
    turn = Turn(np.zeros(1, int), np.zeros((1, 3), int), np.zeros((0, 1), int), np.zeros(1, int))
    assert kernel_of("numpy").step(rows, turn).tolist() == [[LEFT + 1]]
