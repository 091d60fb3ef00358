"""Every key of inference works: changing it changes what agents do or count."""

from __future__ import annotations

import dataclasses
from typing import Any

import antiphon as ap
import numpy as np
import pytest
from antiphon.models.crowds.shelf import SHELF
from antiphon.models.kernels.pymdp_kernel import PymdpKernel
from antiphon.tests.settings.cast import thinking


def inferring(**options: Any) -> str:
    with ap.Society(ap.GridWorld(size=6), dispatcher="inline") as society:
        society.add("explorer", n=3, **options)
        return society.run(25).trace


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("profile", "fast", "accurate"),
        ("policy_length", 1, 3),
        ("gamma", 1, 16),
        ("alpha", 0.5, 16),
        ("selective_update_interval", 1, 4),
        ("action_selection", "stochastic", "deterministic"),
    ],
)
def test_changing_how_agents_infer_changes_what_they_do(key: str, one: Any, other: Any) -> None:
    assert inferring(**{key: one}) != inferring(**{key: other})


def learned(**options: Any) -> Any:
    """Give what an agent has counted and done, having lived through some observations."""
    model = {
        "A": [[0.7, 0.2, 0.0], [0.3, 0.8, 1.0]],
        "B": np.stack([np.roll(np.eye(3), k, axis=0) * 0.9 + 0.1 / 3 for k in range(2)], axis=2),
    }
    settings = ap.InferenceSettings(**{"learns": "A", "backend": "numpy", **options})
    agent, context, actions = ap.ActiveInference(model, settings), ap.Context("a"), []
    for step, outcome in enumerate([0, 1, 1, 0, 1, 0, 0, 1] * 3):
        actions.append(agent.act(outcome, context))
        lived = ap.Experience(step, outcome, None, actions[-1], "acted", 0.0, False, False)
        context = ap.Context("a", round=step + 1, previous=lived)
    state = agent.get_state()
    return actions, *(np.asarray(state.get(name, [])).tolist() for name in ("pA", "pB", "pD"))


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("learns", "A", "AB"),
        ("learns", "A", ""),
        ("learns_when", "awake", "asleep"),
        ("param_info_gain", False, True),
        ("learning_rate", 1.0, 0.5),
        ("forgetting_rate", 1.0, 0.5),
        ("keep_zeros", True, False),
        ("prior_strength", 10.0, 1.0),
    ],
)
def test_changing_how_agents_learn_changes_what_they_count(key: str, one: Any, other: Any) -> None:
    assert learned(**{key: one}) != learned(**{key: other})


def test_the_beliefs_of_the_last_steps_are_kept_where_asked() -> None:
    model = {"A": [[0.7, 0.2], [0.3, 0.8]], "B": np.stack([np.eye(2)] * 2, axis=2)}
    agent = ap.ActiveInference(model, ap.InferenceSettings(belief_history=3))
    for step in range(5):
        agent.act(step % 2, ap.Context("a", round=step))
    assert len(agent.belief_history) == 3
    assert np.array_equal(agent.belief_history[-1], agent.beliefs)
    assert ap.ActiveInference(model).belief_history == []


def test_a_target_is_what_the_tuner_keeps_to() -> None:
    assert thinking(tuner=True, target_ms=1.0) != thinking(tuner=True, target_ms=10.0)


def backed(backend: str) -> ap.InferenceSettings:
    return ap.InferenceSettings(backend=backend)


def test_the_backend_is_another_engine_that_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    # JAX starts threads when it compiles, and tests fork after this one.
    monkeypatch.setattr(PymdpKernel, "prepare_for", lambda kernel, compiled: None)
    grid = ap.GridWorld(size=5, agents=1)
    kernels = [
        ap.Explorer.create(ap.Place("a", grid), settings=settings).crowd.kernel.name
        for settings in map(backed, ("numpy", "pymdp"))
    ]
    assert kernels == ["numpy", "pymdp"]


def test_the_number_of_models_that_are_kept_is_kept_to() -> None:
    def kept(keep: int) -> int:
        settings = ap.InferenceSettings(backend="numpy", matrix_cache_size=keep)
        for size in range(4, 9):
            place = ap.Place("a", ap.GridWorld(size=size, agents=1))
            ap.Explorer.create(place, settings=settings)
        return len(SHELF)

    assert [kept(4), kept(0), kept(5)] == [4, 0, 5]


def test_every_setting_of_inference_has_a_probe() -> None:
    probed = {"profile", "policy_length", "gamma", "alpha", "selective_update_interval"}
    probed |= {"action_selection", "target_ms", "backend", "matrix_cache_size"}
    probed |= {"learns", "param_info_gain", "learning_rate", "forgetting_rate", "keep_zeros"}
    probed |= {"prior_strength", "belief_history", "learns_when"}
    assert probed == {f.name for f in dataclasses.fields(ap.InferenceSettings)}
