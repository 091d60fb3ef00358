"""Agents that pymdp itself steps, in a process of their own: JAX starts threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.active_inference import ActiveInference
from antiphon.models.profile import InferenceSettings
from antiphon.tests.models.learning.test_from_pymdp import stand_in
from antiphon.tests.models.scripts import in_float64, needs_pymdp

STEPPED = Path(__file__).parent / "stepped.py"


@needs_pymdp
def test_interacting_factors_go_as_pymdps_own_loop_takes_them_and_again() -> None:
    found = in_float64(STEPPED)
    beliefs, learned, differing = found["interacting"]
    assert max(beliefs, learned) <= 1e-10
    assert differing == 0
    one, again = found["runs"]
    assert one == again
    drawn = [*zip(*(actions.values() for actions in one), strict=True)]
    assert len(set(drawn)) == len(drawn) == 3  # each by chance of its own
    outcome, shape, whole, executed, place, batch = found["refusals"]
    assert outcome == "agent 'a': observation must be in 0..3, got 4"
    assert "must be 1 whole numbers" in shape
    assert "must be a whole number, got 1.0" in whole
    assert "previous.executed must be in 0..3, got 9" in executed
    assert place == "agent 'a': A has (4,) outcomes, the observation space (5,)"
    assert "batch_size must be 1, got 3; make one for each agent" in batch


@needs_pymdp
@pytest.mark.soak
def test_windows_go_as_pymdps_own_loop_takes_them_also_past_their_length() -> None:
    beliefs, differing = in_float64(STEPPED, "sequence")["sequence"]
    assert beliefs <= 1e-10
    assert differing == 0


ALONE: list[tuple[str, dict[str, Any]]] = [
    ("batch_size", {"batch_size": 3}),
    ("categorical_obs", {"categorical_obs": True}),
    ("preprocess_fn", {"preprocess_fn": abs}),
    ("learning_mode", {"learning_mode": "offline", "learn_A": True}),
]


@pytest.mark.parametrize("backend", ["auto", "pymdp"])
@pytest.mark.parametrize(("name", "has"), ALONE)
def test_what_fits_no_society_is_refused_whoever_would_step_it(
    name: str, has: dict[str, Any], backend: Any
) -> None:
    with pytest.raises(ModelError, match="must be") as caught:
        ActiveInference.from_pymdp(stand_in(**has), agent_id="trader-3", backend=backend)
    assert (caught.value.field, caught.value.agent_id) == (name, "trader-3")
    assert "pymdp" not in str(caught.value)


def test_models_of_ours_that_only_pymdp_covers_say_how_it_is_used() -> None:
    A, B = [np.full((2, 2, 2), 0.5)], [np.full((2, 2, 2, 2), 0.5), np.eye(2)[:, :, None]]
    way = r"hand an Agent of it to ActiveInference\.from_pymdp\(agent, backend=\"pymdp\"\)"
    for wish in ({"A": A, "B": B}, {"A": A, "B": B[1:] * 2, "B_dependencies": [[0, 1], [1]]}):
        with pytest.raises(ModelError, match=way):
            ActiveInference(wish, InferenceSettings(backend="pymdp"))


def test_what_pymdp_does_not_do_either_names_no_way_to_it() -> None:
    model = {"A": [np.full((2, 2, 2), 0.5)], "B": [np.eye(2)[:, :, None]] * 2}
    with pytest.raises(
        ModelError, match=r"^learns_when must be 'awake' for a model of several"
    ) as e:
        ActiveInference(model, InferenceSettings(learns="A", learns_when="asleep"))
    assert "pymdp" not in str(e.value)


def test_settings_are_those_that_pymdps_agent_was_made_with() -> None:
    wish: Any = {"backend": "pymdp", "gamma": 3}
    with pytest.raises(ModelError, match=r"^gamma must be said when pymdp's Agent is made"):
        ActiveInference.from_pymdp(stand_in(), **wish)
