"""Agents that infer refuse what does not fit by name, and are as they were."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from antiphon.errors import MissingExtraError, ModelError, ObservationError
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context, Place
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels import pymdp_kernel
from antiphon.models.kernels.choose import choose
from antiphon.models.profile import InferenceSettings
from antiphon.tests.models.ringer import RING, SEEN, after, make, ring_model, state_of
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from hypothesis import given, settings
from hypothesis import strategies as st

BAD_OBSERVATIONS: list[tuple[str, Any]] = [
    ("observation", None),
    ("observation", 1),
    ("observation", True),
    ("observation", float("nan")),
    ("observation", "10"),
    ("observation", {0: 1, 1: 0}),
    ("observation", {0, 1}),
    ("observation", []),
    ("observation", [1]),
    ("observation", [1, 0, 0]),
    ("observation", np.zeros(4, int)),
    ("observation", np.zeros((2, 1), int)),
    ("observation", np.array(1)),
    ("observation", np.array([1.0, 0.0])),
    ("observation", np.array([True, False])),
    ("observation", np.array([None, 0])),
    ("observation", np.array(["1", "0"])),
    ("observation", np.array([1, np.nan])),
    ("observation", [[0, 1, 0, 0], [1, 0]][0]),
    ("observation[0]", [-1, 0]),
    ("observation[0]", [4, 0]),
    ("observation[0]", [True, 0]),
    ("observation[0]", [np.True_, 0]),
    ("observation[0]", [1.0, 0]),
    ("observation[0]", [float("inf"), 0]),
    ("observation[0]", [None, 0]),
    ("observation[0]", ["1", 0]),
    ("observation[0]", [[0, 1, 0, 0], [1, 0]]),
    ("observation[0]", [10**30, 0]),
    ("observation[0]", [1 + 0j, 0]),
    ("observation[0]", np.array([-1, 0])),
    ("observation[0]", np.array([2**63, 0], np.uint64)),
    ("observation[1]", [1, 2]),
    ("observation[1]", [1, -1]),
    ("observation[1]", np.array([1, 2])),
    ("observation[1]", (1, np.float64(0))),
]


@pytest.mark.parametrize(("field", "observation"), BAD_OBSERVATIONS)
def test_a_bad_observation_is_refused_and_changes_nothing(field: str, observation: Any) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    with pytest.raises(ObservationError) as caught:
        agent.act(observation, after(0))
    assert (caught.value.agent_id, caught.value.field) == ("ringer", field)
    assert "agent 'ringer'" in str(caught.value)
    assert state_of(agent) == before


@pytest.mark.parametrize("executed", [-1, 3, True, 1.0, "0", [0], np.array([0]), float("nan")])
def test_a_bad_executed_action_is_refused_and_changes_nothing(executed: Any) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    with pytest.raises(ObservationError, match=r"'ringer': previous\.executed must be"):
        agent.act([1, 0], after(0, 0, executed))
    assert state_of(agent) == before


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 6) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=500)
@given(observation=anything, executed=anything)
def test_whatever_comes_is_either_sound_or_refused_without_a_trace(
    observation: Any, executed: Any
) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    refused = None
    try:
        action = agent.act(observation, after(executed))
    except ObservationError as error:
        refused = error
    if refused is not None:
        assert refused.agent_id == "ringer"
        assert state_of(agent) == before
        return
    assert [type(value) for value in observation] == [int, int]
    assert executed is None or type(executed) is int
    assert action in (0, 1, 2)
    assert abs(agent.beliefs.sum() - 1) < 1e-12


@pytest.mark.parametrize(
    "change",
    [
        {"beliefs": [0.5, 0.5]},
        {"beliefs": [2.0, -1.0, 0.0, 0.0]},
        {"beliefs": [0.1, 0.1, 0.1, 0.1]},
        {"beliefs": [float("nan")] * 4},
        {"beliefs": None},
        {"beliefs": [[1.0], [0.0]]},
        {"beliefs": [[1.0], [0.0, 1.0]]},
        {"step": -1},
        {"step": True},
        {"stream": 1.5},
    ],
)
def test_a_bad_state_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    with pytest.raises(ModelError, match=f"state\\['{next(iter(change))}'\\] must"):
        agent.set_state({**agent.get_state(), **change})
    assert state_of(agent) == before


def test_a_place_names_the_agent_whose_matrix_is_bad() -> None:
    with pytest.raises(ModelError, match="'trader-1': A must have columns that sum to 1"):
        ActiveInference.create(Place("trader-1"), model={"A": [[0.5], [0.4]], "B": [[[1.0]]]})


@pytest.mark.parametrize(
    "model", [None, 7, {"A": SEEN}, {"A": SEEN, "B": RING, "Z": 1}, [SEEN, RING]]
)
def test_what_is_no_model_is_refused_by_name(model: Any) -> None:
    with pytest.raises(ModelError, match="agent 'a': model must be"):
        ActiveInference.create(Place("a"), model=model)


@pytest.mark.parametrize("habits", [{}, {"E": [1.0]}])
def test_a_matrix_without_its_dimensions_is_no_list_of_its_rows(habits: dict[str, Any]) -> None:
    flat, even, stay = np.eye(4), [0.25] * 4, np.eye(4)[:, :, None]
    with pytest.raises(ModelError, match=r"B(\[0\])? must have 3 .*, got shape \(4, 4\)"):
        ActiveInference({"A": SEEN, "B": flat, **habits})
    with pytest.raises(ModelError, match=r"A(\[0\])? must have 2 .*, got shape \(4,\)"):
        ActiveInference({"A": even, "B": stay, **habits})


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ({"A": SEEN}, "got no B;"),
        ({}, "got no A and no B;"),
        ({"A": SEEN, "B": RING, "d": 1}, r"got an unknown key 'd' \(did you mean 'D'\?\);"),
        ({"A": SEEN, "b": RING}, r"got an unknown key 'b' \(did you mean 'B'\?\);"),
        ({"A": SEEN, "B": RING, 7: 1}, "got an unknown key 7;"),
        (3, "got int;"),
    ],
)
def test_a_wrong_key_is_named_and_so_are_all_there_are(model: Any, why: str) -> None:
    optional = "C, D, E, A_dependencies, B_dependencies, control_factors, iterations, pA, pB, pD"
    with pytest.raises(ModelError, match=f"dict of A and B, {why} {optional} may be left out"):
        ActiveInference(model)


def ring_of(wish: float, **keywords: Any) -> dict[str, Any]:
    return {"A": np.eye(4), "B": np.eye(4)[:, :, None], "C": [0.0, 0.0, 0.0, wish], **keywords}


@pytest.mark.parametrize("habits", [{}, {"E": [1.0]}])
@pytest.mark.parametrize("wish", [1e308, -1e308])
def test_preferences_too_large_to_be_weighed_are_refused_at_once(
    wish: float, habits: dict[str, Any]
) -> None:
    with pytest.raises(
        ModelError, match=r"agent 'a': C must be so small .*, got 8 \* 1 \* 1e\+308"
    ):
        ActiveInference(ring_of(wish, **habits), InferenceSettings(profile="fast"), agent_id="a")


def test_the_largest_preferences_are_weighed_without_a_warning() -> None:
    agent = ActiveInference(ring_of(1e306), InferenceSettings(profile="fast", backend="numpy"))
    agent.reset(seed=1)
    plan = agent.plan()
    assert np.isfinite(plan.neg_efe).all()
    assert np.isfinite(plan.policies).all()


def test_a_profile_by_which_nothing_can_be_weighed_is_not_taken() -> None:
    agent = ActiveInference(ring_of(1e306), InferenceSettings(profile="fast"), agent_id="a")
    with pytest.raises(
        ModelError, match=r"agent 'a': C must be so small .*, got 80 \* 1 \* 1e\+306"
    ):
        agent.retune(replace(agent.profile, gamma=80.0))
    assert agent.profile.gamma == 8


def test_a_model_too_large_to_plan_with_names_its_agent() -> None:
    model = GenerativeModel.deterministic([[1.0]], np.zeros((40, 1), int))
    with pytest.raises(ModelError, match="agent 'a': policy_length 4 makes"):
        ActiveInference.create(Place("a"), model=model, settings=InferenceSettings(policy_length=4))


@pytest.mark.parametrize(
    ("observations", "actions", "field"),
    [
        (MultiDiscrete([4, 2]), Discrete(4), "B"),
        (MultiDiscrete([4, 2]), Discrete(3, start=1), "B"),
        (MultiDiscrete([4, 3]), Discrete(3), "A"),
        (Discrete(4), Discrete(3), "A"),
    ],
)
def test_a_model_that_does_not_fit_its_place_is_refused(
    observations: Any, actions: Any, field: str
) -> None:
    place = Place("a", observation_space=observations, action_space=actions)
    with pytest.raises(ModelError, match=f"agent 'a': {field} "):
        ActiveInference.create(place, model=ring_model())


def test_a_model_that_fits_its_place_is_taken() -> None:
    fitting = Place("a", observation_space=MultiDiscrete([4, 2]), action_space=Discrete(3))
    assert ActiveInference.create(fitting, model=ring_model()).model.n_states == 4
    unknown = Place("a", observation_space=Box(0, 1), action_space=None)
    assert ActiveInference.create(unknown, model=ring_model()).model.n_states == 4


def test_a_missing_pymdp_is_an_error_that_holds_the_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    choose.cache_clear()
    monkeypatch.setattr(pymdp_kernel.importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"pip install 'antiphon\[pymdp\]'"):
        make(backend="pymdp")
