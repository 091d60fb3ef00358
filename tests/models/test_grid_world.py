import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from antiphon.errors import AgentIdError
from antiphon.models.grid_map import STAY
from antiphon.models.grid_world import GridWorld, StepResult
from antiphon.models.sheet import side_by_side
from gymnasium.error import ResetNeeded
from pettingzoo.test import parallel_api_test, parallel_seed_test

EMPTY, WALL, GOAL = range(3)


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


def test_what_everyone_is_shown_is_found_side_by_side_until_the_next_step() -> None:
    world = GridWorld(6, agents=8)
    first, _ = world.reset(seed=1)
    shown = list(first.values())
    table = side_by_side(shown[2:7])
    assert table is not None
    before = [row.tolist() for row in shown]
    assert table.tolist() == before[2:7]
    then, *_ = world.step({})
    assert side_by_side(list(then.values())) is not None
    assert side_by_side(shown) is None
    assert [row.tolist() for row in shown] == before, "what was shown stays as it was"


@pytest.mark.parametrize("agents", [1, 50])
def test_pettingzoo_finds_nothing_to_complain_about(agents: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(GridWorld(agents=agents, max_steps=100), num_cycles=250)
        parallel_seed_test(lambda: GridWorld(agents=agents))


def test_equal_seeds_give_equal_episodes_bit_for_bit() -> None:
    assert_same(episode(seed=5), episode(seed=5))


def test_different_seeds_give_different_episodes() -> None:
    one, other = episode(seed=5), episode(seed=6)
    rows = [[np.array(list(step[0].values())) for step in told] for told in (one, other)]
    assert not np.array_equal(*rows)


def test_unseeded_resets_go_on_with_the_seeded_stream() -> None:
    told = []
    for _ in range(2):
        world = GridWorld(agents=3, max_steps=5)
        world.reset(seed=8)
        told.append([(world.reset(), play(world)) for _ in range(4)])
    assert_same(*told)
    starts = [first[0]["agent-1"].tolist() for first, _ in told[0]]
    assert len({tuple(start) for start in starts}) == 4


def test_worlds_that_were_never_seeded_differ() -> None:
    starts = [GridWorld(agents=50) for _ in range(2)]
    for world in starts:
        world.reset()
    assert not np.array_equal(starts[0].positions, starts[1].positions)


def test_the_map_is_the_same_in_all_episodes_and_depends_on_the_layout() -> None:
    world = GridWorld(agents=1, layout=4)
    before = world.map
    world.reset(seed=1)
    world.reset(seed=2)
    assert world.map is before
    assert not np.array_equal(world.map.walls, GridWorld(layout=5).map.walls)


def test_everyone_has_the_same_spaces_and_observations_are_in_them() -> None:
    world = GridWorld(agents=4)
    observations, _ = world.reset(seed=1)
    assert world.observation_space("agent-1") is world.observation_space("agent-4")
    assert world.action_space("agent-1") is world.action_space("agent-4")
    assert world.observation_space("agent-1").nvec.tolist() == [100] + [3] * 25
    for told in play(world, steps=30):
        observations = told[0]
        assert all(world.observation_space(a).contains(o) for a, o in observations.items())


def test_all_are_truncated_at_the_last_step_and_then_nobody_is_there() -> None:
    world = GridWorld(agents=2, max_steps=3)
    world.reset(seed=1)
    told = play(world)
    assert [set(step[3].values()) for step in told] == [{False}, {False}, {True}]
    assert not any(any(step[2].values()) for step in told)
    assert world.agents == []
    with pytest.raises(ResetNeeded, match="call reset first"):
        world.step({})
    world.reset()
    assert world.agents == world.possible_agents == ["agent-1", "agent-2"]


def test_what_is_handed_out_is_plain_and_its_own() -> None:
    world = small_world()
    _, rewards, _, _, infos = world.step({})
    assert {type(reward) for reward in rewards.values()} == {float}
    infos["agent-1"]["mine"] = rewards["agent-1"] = 1
    _, rewards, _, _, infos = world.step({})
    assert infos == {"agent-1": {}, "agent-2": {}, "agent-3": {}}
    assert rewards["agent-1"] in (0.0, 1.0)


def test_observations_are_locked_rows_of_one_array() -> None:
    world = small_world()
    for observations in (world.reset()[0], world.step({})[0]):
        one, two, _ = observations.values()
        assert one.base is two.base
        assert one.dtype == np.int64
        with pytest.raises(ValueError, match="read-only"):
            one[0] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            one.flags.writeable = True


def test_default_densities_hold_at_every_size() -> None:
    for size, goals, walls in ((3, 1, 1), (10, 5, 12), (20, 20, 48), (45, 101, 243)):
        world = GridWorld(size, agents=1)
        world.reset(seed=1)
        assert len(world.goal_cells) == goals
        assert world.map.walls.sum() == walls


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


def test_nothing_happens_before_the_first_reset() -> None:
    world = GridWorld(agents=1)
    for early in (lambda: world.step({}), world.get_state, lambda: world.positions):
        with pytest.raises(ResetNeeded, match="call reset first"):
            early()


def test_an_open_world_waits_for_its_agents() -> None:
    world = GridWorld()
    assert world.possible_agents == []
    with pytest.raises(RuntimeError, match="populate"):
        world.reset(seed=1)
    world.populate(["explorer-2", "explorer-1"])
    observations, _ = world.reset(seed=1)
    assert list(observations) == world.agents == ["explorer-2", "explorer-1"]
    with pytest.raises(RuntimeError, match="before its first reset"):
        world.populate(["late"])


def test_only_an_open_world_can_be_populated() -> None:
    with pytest.raises(RuntimeError, match="agents=None"):
        GridWorld(agents=2).populate(["a"])


def test_agents_are_named_by_list_or_numbered() -> None:
    assert GridWorld(agents=["b", "a"]).possible_agents == ["b", "a"]
    assert GridWorld(agents=2).possible_agents == ["agent-1", "agent-2"]


@pytest.mark.parametrize(
    ("agents", "error", "rule"),
    [
        (0, ValueError, "agents must be at least 1, got 0"),
        ([], ValueError, "at least one"),
        (["a", "b", "a"], AgentIdError, "'a': is given twice"),
        (["A b"], AgentIdError, "'A b': must match"),
        ([1], AgentIdError, "1: must match"),
        ("abc", TypeError, "a list of ids, got 'abc'"),
        (2.5, TypeError, "a whole number, got 2.5"),
        (True, TypeError, "a whole number, got True"),
    ],
)
def test_agents_that_cannot_be_are_refused(agents: Any, error: type[Exception], rule: str) -> None:
    with pytest.raises(error, match=rule):
        GridWorld(agents=agents)
    with pytest.raises(error, match=rule):
        GridWorld().populate(agents)


@pytest.mark.parametrize(
    ("options", "error", "rule"),
    [
        ({"size": 2}, ValueError, "size must be at least 3, got 2"),
        ({"size": 10.0}, TypeError, "size must be a whole number, got 10.0"),
        ({"walls": 0.99}, ValueError, "walls must leave two free cells, got 99 of 100"),
        ({"walls": 0.95}, ValueError, "goals must be at most half of the 5 free cells, got 5"),
        ({"walls": 1.5}, ValueError, "walls must be in"),
        ({"goals": 0}, ValueError, "goals must be at least 1, got 0"),
        ({"goals": 45}, ValueError, "at most half of the 88 free cells, got 45"),
        ({"view": 4}, ValueError, "view must be odd and at least 3, got 4"),
        ({"fix_noise": 1.1}, ValueError, r"fix_noise must be in \[0, 1\], got 1.1"),
        ({"fix_noise": float("nan")}, ValueError, "fix_noise"),
        ({"layout": "a"}, TypeError, "layout must be a whole number, got 'a'"),
        ({"max_steps": 0}, ValueError, "max_steps must be at least 1, got 0"),
        ({"render_mode": "human"}, ValueError, "render_mode must be None, ansi or rgb_array"),
    ],
)
def test_a_world_that_cannot_be_is_refused(
    options: dict[str, Any], error: type[Exception], rule: str
) -> None:
    with pytest.raises(error, match=rule):
        GridWorld(**options)


def test_a_seed_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(TypeError, match=r"seed must be a whole number, got 1\.5"):
        GridWorld(agents=1).reset(seed=1.5)


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
