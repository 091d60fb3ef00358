"""A grid world goes on from its state bit for bit, and takes no state that does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from antiphon.models.grid_world import GridWorld
from antiphon.tests.models.grids import assert_same, play, small_world


def through_json(state: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return value.tolist() if isinstance(value, np.ndarray) else value

    return json.loads(json.dumps({key: plain(value) for key, value in state.items()}))


@pytest.mark.parametrize("carry", [lambda state: state, through_json])
def test_a_restored_world_goes_on_bit_for_bit_into_the_next_episode(
    carry: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    world = GridWorld(agents=20, max_steps=40)
    world.reset(seed=2)
    play(world, steps=17)
    state = carry(world.get_state())
    expected = [play(world), world.reset(), play(world)]
    for other in (GridWorld(max_steps=40), GridWorld(agents=20, max_steps=40), world):
        other.set_state(state)
        assert other.agents == world.possible_agents
        assert_same([play(other), other.reset(), play(other)], expected)


def test_a_state_shares_nothing_with_the_world() -> None:
    world = GridWorld(4, agents=30)
    world.reset(seed=1)
    state, kept = world.get_state(), world.get_state()
    play(world, steps=20)
    assert_same(state, kept)
    world.set_state(state)
    for name in ("positions", "goal_cells", "goal_due"):
        state[name][:] = 0
    assert_same(world.get_state(), kept)
    for name in ("positions", "goal_cells", "goal_due"):
        world.get_state()[name][:] = 0
    assert_same(world.get_state(), kept)


def test_the_state_of_an_ended_episode_is_an_ended_episode() -> None:
    world = GridWorld(agents=2, max_steps=4)
    world.reset(seed=1)
    play(world)
    other = GridWorld(agents=2, max_steps=4)
    other.set_state(world.get_state())
    assert other.agents == []
    assert_same(other.reset(), world.reset())


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"rules": {"size": 7}}, "of another world"),
        ({"agents": ["a", "b", "c"]}, "of other agents"),
        ({"positions": [1, 2]}, "2 positions for 3 agents"),
        ({"positions": [1, 2, 36]}, "positions must be free cells"),
        ({"goal_cells": [-1]}, "goal_cells must be free cells"),
        ({"goal_due": [0, 0]}, "goal_due must have an entry for each"),
        ({"rng": {"bit_generator": "MT19937"}}, "PCG64"),
        ({"rng": None}, "not the state"),
        ({"step": None}, "not the state"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(
    change: dict[str, Any], rule: str
) -> None:
    world = small_world()
    before = world.get_state()
    with pytest.raises(ValueError, match=rule):
        world.set_state({**before, **change})
    with pytest.raises(ValueError, match="another world"):
        world.set_state({})
    assert_same(world.get_state(), before)
