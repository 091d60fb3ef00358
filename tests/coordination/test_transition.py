"""What an environment says comes to a society by id, in plain types, however it says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from antiphon.coordination.environment import Environment, Transition
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.records.trace import Trace
from antiphon.coordination.rollout import Rollout, Step, columns_of
from antiphon.errors import WorldError
from antiphon.models.experience import Experience
from antiphon.models.sheet import Sheet
from antiphon.tests.coordination.outcomes import all_acted
from gymnasium.spaces import Discrete


class Echo:
    """Shows what it was told to show, and keeps what it was given."""

    def __init__(self, names: Sequence[Any], agents: Sequence[Any] | None = None) -> None:
        self.possible_agents = list(names)
        self.agents = list(agents or names)
        self.given: dict[Any, Any] = {}
        self.says: tuple[Mapping[Any, Any], ...] = ()

    def reset(self, seed: int | None = None) -> Any:
        return dict.fromkeys(self.agents, 0), {}

    def step(self, actions: dict[Any, Any]) -> Any:
        self.given = actions
        return *self.says, {}

    def action_space(self, name: Any) -> Any:
        return Discrete(4)

    observation_space = action_space


def settled(world: Echo, ids: Sequence[str] = ()) -> Environment:
    environment = Environment(world)
    environment.settle(ids)
    return environment


def told(world: Echo, observations: Any, rewards: Any, ends: Any, cuts: Any) -> Any:
    world.says = observations, rewards, ends, cuts
    return settled(world).step({})


def test_actions_come_in_the_environments_order_and_are_its_own() -> None:
    world = Echo(["a", "b", "c"])
    world.says = ({"a": 0, "b": 0, "c": 0}, {}, {}, {})
    environment = settled(world)
    for actions in ({"c": 3, "a": 1}, {"a": 1, "b": 2, "c": 3}):
        environment.step(actions)
        assert list(world.given.items()) == sorted(actions.items())
        assert world.given is not actions


def test_numbers_and_flags_become_plain_ones() -> None:
    ends = {"a": np.bool_(True), "b": 0}
    seen = told(Echo("ab"), {"a": 0, "b": 0}, {"a": np.float32(0.5), "b": 1}, ends, {})
    assert [(i, type(r), r) for i, r in seen.rewards.items()] == [
        ("a", float, 0.5),
        ("b", float, 1.0),
    ]
    assert [flag for _, flag in seen.terminations.items()] == [True, False]
    assert {type(flag) for flag in seen.terminations.values()} == {bool}


def test_what_is_said_of_others_is_nobodys() -> None:
    everybody = {"a": 0.5, "stranger": 1.0}
    seen = told(Echo("ab", "a"), {"b": 1, "a": 0}, everybody, {"stranger": True}, {})
    assert (seen.observations, seen.rewards, seen.terminations) == ({"a": 0}, {"a": 0.5}, {})


def test_names_that_are_no_ids_become_some() -> None:
    world = Echo([1, "a"])
    world.says = ({1: 5, "a": 6}, {1: 0.5, "a": 1.5}, {1: True, "a": False}, {})
    environment = settled(world)
    one, a = environment.names[1], "a"
    seen = environment.step({a: 2, one: 3})
    assert world.given == {1: 3, "a": 2}
    assert seen.observations == {one: 5, a: 6}
    assert (seen.rewards, seen.terminations) == ({one: 0.5, a: 1.5}, {one: True, a: False})


SEEN = {"a": 0, "B c": 0}
"""By agents of whom one's name is its id, and the other's is not."""


@pytest.mark.parametrize("reward", [np.nan, -np.inf, np.float32(np.inf), "ten", "1.5", None, [1]])
def test_a_reward_that_is_no_finite_real_number_is_refused_by_agent(reward: Any) -> None:
    for names in (["a", "b"], ["a", "B c"]):
        world = Echo(names)
        last = settled(world).names[names[-1]]
        rule = f"Echo.* in step: reward of agent '{last}' must be a finite real number, got "
        with pytest.raises(WorldError, match=rule + re.escape(repr(reward))):
            told(world, dict.fromkeys(names, 0), {"a": 0.5, names[-1]: reward}, {}, {})


def test_rewards_whose_sum_is_too_large_are_as_good_as_others() -> None:
    large = {"a": 1.7e308, "b": 1.7e308}
    assert told(Echo("ab"), {"a": 0, "b": 0}, large, {}, {}).rewards == large


def test_what_is_no_reward_is_passed_over_where_it_is_a_strangers() -> None:
    seen = told(Echo("a"), {"a": 0}, {"a": 1.0, "stranger": "ten", "other": np.nan}, {}, {})
    assert seen.rewards == {"a": 1.0}


@pytest.mark.parametrize("flag", ["False", b"", np.zeros(2)])
def test_a_flag_that_is_neither_true_nor_false_is_refused_by_agent(flag: Any) -> None:
    rule = " of agent 'b-c' must be true or false, got "
    with pytest.raises(WorldError, match=f"termination{rule}"):
        told(Echo(SEEN), SEEN, {}, {"B c": flag}, {})
    with pytest.raises(WorldError, match=f"truncation{rule}"):
        told(Echo(SEEN), SEEN, {}, {}, {"a": True, "B c": flag})


@pytest.mark.parametrize("what", range(4))
def test_what_is_not_by_agent_is_refused_by_its_name(what: int) -> None:
    name = ("observations", "rewards", "terminations", "truncations")[what]
    for wrong in (None, [np.zeros(2), np.ones(2)]):
        says: list[Any] = [SEEN, {}, {}, {}]
        says[what] = wrong
        with pytest.raises(WorldError, match=f"in step: {name} must be a dict by agent, got "):
            told(Echo(SEEN), *says)


def test_an_agent_without_an_observation_is_named() -> None:
    with pytest.raises(WorldError, match="one for each of its agents, got none for 'B c'"):
        told(Echo(SEEN), {"a": 0}, {}, {}, {})


def one_step(status: Mapping[str, Status], says: Mapping[str, Any]) -> Mapping[str, Experience]:
    outcome = Outcome(3, says, status, {}, says, {}, {}, 0.1, 0)
    ends = Transition({}, rewards={"a": 0.5}, terminations={}, truncations={"b": True})
    columns = columns_of(outcome, {"a": 7, "b": 8}, ends)
    return dict(zip(outcome.status, columns.experiences(), strict=True))


def test_who_is_not_spoken_of_has_earned_nothing_and_goes_on() -> None:
    lived = one_step({"b": Status.ACTED, "a": Status.CRASHED}, {"b": 1})
    assert list(lived.items()) == [
        ("b", Experience(3, 8, 1, 1, "acted", 0.0, False, True)),
        ("a", Experience(3, 7, None, None, "crashed", 0.5, False, False)),
    ]
    assert {type(one.status) for one in lived.values()} == {str}


def test_what_is_said_in_another_order_is_still_said_of_the_same() -> None:
    lived = one_step({"b": Status.ACTED, "a": Status.ACTED}, {"a": 1, "b": 2})
    assert {agent_id: one.executed for agent_id, one in lived.items()} == {"a": 1, "b": 2}


def test_who_sees_no_more_is_told_how_it_ended_and_is_not_called_again() -> None:
    world = Echo("ab")
    rollout = Rollout(settled(world), seed=1)
    world.says = ({"a": 0, "b": 0}, {}, {}, {})
    rollout.enter_episode()
    outcome = Outcome(1, {}, {"a": Status.ACTED, "b": Status.ACTED}, {}, {}, {}, {}, 0.1, 0)
    step, ended = rollout.advance(outcome)
    assert (list(rollout.previous), list(ended), step.episode_over) == (["a", "b"], [], False)
    world.agents = ["b"]
    step, ended = rollout.advance(outcome)
    assert (list(rollout.previous), list(ended), step.episode_over) == (["b"], ["a"], False)


TABLES = [np.arange(6).reshape(3, 2), np.array([[0.5], [np.nan], [2.0]]), np.zeros((3, 0))]


def traced(*steps: Mapping[str, Experience]) -> str:
    trace = Trace()
    for number, lived in enumerate(steps, 1):
        outcome = all_acted(number, *lived)
        trace.add(Step(number, 0, outcome, lived, episode_over=False))
    return trace.value


@pytest.mark.parametrize("table", TABLES, ids=["whole", "floats", "empty"])
def test_the_trace_is_of_what_was_seen_wherever_it_lies(table: Any) -> None:
    def trace(rows: Sequence[Any]) -> str:
        return traced({f"a-{k}": lived(row, k) for k, row in enumerate(rows)})

    sheet = Sheet(table)
    assert trace(sheet.rows) == trace([row.copy() for row in table]) == trace(list(table))


def lived(seen: Any, action: int) -> Experience:
    return Experience(1, seen, action, action, "acted", -0.0, False, False)


def test_the_trace_goes_by_id_and_round() -> None:
    one, two, three = lived(1, 1), lived(2, 2), lived("x", 3)
    trace = traced({"a-9": one, "a-10": two}, {"b": three, "a-9": two})
    assert trace == traced({"a-10": two, "a-9": one}, {"a-9": two, "b": three})
    rows = [
        ("a-10", "2", "2"),
        ("a-9", "1", "1"),
        ("a-9", "2", "2"),
        ("b", '"x"', "3"),
    ]
    whole = "".join(
        f"1\x1f{agent_id}\x1f{seen}\x1facted\x1f{action}\x1f-0.0\n"
        for agent_id, seen, action in rows
    )
    assert trace == f"v1:{sha256(whole.encode()).hexdigest()}"
