"""Small grid worlds, what happens in them at random, and whether two of them are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from antiphon.models.grid_world import GridWorld, StepResult


def random_actions(world: GridWorld, rng: np.random.Generator) -> dict[str, int]:
    return dict(zip(world.agents, rng.integers(5, size=len(world.agents)).tolist(), strict=True))


def play(world: GridWorld, steps: int = 10**6, seed: int = 1) -> list[StepResult]:
    """Play to the end with random actions, and return all that was handed out."""
    rng = np.random.default_rng(seed)
    told = []
    while world.agents and steps:
        told.append(world.step(random_actions(world, rng)))
        steps -= 1
    return told


def episode(seed: int, **options: Any) -> list[Any]:
    world = GridWorld(**{"agents": 7, "max_steps": 60, **options})
    return [world.reset(seed=seed), *play(world)]


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key, value in one.items():
            assert_same(value, other[key])
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        assert type(one) is type(other)
        assert np.array_equal(one, other)


def place(world: GridWorld, cells: Any, goals: list[int]) -> None:
    """Put agents and the goals that are there where a test wants them."""
    state = world.get_state()
    state["positions"][:] = cells
    state["goal_cells"][:] = goals
    world.set_state(state)


def small_world(agents: int = 3, goals: int = 1, **options: Any) -> GridWorld:
    world = GridWorld(6, agents=agents, goals=goals, walls=0.0, **options)
    world.reset(seed=0)
    return world
