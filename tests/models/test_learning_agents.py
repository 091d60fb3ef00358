"""Agents that learn, and agents with several factors, by their public face."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.coordination.records.progress import Silence
from antiphon.errors import ModelError, ObservationError, SettingsError
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Agent, Context, Place
from antiphon.models.crowds.factored_crowd import FactoredCrowd, FactoredLearners
from antiphon.models.crowds.learning_crowd import LearningCrowd
from antiphon.models.experience import Experience
from antiphon.models.explorer import Explorer
from antiphon.models.factored.numpy_kernel import FactoredNumpyKernel
from antiphon.models.grid_world import GridWorld
from antiphon.models.learning.numpy_learner import NumpyLearner
from antiphon.models.matrices import Array
from antiphon.models.profile import InferenceSettings, Profile
from antiphon.society import Society
from antiphon.tests.models.factored.tmaze import (
    CENTRE,
    CUE,
    REWARD,
    TMaze,
    tmaze_model,
)
from antiphon.tests.models.kernels.cases import EVERY_KERNEL

RNG = np.random.default_rng(3)
A = RNG.dirichlet(np.ones(3), size=4).T
B = RNG.dirichlet(np.ones(4), size=(4, 2)).transpose(2, 0, 1)
MODEL = {"A": A, "B": B, "C": [0.0, 1.0, 2.0]}
TWO = {
    "A": [RNG.dirichlet(np.ones(3), size=(2, 3)).transpose(2, 0, 1)],
    "B": [RNG.dirichlet(np.ones(n), size=(n, n)).transpose(2, 0, 1) for n in (2, 3)],
}

kernels = pytest.mark.parametrize("backend", EVERY_KERNEL)


def learner(backend: str = "numpy", **changes: Any) -> ActiveInference:
    return ActiveInference(MODEL, InferenceSettings(profile="balanced", backend=backend, **changes))


def live(agent: Agent, steps: int, seed: int = 0, outcomes: int = 3) -> list[Any]:
    """Let an agent live through random observations; give what it did."""
    seen = np.random.default_rng(seed).integers(outcomes, size=steps).tolist()
    actions, context = [], Context("a")
    for step, outcome in enumerate(seen):
        action = agent.act(outcome, context)
        actions.append(action)
        lived = Experience(step, outcome, action, action, "acted", 0.0, False, False)
        context = Context("a", round=step + 1, previous=lived)
    return actions


def test_the_profiles_learn_as_they_say() -> None:
    assert InferenceSettings(profile="fast").resolved_profile().learns == ""
    for name in ("balanced", "accurate"):
        assert InferenceSettings(profile=name).resolved_profile().learns == "AB"
    off = InferenceSettings(profile="balanced", param_info_gain=False).resolved_profile()
    assert (off.learns, off.param_info_gain) == ("", False)
    on = InferenceSettings(profile="fast", param_info_gain=True).resolved_profile()
    assert (on.learns, on.param_info_gain) == ("AB", True)
    assert InferenceSettings(learns="ba").resolved_profile().learns == "AB"
    with pytest.raises(ValueError, match="letters of A, B and D"):
        InferenceSettings(learns="ABX")


@kernels
def test_what_an_agent_counts_is_in_its_state(backend: str) -> None:
    agent = learner(backend)
    assert isinstance(agent.crowd, LearningCrowd)
    before = agent.get_state()["pA"]
    live(agent, 30)
    after = agent.get_state()["pA"]
    # Each observation adds 1 to the counts of A, but for the first step, whose beliefs it spreads.
    assert np.sum(after) - np.sum(before) == pytest.approx(30)


@kernels
def test_one_with_the_state_of_another_goes_on_with_the_same_bits(backend: str) -> None:
    first, second = learner(backend), learner(backend)
    live(first, 25, seed=1)
    second.set_state(first.get_state())
    assert live(first, 25, seed=2) == live(second, 25, seed=2)
    ours, theirs = first.get_state(), second.get_state()
    for name in ("beliefs", "pA", "pB"):
        assert np.array_equal(ours[name], theirs[name]), name


@kernels
def test_a_learner_is_taught_by_nobody_else(backend: str) -> None:
    def society(n: int) -> list[Array]:
        with Society(seed=5, dispatcher="pooled") as society:
            society.add(
                ActiveInference,
                n,
                model=MODEL,
                settings=InferenceSettings(profile="balanced", backend=backend),
            )
            kept = []
            for round in range(8):
                society.step({name: (round + k) % 3 for k, name in enumerate(society)})
            for host in society._running.ensemble.hosts:
                agent: Any = host.agent
                kept.append(agent.get_state()["pA"])
            return kept

    alone, crowd = society(1), society(40)  # on several pages
    assert np.array_equal(alone[0], crowd[0])
    assert not np.array_equal(crowd[0], crowd[1])


def test_learning_brings_a_flat_model_nearer_to_the_world() -> None:
    rng = np.random.default_rng(8)
    true = np.array([[0.9, 0.1, 0.1], [0.05, 0.8, 0.1], [0.05, 0.1, 0.8]])
    moves = np.stack([np.roll(np.eye(3), k, axis=0) for k in range(3)], axis=2)
    flat = 0.7 * true + 0.3 / 3
    settings = InferenceSettings(learns="A", prior_strength=1.0, policy_length=1)
    agent = ActiveInference({"A": flat, "B": moves, "D": [1.0, 0.0, 0.0]}, settings)
    state, context = 0, Context("a")
    for step in range(1500):
        outcome = int(rng.choice(3, p=true[:, state]))
        action = agent.act(outcome, context)
        lived = Experience(step, outcome, action, action, "acted", 0.0, False, False)
        context = Context("a", round=step + 1, previous=lived)
        state = int(moves[:, state, action].argmax())
    counts = np.asarray(agent.get_state()["pA"]).reshape(3, 3)
    learned = counts / counts.sum(axis=0)
    assert np.abs(learned - true).max() < 0.5 * np.abs(flat - true).max()


@kernels
def test_several_factors_take_the_cue_and_then_the_reward(backend: str) -> None:
    settings = InferenceSettings(
        policy_length=2,
        gamma=16,
        selective_update_interval=1,
        action_selection="deterministic",
        backend=backend,
    )
    done = 0
    for seed in range(40):
        agent, world = ActiveInference(tmaze_model(), settings), TMaze(np.random.default_rng(seed))
        assert isinstance(agent.crowd, FactoredCrowd)
        agent.reset(seed)
        context, places = Context("a"), [CENTRE]
        for step in range(2):
            action = agent.act(world.observation, context)
            world.step(action)
            places.append(world.place)
            lived = Experience(step, None, action, action, "acted", 0.0, False, False)
            context = Context("a", round=step + 1, previous=lived)
        done += places[1] == CUE and world.got == REWARD
    assert done >= 38


@kernels
def test_an_action_of_two_factors_is_an_array(backend: str) -> None:
    agent = ActiveInference(TWO, InferenceSettings(backend=backend))
    for action in live(agent, 20):
        assert action.dtype == np.int64
        assert ((action >= 0) & (action < (2, 3))).all()
    wrong = Experience(0, 0, None, [0, 3], "acted", 0.0, False, False)
    before = agent.get_state()
    with pytest.raises(ObservationError, match=r"previous\.executed\[1\] must be in 0\.\.2"):
        agent.act(0, Context("a", previous=wrong))
    assert np.array_equal(agent.get_state()["beliefs"], before["beliefs"])


@kernels
def test_several_factors_are_learned_too(backend: str) -> None:
    settings = InferenceSettings(profile="balanced", backend=backend, policy_length=1)
    agent = ActiveInference(TWO, settings)
    assert isinstance(agent.crowd, FactoredLearners)
    before = agent.get_state()
    live(agent, 20)
    after = agent.get_state()
    assert np.sum(after["pA"]) > np.sum(before["pA"]) + 15
    assert np.sum(after["pB"]) > np.sum(before["pB"]) + 15
    second = ActiveInference(TWO, settings)
    second.set_state(after)
    ours, theirs = live(agent, 10, seed=4), live(second, 10, seed=4)
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled", "inline", "simulated"])
def test_factors_and_learners_give_one_trace(dispatcher: str) -> None:
    def acted(dispatcher: str) -> list[Any]:
        with Society(seed=2, dispatcher=dispatcher) as society:
            society.add(ActiveInference, 3, model=tmaze_model())
            society.add(ActiveInference, 3, model=MODEL, profile="balanced")
            out = []
            for round in range(5):
                seen = {
                    name: (0, 0, 0) if k < 3 else (round + k) % 3 for k, name in enumerate(society)
                }
                out.append(dict(society.step(seen).actions))
            return out

    assert acted(dispatcher) == acted("inline")


def test_retuning_from_learning_to_not_goes_on_with_the_beliefs() -> None:
    agent = learner()
    live(agent, 5)
    beliefs = agent.beliefs
    agent.retune(Profile(policy_length=1))
    assert np.array_equal(agent.beliefs, beliefs)
    assert not isinstance(agent.crowd, LearningCrowd)


def test_counts_without_learning_are_refused_by_name() -> None:
    with pytest.raises(ModelError, match="pA is for agents that learn"):
        ActiveInference({**MODEL, "pA": A})
    agent = ActiveInference({**MODEL, "pA": 3 * A}, InferenceSettings(learns="A"))
    assert np.sum(agent.get_state()["pA"]) == pytest.approx(12)


@pytest.mark.parametrize(
    "wish",
    [
        {"learns": "A"},
        {"param_info_gain": True},
        {"learns_when": "asleep", "profile": "balanced"},
    ],
)
def test_explorers_share_their_map_and_say_so(wish: dict[str, Any]) -> None:
    world = GridWorld(5, agents=1)
    with pytest.raises(SettingsError, match="must be left out for explorers"):
        Explorer.create(Place("agent-1", world), settings=InferenceSettings(**wish))
    Explorer.create(Place("agent-1", world), settings=InferenceSettings(profile="balanced"))


@pytest.mark.parametrize("model", [MODEL, TWO])
def test_what_pymdp_cannot_do_for_us_is_refused(model: dict[str, Any]) -> None:
    pytest.importorskip("pymdp")
    with pytest.raises(ValueError, match="'pymdp'"):
        ActiveInference(model, InferenceSettings(profile="balanced", backend="pymdp"))


def test_a_run_of_learners_keeps_its_trace_through_a_restart_of_the_society() -> None:
    def trace() -> str:
        with Society(GridWorld(5, agents=3), seed=3, dispatcher="pooled") as society:
            society.add("explorer", profile="balanced")
            return society.run(10, progress=Silence()).trace

    assert trace() == trace()


def test_settings_given_whole_are_those_that_hold() -> None:
    with Society(GridWorld(5, agents=1), dispatcher="inline") as society:
        society.add("explorer", settings=InferenceSettings(profile="accurate"))
        society.run(1, progress=Silence())
        (host,) = society._running.ensemble.hosts
        explorer: Any = host.agent
        assert explorer.profile.policy_length == 3
        with pytest.raises(TypeError, match="settings must be InferenceSettings, got dict"):
            Society().add("explorer", settings={"profile": "fast"})
        with pytest.raises(TypeError, match="came whole, so gamma must be in there"):
            Society().add("explorer", settings=InferenceSettings(), gamma=2)


def test_what_takes_long_is_made_ready_before_a_round_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready: list[str] = []
    monkeypatch.setattr(NumpyLearner, "prepare", lambda self: ready.append("learner"))
    monkeypatch.setattr(FactoredNumpyKernel, "prepare", lambda self: ready.append("factors"))
    ActiveInference.prepare(InferenceSettings(profile="fast", backend="numpy"))
    assert ready == []
    ActiveInference.prepare(InferenceSettings(profile="balanced", backend="numpy"))
    assert ready == ["learner"]
    ActiveInference({**TWO, "D": [[0.3, 0.7], [0.2, 0.3, 0.5]]}, InferenceSettings(backend="numpy"))
    assert ready == ["learner", "factors"]
