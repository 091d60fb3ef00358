"""Agents that infer: what they take in, what they choose, and what they carry on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.actors.together import goes_together
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context
from antiphon.models.explorer import Explorer
from antiphon.models.generative import GenerativeModel
from antiphon.models.profile import InferenceSettings, Profile
from antiphon.tests.models.ringer import (
    BRIGHT,
    RING,
    SEEN,
    after,
    lived,
    make,
    ring_model,
    state_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def test_an_observation_updates_beliefs_by_bayes_rule() -> None:
    agent = make()
    agent.act([0, 0], Context())
    agent.act([1, 1], after(0))
    joint = np.array([0, 1, 0, 0]) * SEEN[1] * BRIGHT[1]
    assert np.allclose(agent.beliefs, joint / joint.sum(), atol=1e-15)


def test_it_goes_where_it_expects_to_see_what_it_prefers() -> None:
    agent = make(profile="balanced", action_selection="deterministic")
    place, previous, path = 0, None, []
    for _ in range(4):
        action = agent.act([place, int(place in (1, 2))], Context(previous=previous))
        previous = lived(action)
        place = int(RING[action, place])
        path.append(place)
    assert path[1:] == [2, 2, 2]


def test_beliefs_follow_the_executed_action_and_not_the_intended_one() -> None:
    agent = make(selective_update_interval=9)
    agent.act([0, 0], Context())
    agent.act([0, 0], Context(previous=lived(1, intended=0)))
    assert agent.beliefs.argmax() == 3


def test_a_skipped_update_still_predicts_the_move() -> None:
    agent = make(selective_update_interval=3)
    agent.act([0, 0], Context())
    settled = agent.beliefs
    for executed in (0, 0):
        agent.act([3, 1], after(executed))
    assert np.array_equal(agent.beliefs, np.roll(settled, 2))
    agent.act([3, 1], after(2))
    assert not np.array_equal(agent.beliefs, np.roll(settled, 2))


def test_missed_steps_are_predicted_in_order_before_the_last_one() -> None:
    rotate_then_merge = np.array([[1, 2, 3, 0], [0, 0, 2, 3]])  # the order matters
    model = GenerativeModel.deterministic([SEEN], rotate_then_merge, D=[0, 1, 0, 0])
    agent = ActiveInference(model, InferenceSettings(selective_update_interval=9))
    agent.act(1, Context())
    agent.act(1, after(1, 0))
    assert agent.beliefs.argmax() == 2


def test_an_episodes_end_among_the_missed_steps_starts_from_d_again() -> None:
    agent = make(selective_update_interval=9)
    agent.act([0, 0], Context())
    missed = (lived(0), lived(0, terminated=True))
    agent.act([0, 0], Context(previous=lived(1), missed=missed))
    assert agent.beliefs.tolist() == [0, 0, 0, 1]


def test_a_step_without_an_executed_action_moves_nothing() -> None:
    agent = make(selective_update_interval=9)
    agent.act([0, 0], Context())
    settled = agent.beliefs
    agent.act([0, 0], after(None))
    assert np.array_equal(agent.beliefs, settled)


def test_one_seed_gives_one_sequence_of_actions_and_another_seed_another() -> None:
    def actions(seed: int) -> list[int]:
        flat = GenerativeModel.deterministic([SEEN], RING)
        agent = ActiveInference(flat, InferenceSettings(gamma=0))
        agent.reset(seed)
        return [agent.act(0, Context()) for _ in range(40)]

    assert actions(1) == actions(1)
    assert actions(1) != actions(2)


def test_gamma_and_alpha_sharpen_the_choice() -> None:
    def share_of_best(**precision: float) -> float:
        agent = make(**precision)
        return max(np.bincount([agent.act([1, 1], Context()) for _ in range(300)])) / 300

    vague = share_of_best(gamma=0.2, alpha=1.0)
    assert share_of_best(gamma=0.2, alpha=8.0) > vague + 0.1
    assert share_of_best(gamma=2.0, alpha=1.0) > vague + 0.1


@pytest.mark.parametrize(
    "observation", [[1, 0], (1, 0), np.array([1, 0]), np.array([1, 0], np.uint8), [np.int64(1), 0]]
)
def test_whole_numbers_are_taken_in_any_common_form(observation: Any) -> None:
    agent, other = make(), make()
    agent.act(observation, Context())
    other.act([1, 0], Context())
    assert state_of(agent) == state_of(other)


@pytest.mark.parametrize("observation", [2, np.int64(2), np.array(2), [2], np.array([2])])
def test_one_modality_takes_a_number_or_an_array_of_one(observation: Any) -> None:
    agent = ActiveInference(GenerativeModel.deterministic(SEEN, RING))
    agent.act(observation, Context())
    assert agent.beliefs.argmax() == 2


@settings(max_examples=100)
@given(data=st.data())
def test_beliefs_stay_a_distribution_for_any_model_that_is_accepted(data: st.DataObject) -> None:
    n_states = data.draw(st.integers(1, 5))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    model = GenerativeModel(
        [rng.dirichlet(np.full(3, 0.05), size=n_states).T for _ in range(3)],
        rng.dirichlet(np.full(n_states, 0.05), size=(n_states, 2)).transpose(2, 0, 1),
        D=rng.dirichlet(np.full(n_states, 0.05)),
    )
    agent = ActiveInference(model, InferenceSettings(profile="balanced"))
    previous = None
    for _ in range(5):
        seen = data.draw(st.tuples(*[st.integers(0, 2)] * 3))
        previous = lived(agent.act(seen, Context(previous=previous)))
        assert np.isfinite(agent.beliefs).all()
        assert abs(agent.beliefs.sum() - 1) < 1e-9
        assert np.isfinite(agent.plan().neg_efe).all()


def test_many_impossible_outcomes_at_once_still_leave_a_distribution() -> None:
    modalities = 30
    likelihood = np.eye(2)
    model = GenerativeModel.deterministic([likelihood] * modalities, [[0, 1], [1, 0]])
    agent = ActiveInference(model)
    agent.act([0] * 14 + [1] * 16, Context())  # eps**14 against eps**16: below any float
    assert agent.beliefs.argmax() == 1
    assert abs(agent.beliefs.sum() - 1) < 1e-12


def test_a_state_goes_on_from_exactly_there() -> None:
    agent, other = make(selective_update_interval=2), make(selective_update_interval=2)
    for _ in range(3):
        agent.act([1, 0], Context())
    other.set_state(agent.get_state())
    ahead = [agent.act([k % 4, 1], after(k % 3)) for k in range(20)]
    assert ahead == [other.act([k % 4, 1], after(k % 3)) for k in range(20)]
    assert state_of(agent) == state_of(other)


def test_agents_with_equal_models_share_one_and_others_do_not() -> None:
    one, two = make(), make()
    assert one.model is two.model
    assert one.crowd is two.crowd
    assert one.seat.rows is two.seat.rows
    assert one.seat.row != two.seat.row
    assert make(profile="balanced").crowd is not one.crowd


def test_only_the_class_itself_says_that_it_may_be_answered_for_with_others() -> None:
    class Slow(ActiveInference):
        pass

    class Willing(ActiveInference):
        together = True

    kinds = (ActiveInference, Explorer, Slow, Willing)
    model = ring_model()
    assert [goes_together(kind) for kind in kinds] == [True, True, False, True]
    assert Slow(model).crowd is Willing(model).crowd  # but each acts by itself, and may


@pytest.mark.parametrize("length", [1, 2])
def test_retuned_it_goes_on_from_its_beliefs_and_thinks_more_or_less(length: int) -> None:
    agent = make(profile="fast", selective_update_interval=1)
    agent.act([0, 0], Context())
    before = state_of(agent)
    tuned = Profile(policy_length=length, gamma=3, action_selection="deterministic")
    agent.retune(tuned)
    assert state_of(agent) == before
    assert agent.profile is tuned
    assert len(agent.plan().neg_efe) == 3**length
    fresh = make(policy_length=length, gamma=3, action_selection="deterministic")
    fresh.set_state(agent.get_state())
    assert np.array_equal(agent.plan().policies, fresh.plan().policies)
    seen = [([k % 4, 1], after(k % 3)) for k in range(9)]
    assert [agent.act(*one) for one in seen] == [fresh.act(*one) for one in seen]


def test_surprise_is_the_free_energy_of_what_was_seen() -> None:
    A = np.array([[0.9, 0.2], [0.1, 0.8]])
    B = np.stack([np.eye(2), np.eye(2)[::-1]], axis=2)
    agent = ActiveInference({"A": A, "B": B, "D": np.array([0.5, 0.5])})
    agent.reset(1)
    assert agent.surprise is None
    agent.act(0, Context())
    assert agent.surprise == pytest.approx(-np.log(0.5 * 0.9 + 0.5 * 0.2))
    # Variational free energy: E_q[ln q - ln p(o, s)], which exact beliefs bring down to it.
    q, joint = agent.beliefs, np.array([0.5, 0.5]) * A[0]
    assert agent.surprise == pytest.approx(float(np.sum(q * (np.log(q) - np.log(joint)))))


def test_an_observation_that_was_skipped_surprises_nobody() -> None:
    settings = InferenceSettings(selective_update_interval=2)
    agent = ActiveInference({"A": np.eye(2), "B": np.eye(2)[:, :, None]}, settings)
    agent.reset(1)
    agent.act(0, Context())
    assert agent.surprise is not None
    agent.act(0, Context())
    assert agent.surprise is None


@pytest.mark.parametrize("length", [1, 2])
def test_compiled_inference_chooses_the_same(length: int) -> None:
    pytest.importorskip("numba")
    rng = np.random.default_rng(3)
    A, B = rng.dirichlet(np.ones(4), 3).T, rng.dirichlet(np.ones(3), (3, 2)).transpose(2, 0, 1)
    chosen, beliefs = [], []
    for backend in ("numpy", "numba"):
        tuned = InferenceSettings(backend=backend, policy_length=length)
        ActiveInference.prepare(tuned)
        agent = ActiveInference({"A": A, "B": B, "C": np.arange(4.0)}, tuned)
        agent.reset(5)
        chosen.append([agent.act(n % 4, Context()) for n in range(30)])
        beliefs.append(agent.beliefs)
    assert chosen[0] == chosen[1]
    np.testing.assert_allclose(beliefs[0], beliefs[1], atol=1e-12)
