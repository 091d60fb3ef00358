"""How counts grow: what changes, what must not, and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.model import FactoredModel
from antiphon.models.factored.rows import FactoredRows
from antiphon.models.generative import GenerativeModel
from antiphon.models.learning.concentrations import Concentrations
from antiphon.models.learning.learning import Learning
from antiphon.models.learning.lesson import Lesson
from antiphon.models.learning.parameters import Parameters
from antiphon.models.profile import Profile
from antiphon.tests.models.kernels.cases import needs_numba
from antiphon.tests.models.learning.cases import (
    ALL,
    EVERY,
    distributions,
    lesson,
    random_learning,
    random_model,
    rules_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

A = np.array([[0.75, 0.0, 0.5], [0.25, 1.0, 0.5]])
MOVE = np.array([[0.5, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 1.0]])
MODEL = GenerativeModel(A, np.stack([MOVE, np.eye(3)], axis=2), D=[0.5, 0.5, 0.0])


def taught(name: str, learning: Learning, *lessons: Lesson, **counts: Any) -> Parameters:
    own = Parameters(Concentrations(MODEL, learning, **counts), 1, rules_of(name))
    own.begin(0)
    for one in lessons:
        own.learn(one)
    return own


@pytest.mark.parametrize("name", EVERY)
def test_an_observation_adds_to_its_outcome_in_the_states_that_are_believed_in(name: str) -> None:
    learning = Learning(learn_A=True, lr_A=0.5, prior_strength=4.0)
    own = taught(name, learning, lesson([0], [0.6, 0.0, 0.4]))
    counts = 4.0 * A
    counts[0] += 0.5 * np.array([0.6, 0.0, 0.4])
    assert np.allclose(own.counts(0)[0][0], counts, atol=1e-14)
    assert np.allclose(own.A(0)[0], counts / counts.sum(axis=0), atol=1e-14)


@pytest.mark.parametrize("name", EVERY)
def test_a_move_adds_to_where_it_led_from_where_it_began(name: str) -> None:
    before, after = np.array([0.2, 0.8, 0.0]), np.array([0.0, 0.3, 0.7])
    own = taught(name, Learning(learn_B=True), lesson([0], after, before=before, action=0))
    counts = MOVE + np.outer(after, before) * (MOVE > 0)
    assert np.allclose(own.counts(0)[1][0][:, :, 0], counts, atol=1e-14)
    assert np.allclose(own.B(0)[0][:, :, 0], counts / counts.sum(axis=0), atol=1e-14)
    assert np.array_equal(own.B(0)[0][:, :, 1], np.eye(3))


@pytest.mark.parametrize("name", EVERY)
def test_a_start_is_learned_where_an_episode_begins_alone(name: str) -> None:
    later = lesson([0], [0.0, 0.9, 0.1])
    first = lesson([0], [0.0, 0.9, 0.1], began=True)
    own = taught(name, Learning(learn_D=True), later)
    assert np.array_equal(own.D(0)[0], MODEL.D)
    own.learn(first)
    counts = np.array([0.5, 1.4, 0.0])  # what was impossible stays so
    assert np.allclose(own.D(0)[0], counts / counts.sum(), atol=1e-14)


@pytest.mark.parametrize("name", EVERY)
def test_columns_of_other_states_and_actions_keep_their_bits(name: str) -> None:
    learning = Learning(learn_A=True, learn_B=True, use_param_info_gain=True, prior_strength=3.0)
    own = taught(name, learning, lesson([0], [1.0, 0.0, 0.0], before=[1.0, 0.0, 0.0], action=0))
    first = [array.copy() for array in own.arrays]
    own.learn(lesson([1], [0.0, 0.0, 1.0], before=[0.0, 1.0, 0.0], action=1))
    columns = own.shared.columns
    for now, then in zip(own.arrays[:5], first[:5], strict=True):
        parts = now[0].reshape(-1, 3), then[0].reshape(-1, 3)
        assert np.array_equal(parts[0][:, :2], parts[1][:, :2])
    for now, then in zip(own.arrays[5:9], first[5:9], strict=True):
        parts = columns.split_B(now[0])[0], columns.split_B(then[0])[0]
        assert np.array_equal(parts[0][0], parts[1][0])
        assert np.array_equal(parts[0][1, [0, 2]], parts[1][1, [0, 2]])
    assert not np.array_equal(own.novelty_A, first[4])


@pytest.mark.parametrize("name", EVERY)
def test_zeros_stay_zero_unless_they_may_come_to_life(name: str) -> None:
    lived = lesson([0], [0.2, 0.5, 0.3], before=[0.5, 0.3, 0.2], action=0)
    own = taught(name, ALL, *[lived] * 5)
    assert ((own.A(0)[0] > 0) == (A > 0)).all()
    assert ((own.B(0)[0][:, :, 0] > 0) == (MOVE > 0)).all()
    loose = Learning(learn_A=True, learn_B=True, keep_zeros=False)
    own = taught(name, loose, *[lived] * 5)
    assert (own.A(0)[0] > 0).all()
    assert (own.B(0)[0] > 0).all()


@pytest.mark.parametrize("name", EVERY)
def test_forgetting_bounds_what_a_state_can_teach_and_spares_the_initial_counts(name: str) -> None:
    learning = Learning(learn_A=True, fr_A=0.9, prior_strength=4.0)
    own = taught(name, learning, *[lesson([0], [1.0, 0.0, 0.0])] * 300)
    counts = own.counts(0)[0][0]
    assert np.allclose(counts[:, 0], [4.0 * 0.75 + 1 / (1 - 0.9), 4.0 * 0.25])
    assert np.array_equal(counts[:, 1:], 4.0 * A[:, 1:])
    own = taught(name, learning, *[lesson([0], [1.0, 0.0, 0.0])] * 300, lesson([1], [1.0, 0, 0]))
    assert np.allclose(own.counts(0)[0][0][:, 0], [3.0 + 9.0, 1.0 + 1.0])


@pytest.mark.parametrize("name", EVERY)
def test_a_state_is_forgotten_as_far_as_it_is_visited(name: str) -> None:
    before, later = lesson([0], [1.0, 0.0, 0.0]), lesson([1], [0.25, 0.0, 0.75])
    own = taught(name, Learning(learn_A=True, fr_A=0.6), before, later)
    left = 1.0 - 0.25 * (1.0 - 0.6)
    assert np.allclose(own.counts(0)[0][0][:, 0], [0.75 + left, 0.25 + 0.25])
    own = taught(name, Learning(learn_B=True, fr_B=0.6), before)
    stay = {"before": [0.5, 0.0, 0.5], "action": 1}
    own.learn(lesson([0], [1.0, 0.0, 0.0], **stay))
    own.learn(lesson([0], [0.0, 0.0, 1.0], **stay))
    assert np.allclose(np.diag(own.counts(0)[1][0][:, :, 1]), [1.0 + 0.5 * 0.8, 1.0, 1.5])


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_learned_from_what_was_not_seen_or_not_asked_for(name: str) -> None:
    lived = lesson([0], [0.2, 0.5, 0.3], before=[0.5, 0.3, 0.2], action=0, began=True)
    blind = lived._replace(seeing=np.array([False]))
    own = taught(name, ALL)
    first = [array.copy() for array in own.arrays]
    own.learn(blind)
    assert all(np.array_equal(*pair) for pair in zip(own.arrays, first, strict=True))
    own = taught(name, Learning(learn_A=True), lived)
    assert np.array_equal(own.B(0)[0], MODEL.B)
    assert np.array_equal(own.D(0)[0], MODEL.D)


@pytest.mark.parametrize("name", EVERY)
def test_the_model_holds_until_something_is_learned_then_the_counts_do(name: str) -> None:
    counts = np.array([[1.0, 0.0, 3.0], [1.0, 5.0, 1.0]])
    own = taught(name, Learning(learn_A=True), pA=counts)
    assert np.array_equal(own.A(0)[0], A)
    own.learn(lesson([0], [1.0, 0.0, 0.0]))
    assert np.allclose(own.A(0)[0][:, 2], [0.75, 0.25])


@pytest.mark.parametrize("name", EVERY)
def test_novelty_fades_with_what_is_known(name: str) -> None:
    learning = Learning(learn_A=True, use_param_info_gain=True)
    own, worth = taught(name, learning), []
    for _ in range(20):
        own.learn(lesson([0], [1.0, 0.0, 0.0]))
        worth.append(own.novelty_A[0, 0])
    assert (np.diff(worth) < 0).all()
    assert own.novelty_A[0, 1] == 0.0  # impossible, so there is nothing to learn


seeds = st.integers(0, 2**32)


@needs_numba
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_compiled_rules_equal_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model, learning = random_model(rng), random_learning(rng)
    shared = Concentrations(model, learning)
    tables = [Parameters(shared, 1, rules_of(name)) for name in ("numpy", "numba")]
    for own in tables:
        own.begin(0)
    for _ in range(15):
        observation = [int(rng.integers(n)) for n in model.n_observations]
        before, after = rng.dirichlet(np.full(model.n_states, 0.3), size=2)
        action, began = int(rng.integers(model.n_actions)), bool(rng.random() < 0.3)
        lived = lesson(observation, after, before=before, action=action, began=began)
        for own in tables:
            own.learn(lived)
        for one, other in zip(*(own.arrays for own in tables), strict=True):
            assert np.abs(one.astype(float) - other).max(initial=0.0) <= 1e-12


@pytest.mark.parametrize("name", EVERY)
@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_a_row_goes_on_from_its_state_bit_for_bit(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng)
    own = Parameters(Concentrations(model, random_learning(rng)), 2, rules_of(name))
    own.begin(0)
    own.begin(1)
    for k in range(12):
        if k in {0, 6, 9}:
            own.set_state(1, own.get_state(0))
            assert all((array[0] == array[1]).all() for array in own.arrays)
        held = rng.dirichlet(np.full(model.n_states, 0.3), size=2)
        observation = [int(rng.integers(n)) for n in model.n_observations]
        lived = lesson(observation, held[1], before=held[0], action=0, began=k % 4 == 0)
        own.learn(lived)
        own.learn(lived._replace(who=np.array([1])))


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    own = taught("numpy", ALL, lesson([0], [0.6, 0.0, 0.4]))
    first, state = [array.copy() for array in own.arrays], own.get_state(0)
    for bad in (
        {"pA": np.zeros(6)},
        {"pB": np.ones(3)},
        {"pD": -state["pD"]},
        {"fresh": [True]},
        {"fresh": None},
    ):
        with pytest.raises(ModelError, match="agent 'a'"):
            own.set_state(0, {**state, **bad}, "a")
    assert all(np.array_equal(*pair) for pair in zip(own.arrays, first, strict=True))


@pytest.mark.parametrize("name", EVERY)
def test_a_kernel_of_several_factors_is_taught_where_it_reads(name: str) -> None:
    rng = np.random.default_rng(3)
    B = [distributions(rng, (n, n, 2), zeros=False) for n in (2, 3)]
    A_ = [distributions(rng, (4, 2, 3), zeros=False)]
    model = FactoredModel(A_, B)
    learning = Learning(learn_A=True, learn_B=True, use_param_info_gain=True)
    rows = FactoredRows(FactoredCompiled.of(model, 1), 2, own="AB", novelty="AB")
    own = Parameters.inside(rows.parameters, Concentrations(model, learning), rules_of(name))
    row = rows.take(Profile())
    own.begin(row)
    assert np.array_equal(rows.parameters.likelihoods[row], model.layout.pack_A(A_))
    assert (rows.parameters.novelty_B[row] > 0).all()
    own.learn(lesson([2], [0.5, 0.5, 0.2, 0.3, 0.5])._replace(actions=np.array([[1, 0]])))
    assert np.array_equal(rows.parameters.likelihoods[row], own.likelihoods[row])
    assert np.allclose(rows.parameters.logs[row], np.log(rows.parameters.likelihoods[row]))
    joint = np.outer([0.5, 0.5], [0.2, 0.3, 0.5])
    counts = A_[0].copy()
    counts[2] += joint
    assert np.allclose(
        model.layout.unpack_A(rows.parameters.likelihoods[row])[0], counts / counts.sum(axis=0)
    )
    other = FactoredRows(FactoredCompiled.of(model, 1), 2, own="A", novelty="AB").parameters
    shared = Concentrations(model, learning)
    with pytest.raises(ValueError, match="transitions must be each row's own"):
        Parameters.inside(other, shared, rules_of(name))
