"""What is known of an agent that is taught: it travels whole, and teaches with the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.memory.packing import pack_value, unpack_value
from antiphon.models.active_inference import ActiveInference
from antiphon.models.crowds.pupil import Pupil, taught_of, taught_values
from antiphon.models.experience import Experience
from antiphon.models.learning.replay import Taught
from antiphon.models.profile import InferenceSettings, Profile
from antiphon.tests.models.kernels.cases import EVERY_KERNEL
from antiphon.tests.models.test_learning_agents import MODEL, A, live

SURE = {"A": [np.eye(4), np.full((2, 4), 0.5)], "B": np.stack([np.eye(4)[::-1], np.eye(4)], axis=2)}
kernels = pytest.mark.parametrize("backend", EVERY_KERNEL)


def asleep(model: Any = MODEL, **changes: Any) -> ActiveInference:
    settings: Any = {"backend": "numpy", "learns": "ABD", "learns_when": "asleep", **changes}
    return ActiveInference(model, InferenceSettings(**settings), agent_id="a")


def life(n: int, outcomes: int = 3, seed: int = 1, first: int = 1) -> list[Experience]:
    rng = np.random.default_rng(seed)
    return [
        Experience(round, int(rng.integers(outcomes)), 0, int(rng.integers(2)), "acted", 0.0,
                   round % 9 == 8, False)
        for round in range(first, first + n)
    ]  # fmt: skip


def pupil_of(agent: ActiveInference) -> Pupil:
    pupil = agent.pupil()
    assert pupil is not None
    return pupil


def taught(pupil: Pupil, lived: list[Experience]) -> Taught:
    night = pupil.night()
    for one in lived:
        night.live(one)
    return night.taught


def travelled(values: dict[str, Any]) -> Any:
    return unpack_value(pack_value(values))


@kernels
def test_who_learns_asleep_learns_nothing_in_its_steps(backend: str) -> None:
    agent, awake = asleep(backend=backend), asleep(backend=backend, learns_when="awake")
    before = agent.get_state()
    live(agent, 20)
    live(awake, 20)
    after = agent.get_state()
    for name in ("pA", "pB", "pD"):
        assert np.array_equal(before[name], after[name]), name
    assert not np.array_equal(awake.get_state()["pA"], before["pA"])
    assert awake.pupil() is None
    with pytest.raises(ModelError, match="learns_when must be 'asleep'"):
        awake.teach({})


@kernels
def test_an_agent_and_its_pupil_count_the_same_bits_for_ever(backend: str) -> None:
    agent = asleep(backend=backend)
    pupil, beliefs = pupil_of(agent), agent.beliefs
    for night in range(3):
        gains = taught(pupil, life(20, seed=night, first=1 + 20 * night))
        agent.teach(gains.gains)
        pupil = pupil.after(gains)
        for name in ("pA", "pB", "pD"):
            assert np.array_equal(agent.get_state()[name], pupil.state[name])
    assert agent.get_state()["fresh"] == pupil.state["fresh"] == [False] * 3
    assert np.array_equal(agent.beliefs, beliefs)
    # What it was taught is what it thinks with.
    assert not np.array_equal(asleep(backend=backend).plan().neg_efe, agent.plan().neg_efe)


@kernels
@pytest.mark.parametrize("learns", ["A", "B", "ABD"])
@pytest.mark.parametrize("model", [MODEL, SURE, {**MODEL, "pA": 3 * A}])
def test_what_travels_teaches_with_the_same_bits(model: Any, learns: str, backend: str) -> None:
    if "pA" in model and learns == "B":
        pytest.skip("counts of what is not learned have no use here")
    agent = asleep(model, learns=learns, backend=backend)
    one = model is SURE
    lived = [e._replace(observation=(e.observation, 0)) if one else e for e in life(40)]
    pupil = pupil_of(agent)
    pupil = pupil.after(taught(pupil, lived[:20]))
    other = Pupil.of(travelled(pupil.values()))
    assert other.kernel == backend
    here, there = taught(pupil, lived[20:]), taught(other, lived[20:])
    there = taught_of(travelled(taught_values(there)))
    for name, gains in here.gains.items():
        assert np.array_equal(gains, there.gains[name]), name
    assert here.gains["p" + learns[0]].any()
    assert repr(here.trail) == repr(there.trail)


def test_gains_that_do_not_fit_change_nothing() -> None:
    agent = asleep()
    pupil, before = pupil_of(agent), agent.get_state()
    good = taught(pupil, life(5))
    for gains in ({}, {**good.gains, "pB": np.ones(3)}, {**good.gains, "pA": -good.gains["pA"]}):
        with pytest.raises(ModelError, match=r"agent 'a'.*gains"):
            agent.teach(gains)
        with pytest.raises(ModelError, match=r"agent 'a'.*gains"):
            pupil.after(good._replace(gains=gains))
    for name in ("pA", "pB", "pD"):
        assert np.array_equal(agent.get_state()[name], before[name])


def test_to_learn_nothing_asleep_is_refused() -> None:
    with pytest.raises(ValueError, match="learns_when must be awake where nothing is learned"):
        Profile(learns_when="asleep")
    with pytest.raises(ValueError, match="learns_when must be one of awake, asleep"):
        Profile(learns="A", learns_when="dreaming")


def test_one_that_is_retuned_knows_what_it_was_taught() -> None:
    agent = asleep(policy_length=2)
    agent.teach(taught(pupil_of(agent), life(20)).gains)
    before = agent.get_state()["pB"]
    settings: Any = {"learns": "ABD", "learns_when": "asleep", "policy_length": 1}
    agent.retune(InferenceSettings(**settings).resolved_profile())
    assert np.array_equal(agent.get_state()["pB"], before)
    agent.teach(taught(pupil_of(agent), life(20, seed=2)).gains)
