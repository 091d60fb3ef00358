"""Explorers: where they hold themselves to be, what they remember, and what they earn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError, ObservationError
from antiphon.models.agent import Context, Place
from antiphon.models.crowds.explorer_crowd import ExplorerCrowd
from antiphon.models.experience import Experience
from antiphon.models.explorer import Explorer
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import STAY, GridMap
from antiphon.models.grid_world import GridWorld
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.profile import InferenceSettings, Profile
from antiphon.models.terrain import EXPECTED, FADING, Terrain, explorer_model
from antiphon.tests.models.foraging import Make, compare, forage
from antiphon.tests.models.kernels.cases import EVERY_KERNEL, kernel_of

CORRIDOR = GridMap(np.array([[0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 1, 1, 1]], bool))


def living_in(world: Any, **keywords: Any) -> Explorer:
    place = Place("scout", world)
    agent = Explorer.create(place, settings=InferenceSettings(**keywords))
    agent.reset(seed=1)
    return agent


def sight(grid: GridMap, cell: int, goals: set[int] = frozenset(), fix: int | None = None) -> Any:
    """What the world shows at a cell; computed cell by cell."""
    codes = [
        1 if seen < 0 or grid.walls.ravel()[seen] else 2 if seen in goals else 0
        for seen in grid.window[cell]
    ]
    return np.array([cell if fix is None else fix, *codes])


def after(executed: int) -> Context:
    return Context("scout", previous=Experience(0, None, None, executed, "", 0.0, False, False))


def corridor(**keywords: Any) -> Explorer:
    return living_in(SimpleNamespace(map=CORRIDOR), **{"selective_update_interval": 1, **keywords})


def state_of(agent: Explorer) -> tuple[Any, ...]:
    state = agent.get_state()
    return (
        state.pop("beliefs").tobytes(),
        state.pop("goal_memory").tobytes(),
        *sorted(state.items()),
    )


def test_its_model_is_the_worlds_own_law_of_position_fixes_and_walls() -> None:
    fix, walls = explorer_model(CORRIDOR).A
    assert fix[0, 0] == pytest.approx(0.8 + 3 * 0.05)  # three of four moves bump
    assert fix[1, 0] == pytest.approx(0.05)
    assert walls[:, 0].argmax() == 1 + 2 + 4  # north, south and west
    assert (explorer_model(CORRIDOR, 0.0).A[0] == np.eye(16)).all()


def test_the_world_says_how_often_fixes_are_off() -> None:
    exact = living_in(GridWorld(4, agents=1, fix_noise=0.0))
    assert exact.model.A[0].max(axis=0).min() == 1.0


def test_it_finds_out_where_it_is_from_a_fix_and_the_walls() -> None:
    agent = corridor()
    agent.act(sight(CORRIDOR, 8, fix=9), Context("scout"))  # a fix that is one cell off
    assert agent.beliefs.argmax() == 8
    assert agent.beliefs[8] > 0.99


def test_it_does_not_lose_its_way_while_updates_are_skipped() -> None:
    agent = corridor(selective_update_interval=50)
    agent.act(sight(CORRIDOR, 0), Context("scout"))
    for executed, cell in [(3, 1), (3, 2), (3, 3), (1, 7), (1, 11), (2, 10)]:
        agent.act(sight(CORRIDOR, cell, fix=0), after(executed))
        assert agent.beliefs.argmax() == cell


def test_what_it_sees_is_remembered_and_the_rest_fades_to_expectation() -> None:
    agent = corridor()
    agent.act(sight(CORRIDOR, 0, goals={2}), Context("scout"))
    first = agent.goal_memory
    assert (first[2], first[1], first[4]) == (1.0, 0.0, 0.0)
    assert first[[3, 11, 12]] == pytest.approx([EXPECTED] * 3)  # free, and out of sight
    assert first[15] == 0.0  # a wall
    agent.act(sight(CORRIDOR, 12), after(STAY))
    assert agent.goal_memory[2] == pytest.approx(1 + FADING * (EXPECTED - 1))


def test_the_window_is_remembered_on_skipped_updates_too() -> None:
    agent = corridor(selective_update_interval=50)
    agent.act(sight(CORRIDOR, 0), Context("scout"))
    agent.act(sight(CORRIDOR, 0, goals={1}), after(STAY))
    assert agent.goal_memory[1] == 1.0


def wanted_anywhere(name: str, terrain: Terrain, memory: Any) -> Any:
    """What one who may be anywhere would like to observe."""
    crowd = ExplorerCrowd(terrain, Compiled.of(terrain.model, 1), kernel_of(name))
    who, everywhere = np.zeros(1, np.int64), np.full((1, 16), 1 / 16)
    return crowd._goals.preferences(memory[None].copy(), who, everywhere)[0]


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_a_place_draws_by_the_best_goal_that_a_way_leads_to(name: str) -> None:
    terrain = Terrain(CORRIDOR, 3)
    memory = terrain.first_memory.copy()
    memory[[2, 10]] = 1.0
    wanted = wanted_anywhere(name, terrain, memory)
    for cell in CORRIDOR.free:
        distances = CORRIDOR.distances()[cell]
        pulls = [4.0 * memory[g] * 0.5 ** distances[g] for g in CORRIDOR.free]
        assert wanted[cell] == pytest.approx(max(pulls), abs=1e-15)
    assert (wanted[16:] == 0).all()


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("length", [1, 2])
def test_preferences_are_computed_wherever_a_policy_may_lead(name: str, length: int) -> None:
    agent = corridor(policy_length=length, backend=name)
    agent.act(sight(CORRIDOR, 8, goals={9}), Context("scout"))
    full = wanted_anywhere(name, agent._terrain, np.append(agent.goal_memory, 0.0))
    everywhere = agent.crowd.plan(agent.seat, full)
    assert np.count_nonzero(agent.preferences()) < np.count_nonzero(full)
    assert np.allclose(agent.plan().neg_efe, everywhere.neg_efe, rtol=0, atol=1e-12)


def test_it_goes_to_a_goal_and_stays_there() -> None:
    agent = corridor(profile="balanced")
    cell, previous = 0, Context("scout")
    for _ in range(12):
        action = agent.act(sight(CORRIDOR, cell, goals={10}), previous)
        cell, previous = int(CORRIDOR.moves[action, cell]), after(action)
    assert cell == 10


def test_a_new_episode_forgets_places_and_goals() -> None:
    agent, fresh = corridor(), corridor()
    agent.act(sight(CORRIDOR, 0, goals={1}), Context("scout"))
    agent.reset(seed=1)
    assert state_of(agent) == state_of(fresh)


def test_a_state_goes_on_from_exactly_there() -> None:
    agent, other = corridor(), corridor()
    agent.act(sight(CORRIDOR, 8, goals={9}), Context("scout"))
    other.set_state(agent.get_state())
    for executed, cell in [(STAY, 8), (3, 9), (STAY, 9)]:
        ours = agent.act(sight(CORRIDOR, cell), after(executed))
        assert ours == other.act(sight(CORRIDOR, cell), after(executed))
    assert state_of(agent) == state_of(other)


@pytest.mark.parametrize("memory", [None, [0.0], [2.0] * 16, [float("nan")] * 16])
def test_a_bad_goal_memory_is_refused_and_changes_nothing(memory: Any) -> None:
    agent = corridor()
    before = state_of(agent)
    with pytest.raises(ModelError, match=r"state\['goal_memory'\] must"):
        agent.set_state({**agent.get_state(), "goal_memory": memory})
    assert state_of(agent) == before


def replaced(entry: int, value: Any) -> list[Any]:
    observation = sight(CORRIDOR, 8).tolist()
    observation[entry] = value
    return observation


@pytest.mark.parametrize(
    ("field", "observation"),
    [
        ("observation", None),
        ("observation", 8),
        ("observation", {}),
        ("observation", sight(CORRIDOR, 8)[:25]),
        ("observation", sight(CORRIDOR, 8)[None]),
        ("observation", sight(CORRIDOR, 8).astype(float)),
        ("observation", [0] * 27),
        ("observation[0]", replaced(0, -1)),
        ("observation[0]", replaced(0, 16)),
        ("observation[0]", replaced(0, True)),
        ("observation[0]", np.array(replaced(0, -1))),
        ("observation[0]", np.array(replaced(0, 16))),
        ("observation[1]", np.array(replaced(1, -1))),
        ("observation[7]", np.array(replaced(7, 3))),
        ("observation[25]", replaced(25, None)),
        ("observation[25]", replaced(25, 1.0)),
    ],
)
def test_a_bad_observation_is_refused_and_changes_nothing(field: str, observation: Any) -> None:
    agent = corridor()
    agent.act(sight(CORRIDOR, 8, goals={9}), Context("scout"))
    before = state_of(agent)
    with pytest.raises(ObservationError) as caught:
        agent.act(observation, after(STAY))
    assert (caught.value.agent_id, caught.value.field) == ("scout", field)
    with pytest.raises(ObservationError, match=r"previous\.executed"):
        agent.act(sight(CORRIDOR, 8), after(5))
    assert state_of(agent) == before


def test_lists_and_arrays_of_any_whole_type_are_the_same_observation() -> None:
    seen = sight(CORRIDOR, 8, goals={9})
    forms = [seen, seen.tolist(), tuple(seen), seen.astype(np.uint8), list(seen)]
    agents = [corridor() for _ in forms]
    for agent, form in zip(agents, forms, strict=True):
        agent.act(form, Context("scout"))
    assert len({state_of(agent) for agent in agents}) == 1


@pytest.mark.parametrize("world", [None, object(), SimpleNamespace(map="plan.png")])
def test_a_world_without_a_map_is_refused_by_name(world: Any) -> None:
    with pytest.raises(ModelError, match="agent 'scout': world must have a map"):
        Explorer.create(Place("scout", world))


def test_explorers_of_one_map_share_all_but_their_own_state() -> None:
    world = GridWorld(agents=2)
    one, two = living_in(world), living_in(GridWorld(agents=5))
    assert one._terrain is two._terrain
    assert one.crowd is two.crowd
    assert one.crowd is not living_in(world, policy_length=2).crowd
    assert one.seat.rows.bytes_per_row <= 2 * 1024


def test_what_one_explorer_does_is_independent_of_who_else_exists() -> None:
    def record(others: int) -> list[bytes]:
        world = GridWorld(agents=1)
        agents = [living_in(world) for _ in range(1 + others)]
        observations, _ = world.reset(seed=4)
        previous, kept = None, []
        for _ in range(20):
            seen = observations["agent-1"]
            actions = [a.act(seen, Context(previous=previous)) for a in agents]
            kept.append(agents[0].beliefs.tobytes() + bytes(actions[:1]))
            observations, *_ = world.step({"agent-1": actions[0]})
            previous = Experience(0, seen, actions[0], actions[0], "", 0.0, False, False)
        return kept

    assert record(0) == record(7)


def test_retuned_it_goes_on_from_where_it_is_and_thinks_less() -> None:
    agent = corridor(profile="balanced", action_selection="deterministic")
    agent.act(sight(CORRIDOR, 8, goals={9}), Context("scout"))
    beliefs, memory, plan = agent.beliefs, agent.goal_memory, agent.plan()
    for length in (1, 2):
        tuned = Profile(policy_length=length, gamma=12, action_selection="deterministic")
        agent.retune(tuned)
        assert len(agent.plan().neg_efe) == 5**length
        assert np.array_equal(agent.beliefs, beliefs)
        assert np.array_equal(agent.goal_memory, memory)
    assert np.array_equal(agent.plan().neg_efe, plan.neg_efe)
    with pytest.raises(ValueError, match="policy_length must be <= 2"):
        agent.retune(Profile(policy_length=3))
    assert agent.profile is tuned


@pytest.mark.parametrize("backend", ["numpy", "auto"])
def test_a_retuned_seat_is_left_to_the_others(backend: str) -> None:
    agent = corridor(profile="balanced", backend=backend)
    before, crowd = len(agent.crowd), agent.crowd
    agent.retune(Profile(policy_length=1))
    assert len(crowd) == before - 1


def explorers(**keywords: Any) -> Make:
    settings = InferenceSettings(profile="fast", **keywords)
    return lambda place: Explorer.create(place, settings=settings)


def crippled(*, flat: bool = False, liking: float = 4.0) -> Make:
    """Make explorers that cannot tell where they are, or that like nothing."""
    terrains: dict[bytes, Terrain] = {}

    def make(place: Place) -> Explorer:
        grid: GridMap = place.world.map
        key = grid.walls.tobytes()
        if key not in terrains:
            model = flattened(explorer_model(grid)) if flat else explorer_model(grid)
            terrains[key] = Terrain(grid, 1, model=model, liking=liking)
        return Explorer(terrains[key], InferenceSettings(profile="fast"))

    return make


def flattened(model: GenerativeModel) -> GenerativeModel:
    likelihoods = [np.full_like(matrix, 1 / len(matrix)) for matrix in model.A]
    return GenerativeModel.deterministic(likelihoods, model.moves, D=model.D)


@pytest.mark.parametrize(("n", "seeds"), [(50, range(4)), (5, range(8))])
def test_explorers_earn_at_least_twice_what_random_agents_do(n: int, seeds: range) -> None:
    assert compare(explorers(), n=n, seeds=seeds).shows_skill


@pytest.mark.parametrize("n", [50, 5])
@pytest.mark.parametrize("cripple", [{"flat": True}, {"liking": 0.0}])
def test_without_information_or_preferences_the_same_check_fails(
    n: int, cripple: dict[str, Any]
) -> None:
    assert not compare(crippled(**cripple), n=n, seeds=range(4)).shows_skill


def test_the_crippled_ones_differ_from_explorers_in_nothing_else() -> None:
    assert forage(crippled(), n=5, seed=1) == forage(explorers(), n=5, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("n", [50, 5])
@pytest.mark.parametrize("interval", [1, 2])
def test_explorers_earn_twice_as_much_over_twenty_seeds(n: int, interval: int) -> None:
    make = explorers(selective_update_interval=interval)
    assert compare(make, n=n, seeds=range(20)).shows_skill


@pytest.mark.soak
@pytest.mark.parametrize("n", [50, 5])
@pytest.mark.parametrize("cripple", [{"flat": True}, {"liking": 0.0}])
def test_crippled_explorers_earn_no_more_than_random_over_twenty_seeds(
    n: int, cripple: dict[str, Any]
) -> None:
    result = compare(crippled(**cripple), n=n, seeds=range(20))
    assert not result.shows_skill
    assert result.ratio < 1.3
