"""A society plays other people's environments exactly as a bare loop would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import antiphon as ap
import numpy as np
import pytest
from antiphon.coordination.catalogue import environment_factory
from antiphon.coordination.environment import Environment
from antiphon.coordination.rollout import Step
from antiphon.errors import PluginError, UnknownNameError, WorldError
from antiphon.models import chance
from gymnasium import spaces

MPE2 = [
    "collect_treasure_v1",
    "simple_v3",
    "simple_adversary_v3",
    "simple_crypto_v3",
    "simple_formation_v1",
    "simple_line_v1",
    "simple_push_v3",
    "simple_reference_v3",
    "simple_speaker_listener_v4",
    "simple_spread_v3",
    "simple_tag_v3",
    "simple_world_comm_v3",
]


class Scripted(ap.Agent):
    """Walks through its actions in order."""

    def __init__(self, space: Any) -> None:
        self.space = space

    @classmethod
    def create(cls, place: ap.Place) -> Scripted:
        return cls(place.action_space)

    def reset(self, seed: int | None = None) -> None:
        self.turn = 0

    def act(self, observation: Any, context: ap.Context) -> int:
        self.turn += 1
        return self.turn % int(self.space.n)


class Diary:
    """A progress display that keeps every step."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def begin(self, total: int | None, unit: str) -> None:
        pass

    def advance(self, done: int, step: Step) -> None:
        self.steps.append(step)

    def end(self) -> None:
        pass


def bare_loop(name: str, kind: type[ap.Agent], seed: int, episodes: int) -> Iterator[Any]:
    """Give (observation, action, reward, terminated, truncated) by agent, step by step."""
    env = environment_factory(name)()
    agents = {
        agent: kind.create(
            ap.Place(agent, env, env.observation_space(agent), env.action_space(agent))
        )
        for agent in env.possible_agents
    }
    for episode in range(episodes):
        observations, _ = env.reset(seed=chance.seed_for(seed, "environment", episode))
        observations = {agent: np.array(seen) for agent, seen in observations.items()}
        for agent_id, agent in agents.items():
            agent.reset(chance.seed_for(seed, agent_id, "reset", episode))
        while env.agents:
            context = ap.Context()
            actions = {a: agents[a].act(observations[a], context) for a in env.agents}
            seen = observations
            observations, rewards, ended, cut, _ = env.step(actions)
            observations = {agent: np.array(seen) for agent, seen in observations.items()}
            yield {a: (seen[a], actions[a], rewards[a], ended[a], cut[a]) for a in actions}
    env.close()


@pytest.mark.parametrize("dispatcher", ["threaded", "inline"])
@pytest.mark.parametrize("kind", [ap.RandomAgent, Scripted])
@pytest.mark.parametrize("task", MPE2)
def test_every_mpe2_task_runs_bit_for_bit_like_a_bare_loop(
    task: str, kind: type[ap.Agent], dispatcher: str
) -> None:
    name = f"mpe2/{task}"
    diary = Diary()
    with ap.Society(name, seed=5, dispatcher=dispatcher) as society:
        society.add(kind)
        run = society.run(episodes=2, progress=diary)
    assert set(run.outcomes) == {"acted"}
    expected = list(bare_loop(name, kind, seed=5, episodes=2))
    assert len(expected) == len(diary.steps) == 50
    for step, bare in zip(diary.steps, expected, strict=True):
        for agent_id, lived in step.experiences.items():
            observation, action, reward, ended, cut = bare[agent_id]
            assert lived.observation.tobytes() == observation.tobytes()
            assert lived.executed == action
            assert (lived.reward, lived.terminated, lived.truncated) == (reward, ended, cut)


def test_mpe2_has_no_task_that_this_test_leaves_out() -> None:
    from mpe2.all_modules import mpe_environments

    assert {name.removeprefix("mpe/") for name in mpe_environments} >= set(MPE2)
    assert len(MPE2) == 12


def test_an_unknown_environment_says_what_was_tried() -> None:
    with pytest.raises(UnknownNameError) as caught:
        ap.Society("mpe2/simple_spraed_v3")
    assert caught.value.tried == (
        "mpe2.simple_spraed_v3:parallel_env",
        "pettingzoo.mpe2.simple_spraed_v3:parallel_env",
    )
    assert "grid-world" in str(caught.value)


def test_a_factory_that_cannot_be_imported_is_named() -> None:
    with pytest.raises(PluginError, match="no_such_module:build"):
        ap.Society("no_such_module:build")


def test_an_environment_that_calls_agents_in_turn_is_refused_with_the_way_out() -> None:
    from mpe2 import simple_v3

    with pytest.raises(TypeError, match="aec_to_parallel"):
        ap.Society(simple_v3.env())


def test_something_that_is_no_environment_is_refused_naming_what_it_lacks() -> None:
    with pytest.raises(TypeError, match="lacks reset, step"):
        ap.Society(object())


@pytest.mark.parametrize("name", ["step", "action_space"])
def test_a_method_that_is_none_is_refused_when_the_world_is_taken(name: str) -> None:
    env = Renamed()
    setattr(env, name, None)
    with pytest.raises(TypeError, match=f"{name} must be a method, got None"):
        ap.Society(env)


@pytest.mark.parametrize("given", [5, None])
@pytest.mark.parametrize("name", ["observation_space", "action_space"])
def test_what_is_no_space_is_refused_at_start_with_the_agent_it_was_given_for(
    name: str, given: Any
) -> None:
    env = Renamed()
    setattr(env, name, lambda agent: given if agent == "Bob 2" else env.space)
    with ap.Society(env) as society:
        society.add("random")
        why = f"in {name}: it must give a space for agent 'bob-2', got {given}"
        with pytest.raises(WorldError, match=why):
            society.start()


def test_what_a_space_raises_names_the_agent_it_was_asked_for() -> None:
    env: Any = Renamed()
    env.action_space = {"Alice": env.space}.__getitem__
    with ap.Society(env) as society:
        society.add("random")
        with pytest.raises(WorldError, match="for agent 'alice' it raised KeyError"):
            society.start()


WRONG_FORMS = [
    (spaces.Box(0, 1, (2,)), np.zeros(3), r"must have shape \(2,\), as Box.* says, got \(3,\)"),
    (spaces.Discrete(3), None, r"must hold numbers, as Discrete\(3\) does, got None"),
    (spaces.MultiBinary(2), [[1], [0, 1]], r"must be an array of shape \(2,\), got lists"),
]


@pytest.mark.parametrize(("space", "seen", "why"), WRONG_FORMS, ids=["box", "discrete", "ragged"])
def test_a_first_observation_of_another_form_than_its_space_is_refused(
    space: Any, seen: Any, why: str
) -> None:
    env = Showing(space, seen)
    with pytest.raises(WorldError, match=f"in reset: observation of agent 'bob-2' {why}"):
        env.settled().reset(1)


FORMS = [
    (spaces.Box(0, 1, (2,)), [7.0, -1.0]),
    (spaces.Box(0, 1, (2,), np.float32), np.zeros(2)),
    (spaces.Discrete(3), np.int64(9)),
    (spaces.Dict(a=spaces.Discrete(2)), {"b": 1}),
    (spaces.Text(3), "ab"),
]


@pytest.mark.parametrize(("space", "seen"), FORMS, ids=str)
def test_bounds_and_all_but_arrays_are_left_to_the_world(space: Any, seen: Any) -> None:
    assert Showing(space, seen).settled().reset(1)["bob-2"] is not None


def test_observations_are_held_against_their_spaces_once() -> None:
    env = Showing(spaces.Discrete(3), 1)
    environment = env.settled()
    environment.reset(1)
    env.shown = "another form"
    assert environment.reset(2)["bob-2"] == "another form"


def test_an_agent_that_was_never_possible_is_named_at_the_first_reset() -> None:
    class Grown(Showing):
        possible_agents = ("a", "b")

        def reset(self, seed: int | None = None) -> Any:
            self.agents = ["a", "b", "zoe"]
            return dict.fromkeys(self.agents, 1), {}

    with pytest.raises(WorldError, match="agents must be of its possible_agents, got 'zoe'"):
        Grown(spaces.Discrete(3), 1).settled().reset(1)


class Renamed:
    """A parallel environment whose names are no ids."""

    possible_agents = ("Alice", "alice", "Bob 2")

    def __init__(self) -> None:
        self.space = spaces.Discrete(3, start=4)
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> Any:
        return self.space

    action_space = observation_space

    def reset(self, seed: int | None = None) -> Any:
        self.agents = list(self.possible_agents)
        return dict.fromkeys(self.agents, 4), {}

    def step(self, actions: dict[str, int]) -> Any:
        self.last = actions
        every = self.agents
        return (
            dict.fromkeys(every, 4),
            dict.fromkeys(every, 1.0),
            dict.fromkeys(every, False),
            dict.fromkeys(every, False),
            {},
        )


class Showing(Renamed):
    """Shows one of its agents what it is told to show."""

    def __init__(self, space: Any, shown: Any) -> None:
        super().__init__()
        self.space, self.shown = space, shown

    def settled(self) -> Environment:
        environment = Environment(self)
        environment.settle(environment.places())
        return environment

    def reset(self, seed: int | None = None) -> Any:
        self.agents = ["Bob 2"]
        return {"Bob 2": self.shown}, {}


def test_names_that_are_no_ids_are_mapped_and_never_merged() -> None:
    env = Renamed()
    with ap.Society(env) as society:
        assert society.add("random") == ["alice-2", "alice", "bob-2"]
        society.run(1)
    assert list(env.last) == ["Alice", "alice", "Bob 2"]


def test_the_plain_no_op_of_a_space_is_its_lowest_or_zeros() -> None:
    from antiphon.coordination.actions import no_op

    box = spaces.Box(np.float32([1, -1]), np.float32([2, 1]))
    assert no_op(spaces.Discrete(3, start=4)) == 4
    assert no_op(box).tolist() == [1, 0]
    assert no_op(spaces.Dict(a=spaces.MultiBinary(2)))["a"].tolist() == [0, 0]
    with pytest.raises(ValueError, match="no plain no-op"):
        no_op(spaces.Text(3))


def test_observations_are_read_only_and_not_the_environments_own_buffer() -> None:
    env = Environment("mpe2/simple_v3")
    env.settle(env.places())
    seen = env.reset(1)["agent_0"]
    before = seen.copy()
    env.step({"agent_0": 1})
    assert (seen == before).all()
    with pytest.raises(ValueError, match="read-only"):
        seen[0] = 1.0
    env.close()
