"""A grid world as those who play in it meet it: who lives there, seeds, episodes, what is shown."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from antiphon.errors import AgentIdError
from antiphon.models.grid_world import GridWorld
from antiphon.models.sheet import side_by_side
from antiphon.tests.models.grids import assert_same, episode, play, small_world
from gymnasium.error import ResetNeeded
from pettingzoo.test import parallel_api_test, parallel_seed_test


def test_what_everyone_is_shown_is_found_side_by_side_until_the_next_step_but_one() -> None:
    world = GridWorld(6, agents=8)
    first, _ = world.reset(seed=1)
    shown = list(first.values())
    table = side_by_side(shown[2:7])
    assert table is not None
    before = [row.tolist() for row in shown]
    assert table.tolist() == before[2:7]
    then, *_ = world.step({})
    assert side_by_side(list(then.values())) is not None
    assert side_by_side(shown) is not None, "who writes the step down looks at it again"
    world.step({})
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
    infos["agent-1"]["mine"] = rewards["agent-1"] = 7
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
