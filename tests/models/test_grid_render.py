"""Grid worlds drawn as text and as pixels."""

from __future__ import annotations

import numpy as np
import pytest
from antiphon.models.grid_world import GridWorld
from antiphon.tests.models.grids import place, small_world


def test_text_shows_walls_goals_and_how_many_agents() -> None:
    world = GridWorld(4, agents=14, walls=0.07, goals=1, render_mode="ansi")
    world.reset(seed=0)
    wall = int(np.flatnonzero(world.map.walls)[0])
    one, two, three = (int(cell) for cell in world.map.free[:3])
    place(world, [one] * 2 + [two] * 12, [one])
    text = world.render().splitlines()
    assert text[0] == "step 0 of 500, 14 agents"
    cells = [row[k : k + 2] for row in text[1:5] for k in range(0, 8, 2)]
    assert (cells[wall], cells[one], cells[two], cells[three]) == ("##", "2*", "+.", " .")
    assert "goal" in text[-1]


def test_pixels_show_walls_goals_and_agents_apart() -> None:
    world = GridWorld(4, agents=3, walls=0.07, goals=1, render_mode="rgb_array")
    world.reset(seed=0)
    wall = int(np.flatnonzero(world.map.walls)[0])
    one, two, goal, empty = (int(cell) for cell in world.map.free[:4])
    place(world, [one, two, two], [goal])
    picture = world.render()
    assert picture.shape == (192, 192, 3)
    assert picture.dtype == np.uint8
    tiles = picture.reshape(4, 48, 4, 48, 3).swapaxes(1, 2).reshape(16, 48, 48, 3)
    middles = [tuple(tiles[cell, 24, 24].tolist()) for cell in (wall, one, two, goal, empty)]
    assert len(set(middles)) == 5
    dark = [(tiles[cell].sum(axis=-1) < 500).sum() for cell in (one, two)]
    assert dark[0] < dark[1]


@pytest.mark.parametrize("size", [3, 45, 120])
def test_pictures_of_any_size_are_neither_tiny_nor_huge(size: int) -> None:
    world = GridWorld(size, agents=5, render_mode="rgb_array")
    world.reset(seed=0)
    assert 100 < len(world.render()) < 800


def test_a_world_without_a_render_mode_draws_nothing_and_says_so() -> None:
    with pytest.warns(UserWarning, match="without render_mode"):
        assert small_world().render() is None
