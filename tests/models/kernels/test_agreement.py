"""The kernels against each other, and against agents that think one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from antiphon.models import chance
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels import numpy_kernel, sums
from antiphon.models.kernels.compiled import FAINT, Compiled
from antiphon.models.kernels.rows import START, Rows, Turn
from antiphon.models.matrices import EPSILON
from antiphon.models.profile import Profile
from antiphon.tests.models.kernels.cases import (
    EVERY_KERNEL,
    KINDS,
    bits,
    copy_of,
    kernel_of,
    needs_numba,
    random_model,
    random_profile,
    random_rows,
    random_turn,
)
from antiphon.tests.models.plain import Engine, Mind
from hypothesis import given
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)


@needs_numba
@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds, n=st.integers(1, 40), length=st.integers(1, 4))
def test_compiled_code_equals_the_reference(kind: str, seed: int, n: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    compiled = Compiled.of(random_model(rng, kind), min(length, 2) if kind == "grid" else length)
    mine = random_rows(rng, compiled, n)
    theirs, turn = copy_of(mine), random_turn(rng, compiled, np.arange(n))
    one, other = kernel_of("numpy"), kernel_of("numba")
    scores = [k.plan(compiled, mine.beliefs, mine.gamma) for k in (one, other)]
    for ours, its in zip(*scores, strict=True):
        assert np.abs(ours - its).max() <= 1e-12
    assert np.array_equal(one.step(mine, turn), other.step(theirs, turn))
    assert np.abs(mine.beliefs - theirs.beliefs).max() <= 1e-12
    assert np.array_equal(mine.step, theirs.step)
    np.testing.assert_allclose(mine.surprise, theirs.surprise, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_fifty_steps_equal_those_of_agents_that_think_alone(
    name: str, kind: str, length: int
) -> None:
    kernel, rng = kernel_of(name), np.random.default_rng(length)
    compiled = Compiled.of(random_model(rng, kind), length)
    model, n = compiled.model, 7
    engine, table, minds = Engine(model, length), Rows(compiled, n), []
    for seed in range(n):
        profile = random_profile(rng, length)
        table.take(profile, seed)
        minds.append(Mind(engine, profile, seed))
    for _ in range(50):
        turn = random_turn(rng, compiled, np.arange(n))
        actions = kernel.step(table, turn)
        first = 0
        for k, own in enumerate(minds):
            own.move(turn.moves[first : turn.ends[k]].tolist())
            own.see(turn.observations[k].tolist())
            first = turn.ends[k]
            plan = own.plan()
            assert own.choose() == actions[k]
            assert np.abs(own.beliefs - table.beliefs[k]).max() <= 1e-12
            _check_surprise(own.surprise, float(table.surprise[k]))
            scored = kernel.plan(compiled, table.beliefs[k : k + 1], table.gamma[k : k + 1])
            assert np.abs(plan.neg_efe - scored.neg_efe[0]).max() <= 1e-9
            # What is hardly believed is left out.
            plan = engine.plan(np.where(own.beliefs > FAINT, own.beliefs, 0.0), own.profile.gamma)
            for one, other in zip(plan, scored, strict=True):
                assert np.abs(one - other[0]).max() <= 1e-12


def _check_surprise(plain: float | None, ours: float) -> None:
    if plain is None:
        assert math.isnan(ours)
    elif plain < 20:  # beyond, it is the floors that one is surprised at
        assert ours == pytest.approx(plain, rel=1e-6)
    else:
        assert ours >= 19


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_draws_are_those_of_the_agents_own_stream(name: str) -> None:
    flat = GenerativeModel.deterministic([[1.0]], np.zeros((5, 1), int))
    table = Rows(Compiled.of(flat, 1), 3)
    for seed in range(3):
        table.take(Profile(), seed)
    turn = Turn(np.arange(3), np.zeros((3, 1), int), np.zeros(0, int), np.zeros(3, int))
    for step in range(60):
        draws = [int(5 * chance.uniform(chance.key(seed, "action"), step)) for seed in range(3)]
        assert kernel_of(name).step(table, turn).tolist() == draws


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_actions_are_drawn_as_often_as_their_marginals_say(name: str) -> None:
    rng, n = np.random.default_rng(4), 20_000
    compiled = Compiled.of(random_model(rng, "dense"), 2)
    table = Rows(compiled, n)
    profile = Profile(policy_length=2, gamma=0.5, alpha=1.0)
    for seed in range(n):
        table.take(profile, seed)
    nothing = np.zeros(n, int)
    seen = np.zeros((n, len(compiled.offsets)), int)
    actions = kernel_of(name).step(table, Turn(np.arange(n), seen, nothing[:0], nothing))
    counts = np.bincount(actions, minlength=compiled.model.n_actions)
    plan = kernel_of(name).plan(compiled, table.beliefs[:1], table.gamma[:1])
    expected = plan.actions[0] * n
    assert len(expected) > 1
    assert ((counts - expected) ** 2 / expected).sum() < 20.0  # chi-square, p < 0.001 for 4


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_the_lowest_of_actions_that_differ_by_rounding_is_taken(name: str) -> None:
    # Two actions lead to what is liked the same, by preferences a hair apart.
    def chosen(difference: float) -> int:
        moves = [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
        liked = [0.0, 1.0, 1.0 + difference]
        compiled = Compiled.of(GenerativeModel.deterministic(np.eye(3), moves, liked), 1)
        table = Rows(compiled, 1)
        table.take(Profile(gamma=1.0, action_selection="deterministic"))
        nothing = np.zeros(1, int)
        turn = Turn(nothing, np.zeros((1, 1), int), nothing[:0], nothing)
        return int(kernel_of(name).step(table, turn)[0])

    assert chosen(1e-10) == 1
    assert chosen(1e-6) == 2


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_a_step_that_takes_nothing_in_still_predicts_its_moves(name: str) -> None:
    ring = np.array([[1, 2, 3, 0], [0, 1, 2, 3]])
    model = GenerativeModel.deterministic(np.full((4, 4), 0.1) + 0.6 * np.eye(4), ring)
    table = Rows(Compiled.of(model, 1), 1)
    table.take(Profile(selective_update_interval=3))
    one, nothing = np.ones(1, int), np.zeros(1, int)

    def step(outcome: int, moved: bool) -> np.ndarray:  # noqa: FBT001
        moves = nothing if moved else nothing[:0]
        ends = one if moved else nothing
        kernel_of(name).step(table, Turn(nothing, np.array([[outcome]]), moves, ends))
        return table.beliefs[0].copy()

    settled = step(0, moved=False)
    assert np.array_equal(step(3, moved=True), np.roll(settled, 1))
    assert np.array_equal(step(3, moved=True), np.roll(settled, 2))
    assert not np.array_equal(step(3, moved=True), np.roll(settled, 3))


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_many_impossible_outcomes_at_once_still_leave_a_distribution(name: str) -> None:
    model = GenerativeModel.deterministic([np.eye(2)] * 50, [[0, 1], [1, 0]])
    compiled = Compiled.of(model, 1)
    # EPSILON ** 24 against EPSILON ** 26: both below any float.
    seen = np.array([[0] * 24 + [1] * 26, [0] * 50])
    after, surprise = kernel_of(name).posterior(compiled, np.full((2, 2), 0.5), seen)
    assert after.argmax(axis=1).tolist() == [1, 0]
    assert np.abs(after.sum(axis=1) - 1.0).max() < 1e-12
    alone = Engine(model, 1).posterior(np.full(2, 0.5), seen[0].tolist())
    assert np.abs(after[0] - alone).max() <= 1e-12
    assert surprise[0] == pytest.approx(-24 * math.log(EPSILON) + math.log(2))
    assert surprise[1] == pytest.approx(math.log(2))


@given(seed=seeds, n=st.integers(1, 9), terms=st.integers(1, 300), width=st.integers(1, 9))
def test_the_reference_adds_up_from_first_to_last(
    seed: int, n: int, terms: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    weights, table = rng.random((n, terms)), rng.random((terms, width))
    totals, products = [0.0] * n, [[0.0] * width for _ in range(n)]
    for k in range(n):
        for s in range(terms):
            totals[k] += float(weights[k, s])
            for r in range(width):
                products[k][r] += float(weights[k, s]) * float(table[s, r])
    assert sums.total(weights).tolist() == totals
    if width > 1:  # one column alone is the sum above
        assert numpy_kernel._product(weights, table).tolist() == products


@needs_numba
@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds, n=st.integers(1, 9))
def test_compiled_code_adds_up_in_the_order_of_the_reference(kind: str, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    compiled = Compiled.of(random_model(rng, kind), 1)
    beliefs = random_rows(rng, compiled, n).beliefs
    turn = random_turn(rng, compiled, np.arange(n))
    actions = rng.integers(START, compiled.model.n_actions, size=n)
    one, other = kernel_of("numpy"), kernel_of("numba")
    predicted = [k.predict(compiled, beliefs, actions).tobytes() for k in (one, other)]
    assert predicted[0] == predicted[1]
    seen = [k.posterior(compiled, beliefs, turn.observations) for k in (one, other)]
    assert seen[0].beliefs.tobytes() == seen[1].beliefs.tobytes()
    # Their logarithms are not of one library.
    np.testing.assert_allclose(seen[0].surprise, seen[1].surprise, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_rows_are_as_before_if_their_wishes_raise(name: str) -> None:
    def raises(who: object, beliefs: object) -> np.ndarray:
        raise LookupError("no idea")

    rng = np.random.default_rng(1)
    compiled = Compiled.of(random_model(rng, "dense"), 1)
    table = random_rows(rng, compiled, 3)
    before = bits(table)
    with pytest.raises(LookupError):
        kernel_of(name).step(table, random_turn(rng, compiled, np.arange(3)), raises)
    assert bits(table) == before


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("kind", KINDS)
def test_each_row_is_scored_by_what_it_prefers_itself(name: str, kind: str) -> None:
    rng = np.random.default_rng(6)
    compiled = Compiled.of(random_model(rng, kind), 2)
    table, engine = random_rows(rng, compiled, 5), Engine(compiled.model, 2)
    wanted = rng.normal(size=(5, compiled.preferences.size))
    plans = kernel_of(name).plan(compiled, table.beliefs, table.gamma, wanted)
    for k in range(5):
        alone = engine.plan(table.beliefs[k], float(table.gamma[k]), wanted[k])
        for one, other in zip(alone, plans, strict=True):
            assert np.abs(one - other[k]).max() <= 1e-12
