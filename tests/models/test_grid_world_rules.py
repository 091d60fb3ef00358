"""The rules of the grid world: moves, harvests, what is seen, and which actions there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import AgentIdError
from antiphon.models.grid_map import STAY
from antiphon.models.grid_world import GridWorld
from antiphon.tests.models.grids import assert_same, place, random_actions, small_world

EMPTY, WALL, GOAL = range(3)


def test_actions_move_north_south_west_east_and_stay() -> None:
    world = small_world(agents=5)
    place(world, [14] * 5, [35])
    world.step(dict(zip(world.agents, range(5), strict=True)))
    assert world.positions.tolist() == [8, 20, 13, 15, 14]


def test_a_goal_is_harvested_by_staying_on_it_and_not_by_stepping_on_it() -> None:
    world = small_world()
    place(world, [7, 13, 1], [7])
    rewards = world.step({"agent-1": 3, "agent-2": 0, "agent-3": STAY})[1]
    assert rewards == {"agent-1": 0.0, "agent-2": 0.0, "agent-3": 0.0}
    rewards = world.step({"agent-1": 2, "agent-2": STAY, "agent-3": 1})[1]
    assert rewards == {"agent-1": 0.0, "agent-2": 1.0, "agent-3": 0.0}


def test_a_bump_on_a_goal_is_no_staying() -> None:
    world = small_world(agents=1)
    place(world, [0], [0])
    assert world.step({"agent-1": 0})[1] == {"agent-1": 0.0}
    assert world.goal_cells.tolist() == [0]


def test_those_who_harvest_together_share_equally() -> None:
    world = small_world(agents=6, goals=2)
    place(world, [7, 7, 7, 20, 7, 0], [7, 20])
    actions = {"agent-1": 4, "agent-2": 4, "agent-3": 4, "agent-4": 4, "agent-5": 0, "agent-6": 4}
    assert list(world.step(actions)[1].values()) == [1 / 3, 1 / 3, 1 / 3, 1.0, 0.0, 0.0]


def test_a_harvested_goal_returns_two_steps_later_on_another_cell() -> None:
    landed = set()
    for seed in range(40):
        world = GridWorld(3, agents=1, goals=1, walls=0.0)
        world.reset(seed=seed)
        place(world, [4], [4])
        observations, rewards, *_ = world.step({"agent-1": STAY})
        assert rewards["agent-1"] == 1.0
        assert GOAL not in observations["agent-1"][1:]
        observations, rewards, *_ = world.step({"agent-1": STAY})
        assert rewards["agent-1"] == 0.0
        assert world.goal_cells.size == 0
        observations, rewards, *_ = world.step({"agent-1": STAY})
        assert rewards["agent-1"] == 0.0
        assert (observations["agent-1"][1:] == GOAL).sum() == 1
        landed |= set(world.goal_cells.tolist())
    assert landed == {0, 1, 2, 3, 5, 6, 7, 8}


def test_goals_are_never_lost_or_stacked_or_put_into_walls() -> None:
    world = GridWorld(5, agents=30, walls=0.2, goals=10, max_steps=300)
    world.reset(seed=3)
    rng = np.random.default_rng(0)
    away = 0
    while world.agents:
        world.step(random_actions(world, rng))
        cells = world.goal_cells
        assert len(set(cells.tolist())) == len(cells) <= 10
        assert np.isin(cells, world.map.free).all()
        away += 10 - len(cells)
    assert away > 300


def test_rewards_sum_to_the_goals_harvested() -> None:
    world = GridWorld(8, agents=40, max_steps=50)
    world.reset(seed=3)
    rng = np.random.default_rng(0)
    while world.agents:
        before = world.goal_cells
        stayers = world.positions
        actions = random_actions(world, rng)
        stayers = stayers[np.array(list(actions.values())) == STAY]
        rewards = world.step(actions)[1]
        assert sum(rewards.values()) == pytest.approx(np.isin(before, stayers).sum())


def test_window_shows_walls_the_outside_and_goals() -> None:
    world = GridWorld(6, agents=2, walls=0.2, goals=1, view=3, layout=1, fix_noise=0.0)
    world.reset(seed=0)
    here, goal = world.map.free[[0, 1]]
    place(world, [here, here], [goal])
    seen = world.step({"agent-1": STAY, "agent-2": STAY})[0]["agent-1"]
    padded = np.pad(np.where(world.map.walls, WALL, EMPTY), 1, constant_values=WALL)
    row, column = divmod(int(goal), 6)
    padded[row + 1, column + 1] = GOAL
    row, column = divmod(int(here), 6)
    assert seen[0] == here
    assert seen[1:].tolist() == padded[row : row + 3, column : column + 3].ravel().tolist()


@pytest.mark.parametrize("agents", [3, 100])
def test_everyone_sees_what_is_around_it_however_many_there_are(agents: int) -> None:
    world = GridWorld(5, agents=agents)
    observations, _ = world.reset(seed=4)
    goals, walls = set(world.goal_cells.tolist()), world.map.walls.ravel()
    for cell, seen in zip(world.positions, observations.values(), strict=True):
        around = world.map.window[cell].tolist()
        expected = [1 if c < 0 or walls[c] else 2 if c in goals else 0 for c in around]
        assert seen[1:].tolist() == expected


def test_the_fix_is_wrong_as_often_as_said_and_then_a_neighbour_move() -> None:
    world = GridWorld(9, agents=40_000, walls=0.12)
    observations, _ = world.reset(seed=4)
    fixes = np.array([seen[0] for seen in observations.values()])
    here = world.positions
    inner = world.map.adjacent_walls[here] == 0
    rates = [(fixes == move[here])[inner].mean() for move in world.map.moves]
    assert rates == pytest.approx([0.05, 0.05, 0.05, 0.05, 0.8], abs=0.01)
    assert (fixes == world.map.moves[:, here]).any(axis=0).all()


@pytest.mark.parametrize(("noise", "right"), [(0.0, 1.0), (1.0, 0.0)])
def test_the_noise_of_the_fix_can_be_turned_off_and_up(noise: float, right: float) -> None:
    world = GridWorld(9, agents=2_000, fix_noise=noise)
    observations, _ = world.reset(seed=4)
    fixes = np.array([seen[0] for seen in observations.values()])
    inner = world.map.adjacent_walls[world.positions] == 0
    assert (fixes == world.positions)[inner].mean() == right


def test_everyone_starts_on_a_free_cell() -> None:
    world = GridWorld(agents=2_000, walls=0.4)
    world.reset(seed=1)
    assert set(world.positions.tolist()) == set(world.map.free.tolist())


def test_agents_without_an_action_stay() -> None:
    told = []
    for action in ({}, {"agent-2": world_noop()}, dict.fromkeys(ids(3), STAY)):
        world = small_world()
        place(world, [7, 8, 9], [9])
        told.append(world.step(action))
        assert world.positions.tolist() == [7, 8, 9]
        assert told[-1][1]["agent-3"] == 1.0
    assert_same(told[0], told[1])
    assert_same(told[0], told[2])


def world_noop() -> int:
    assert GridWorld.partial_actions is True
    return GridWorld.noop_action


def ids(count: int) -> list[str]:
    return [f"agent-{k + 1}" for k in range(count)]


def test_the_order_of_the_actions_means_nothing() -> None:
    forth, back = small_world(), small_world()
    actions = {"agent-1": 0, "agent-2": 1, "agent-3": 4}
    assert_same(forth.step(actions), back.step(dict(reversed(actions.items()))))


def test_any_integer_type_is_an_action() -> None:
    worlds = [small_world(), small_world()]
    worlds[0].step({"agent-1": np.int32(1), "agent-2": np.array(3), "agent-3": np.int64(2)})
    worlds[1].step({"agent-1": 1, "agent-2": 3, "agent-3": 2})
    assert worlds[0].positions.tolist() == worlds[1].positions.tolist()


@pytest.mark.parametrize(
    "action", [5, -1, 2**70, 1.0, True, np.True_, None, "1", [1], np.array([1]), float("nan")]
)
def test_what_is_no_action_is_refused_by_agent_and_changes_nothing(action: Any) -> None:
    world, control = small_world(), small_world()
    with pytest.raises(ValueError, match=r"action of agent-2 must be a whole number in 0\.\.4"):
        world.step({"agent-1": 1, "agent-2": action})
    assert_same(world.get_state(), control.get_state())


def test_actions_of_strangers_are_refused() -> None:
    with pytest.raises(AgentIdError, match=r"'agent-9'.* not in this world"):
        small_world().step({"agent-1": 1, "agent-9": 1})
