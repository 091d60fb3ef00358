"""Whole steps of agents that learn: the same in every kernel, alone and among others."""

from __future__ import annotations

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.rows import START, Turn
from antiphon.models.learning.compiled import CompiledLearner
from antiphon.models.learning.learner import Learner
from antiphon.models.learning.learning import Learning
from antiphon.models.learning.lesson import STILL, lesson_of
from antiphon.models.learning.rows import LearningRows
from antiphon.models.policies import best
from antiphon.models.profile import Profile
from antiphon.tests.models.kernels.cases import needs_numba, some_of
from antiphon.tests.models.learning.cases import (
    ALL,
    EVERY,
    distributions,
    learner_of,
    random_learning,
    random_model,
    random_rows,
    random_turn,
)
from hypothesis import given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)


def arrays_of(rows: LearningRows) -> list[np.ndarray]:
    return [*rows.arrays, *rows.own.arrays]


def twin(rows: LearningRows, learner: Learner) -> LearningRows:
    other = learner.new_rows(rows.compiled, len(rows.beliefs))
    for mine, theirs in zip(arrays_of(other), arrays_of(rows), strict=True):
        mine[:] = theirs
    return other


@needs_numba
@given(seed=seeds, length=st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_compiled_steps_equal_the_reference(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    model, learning = random_model(rng), random_learning(rng)
    habits = rng.dirichlet(np.ones(model.n_actions**length)) if rng.random() < 0.5 else None
    compiled = CompiledLearner.of(
        model, length, learning, E=habits, use_states_info_gain=bool(rng.random() < 0.8)
    )
    one, other = learner_of("numpy"), learner_of("numba")
    mine = random_rows(rng, compiled, one, 3)
    theirs = twin(mine, other)
    for _ in range(6):
        turn = random_turn(rng, model, np.arange(3))
        held = one.infer(mine, turn).beliefs
        plans = one.plan(mine, turn.who, held), other.plan(theirs, turn.who, held)
        for a, b in zip(*plans, strict=True):
            assert np.abs(a - b).max() <= 1e-12 * max(1.0, np.abs(a).max())
        assert np.array_equal(one.step(mine, turn), other.step(theirs, turn))
        for a, b in zip(arrays_of(mine), arrays_of(theirs), strict=True):
            gap = np.abs(a.astype(float) - b.astype(float))
            assert np.nan_to_num(gap).max(initial=0.0) <= 1e-12
            assert np.array_equal(np.isnan(a.astype(float)), np.isnan(b.astype(float)))


@pytest.mark.parametrize("name", EVERY)
@given(seed=seeds)
@settings(max_examples=15, deadline=None)
def test_a_row_has_the_same_bits_whoever_else_is_in_the_call(name: str, seed: int) -> None:
    rng, learner = np.random.default_rng(seed), learner_of(name)
    compiled = CompiledLearner.of(random_model(rng), 2, random_learning(rng))
    together = random_rows(rng, compiled, learner, 4)
    apart = twin(together, learner)
    for _ in range(4):
        turn = random_turn(rng, compiled.model, np.arange(4))
        chosen = learner.step(together, turn)
        for k in rng.permutation(4):
            assert learner.step(apart, some_of(turn, [int(k)])) == chosen[k]
    for mine, theirs in zip(arrays_of(together), arrays_of(apart), strict=True):
        assert mine.tobytes() == theirs.tobytes()


@needs_numba
def test_learned_a_and_b_approach_the_true_ones() -> None:
    rng, learner, n = np.random.default_rng(5), learner_of("numba"), 4
    true_A = 0.96 * np.eye(n) + 0.04 / n
    true_B = 0.9 * np.stack([np.roll(np.eye(n), k, axis=0) for k in (0, 1)], axis=2) + 0.1 / n
    guess = GenerativeModel(0.7 * true_A + 0.3 / n, 0.5 * true_B + 0.5 / n, D=np.eye(n)[0])
    learning = Learning(learn_A=True, learn_B=True, use_param_info_gain=True)
    rows = learner.new_rows(CompiledLearner.of(guess, 1, learning), 1)
    rows.take(Profile(gamma=1.0, alpha=1.0), 3)
    state, action, gaps = 0, None, []
    for step in range(601):
        if step in {0, 150, 600}:
            off = (
                np.abs(rows.own.A(0)[0] - true_A).mean(),
                np.abs(rows.own.B(0)[0] - true_B).mean(),
            )
            gaps.append(off)
        if action is not None:
            state = int(rng.choice(n, p=true_B[:, state, action]))
        seen, moves = int(rng.choice(n, p=true_A[:, state])), [] if action is None else [action]
        turn = Turn(np.array([0]), np.array([[seen]]), np.array(moves, int), np.array([len(moves)]))
        action = int(learner.step(rows, turn)[0])
    (first_A, first_B), (soon_A, soon_B), (last_A, last_B) = gaps
    assert last_A < 0.3 * first_A
    assert last_B < 0.3 * first_B
    assert last_A < soon_A < first_A
    assert last_B < soon_B < first_B


@pytest.mark.parametrize("name", EVERY)
def test_an_agent_goes_where_it_has_something_to_learn(name: str) -> None:
    # Two rooms, equally liked; of the one it knows all, of the other nothing.
    B = np.zeros((2, 2, 2))
    B[0, :, 0] = B[1, :, 1] = 1.0
    model = GenerativeModel(np.full((2, 2), 0.5), B, D=[1.0, 0.0])
    counts = np.array([[500.0, 1.0], [500.0, 1.0]])
    learner = learner_of(name)
    for gain, favourite in ((True, 1), (False, 0)):
        learning = Learning(learn_A=True, use_param_info_gain=gain)
        rows = learner.new_rows(CompiledLearner.of(model, 1, learning, pA=counts), 1)
        rows.take(Profile(action_selection="deterministic"))
        turn = Turn(np.array([0]), np.array([[0]]), np.zeros(0, int), np.array([0]))
        assert learner.step(rows, turn).tolist() == [favourite]


@pytest.mark.parametrize("name", EVERY)
def test_plans_are_made_before_the_observation_is_learned_from(name: str) -> None:
    rng, learner, differing = np.random.default_rng(9), learner_of(name), 0
    for _ in range(40):
        learning = Learning(learn_A=True, use_param_info_gain=True, prior_strength=0.5)
        compiled = CompiledLearner.of(random_model(rng), 1, learning)
        rows = learner.new_rows(compiled, 1)
        rows.take(Profile(action_selection="deterministic"))
        turn = random_turn(rng, compiled.model, [0])
        held = learner.infer(rows, turn).beliefs
        meant = best(learner.plan(rows, turn.who, held).actions[0])
        assert learner.step(rows, turn).tolist() == [meant]
        differing += best(learner.plan(rows, turn.who, held).actions[0]) != meant
    assert differing > 0


@pytest.mark.parametrize("name", EVERY)
def test_preferences_of_the_moment_stand_in_for_those_of_the_model(name: str) -> None:
    rng, learner = np.random.default_rng(2), learner_of(name)
    model = random_model(rng)
    other = GenerativeModel(model.A, model.B, [c[::-1] for c in model.C], model.D)
    results = []
    for own, wanted in ((model, other.C), (other, None)):
        compiled = CompiledLearner.of(own, 2, ALL)
        rows = learner.new_rows(compiled, 1)
        rows.take(Profile(policy_length=2))
        given_ = None if wanted is None else np.concatenate(wanted)[None]
        results.append(learner.plan(rows, np.array([0]), model.D[None].copy(), given_).neg_efe)
    assert np.array_equal(*results)


def test_moves_are_learned_from_one_at_a_time_and_starts_where_they_are_seen() -> None:
    rng = np.random.default_rng(0)
    compiled = CompiledLearner.of(random_model(rng), 1, ALL)
    rows = learner_of("numpy").new_rows(compiled, 6)
    for _ in range(6):
        rows.take(Profile())
    rows.step[:] = [0, 3, 3, 3, 3, 0]
    # no move, one, a beginning, a beginning and a move, two moves, one before anything was seen
    moves = np.array([0, START, START, 0, 0, 0, 0])
    turn = Turn(np.arange(6), np.zeros((6, 1), int), moves, np.array([0, 1, 2, 4, 6, 7]))
    lived = lesson_of(rows.own.shared.columns.layout, rows, turn, rows.beliefs)
    assert lived.actions.ravel().tolist() == [STILL, 0, STILL, STILL, STILL, 0]
    assert lived.began.tolist() == [True, False, True, False, False, False]


def test_a_released_row_keeps_nothing_of_what_was_learned() -> None:
    rng, learner = np.random.default_rng(1), learner_of("numpy")
    compiled = CompiledLearner.of(random_model(rng), 1, ALL)
    rows = learner.new_rows(compiled, 1)
    row = rows.take(Profile())
    first = [array.tobytes() for array in arrays_of(rows)]
    assert rows.is_full
    learner.step(rows, random_turn(rng, compiled.model, [0]))
    rows.reset(row)
    assert [array.tobytes() for array in arrays_of(rows)] != first  # an episode forgets nothing
    rows.release(row)
    assert len(rows) == 0
    rows.take(Profile())
    assert [array.tobytes() for array in arrays_of(rows)] == first


def test_what_does_not_fit_is_refused() -> None:
    model = random_model(np.random.default_rng(4))
    with pytest.raises(ModelError, match="policies; the most is"):
        CompiledLearner.of(GenerativeModel([[1.0]], np.ones((1, 1, 20))), 4, ALL)
    with pytest.raises(ModelError, match="E must have"):
        CompiledLearner.of(model, 2, ALL, E=[1.0])
    rows = learner_of("numpy").new_rows(CompiledLearner.of(model, 2, ALL), 1)
    with pytest.raises(ValueError, match="policy_length must be 2"):
        rows.take(Profile(policy_length=1))


def test_sparse_moves_take_little_room() -> None:
    moves = (np.arange(100)[None] + np.array([[0], [1], [10], [90], [99]])) % 100
    A = distributions(np.random.default_rng(0), (5, 100), zeros=False)
    compiled = CompiledLearner.of(GenerativeModel.deterministic(A, moves), 2, ALL)
    rows = learner_of("numpy").new_rows(compiled, 1)
    assert rows.bytes_per_row < 64 * 1024
