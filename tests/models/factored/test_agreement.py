"""The kernels against each other, against exact Bayes, and against the one-factor kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models import chance
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.model import FactoredModel
from antiphon.models.factored.rows import FactoredRows
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.compiled import FAINT, Compiled
from antiphon.models.kernels.numpy_kernel import NumpyKernel
from antiphon.models.kernels.rows import START, Turn
from antiphon.models.policies import sample
from antiphon.models.profile import Profile
from antiphon.tests.models.factored.cases import (
    EVERY_KERNEL,
    KINDS,
    bits,
    columns,
    copy_of,
    kernel_of,
    learned,
    needs_numba,
    random_model,
    random_rows,
    random_turn,
)
from hypothesis import given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)
OWN: dict[str, dict[str, str]] = {
    "shared": {},
    "novelty": {"novelty": "AB"},
    "own": {"own": "ABCDE", "novelty": "A"},
}
NOTHING = np.zeros((0, 1), np.int64)


@needs_numba
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whose", OWN)
@settings(max_examples=20)
@given(seed=seeds, n_factors=st.integers(1, 4), n=st.integers(0, 12))
def test_compiled_code_equals_the_reference(
    kind: str, whose: str, seed: int, n_factors: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    length = int(rng.integers(1, 3 if n_factors > 3 else 4))
    model = random_model(rng, kind, n_factors, habits=length * int(rng.integers(2)))
    compiled = FactoredCompiled.of(model, length)
    mine = random_rows(rng, compiled, max(n, 2), **OWN[whose])
    if whose == "own":
        learned(rng, mine)
    theirs, turn = copy_of(mine), random_turn(rng, compiled, np.arange(n))
    one, other = kernel_of("numpy"), kernel_of("numba")
    inferred = [k.infer(mine, turn) for k in (one, other)]
    assert np.allclose(*(i.surprise for i in inferred), rtol=0, atol=1e-12, equal_nan=True)
    wanted = rng.normal(size=(n, compiled.layout.n_outcomes)) if rng.random() < 0.5 else None
    plans = [k.plan(mine, turn.who, inferred[0].beliefs, wanted) for k in (one, other)]
    for ours, its in zip(*plans, strict=True):
        assert np.abs(ours - its).max(initial=0.0) <= 1e-12
    assert np.array_equal(one.step(mine, turn), other.step(theirs, turn))
    assert np.abs(mine.beliefs - theirs.beliefs).max() <= 1e-12
    assert np.array_equal(mine.step, theirs.step)


def pair_of_one_factor(rng: np.random.Generator, kind: str) -> tuple[Any, FactoredModel]:
    factored = random_model(rng, kind, 1)
    plain = GenerativeModel(factored.A, factored.B[0], factored.C, factored.D[0])
    return plain, factored


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("kind", KINDS)
def test_one_factor_is_what_the_kernels_of_one_factor_make_of_it(name: str, kind: str) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        plain, factored = pair_of_one_factor(rng, kind)
        known, compiled = Compiled.of(plain, 2), FactoredCompiled.of(factored, 2)
        rows = random_rows(rng, compiled, 6)
        rows.interval[:] = 1
        turn = random_turn(rng, compiled, np.arange(6))
        turn = turn._replace(moves=turn.moves[:0], ends=np.zeros(6, np.int64))
        exact = NumpyKernel().posterior(known, rows.beliefs, turn.observations)
        inferred = kernel_of(name).infer(rows, turn)
        for one, other in zip(exact, inferred, strict=True):
            assert np.abs(one - other).max() <= 1e-12
        # The kernels of one factor leave out what is hardly believed.
        held = np.where(inferred.beliefs > FAINT, inferred.beliefs, 0.0)
        plans = [
            NumpyKernel().plan(known, held, rows.gamma),
            kernel_of(name).plan(rows, turn.who, held),
        ]
        for one, other in zip(*plans, strict=True):
            assert np.abs(one - other).max() <= 1e-12


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_factors_that_are_seen_apart_have_their_exact_posteriors_and_surprise(name: str) -> None:
    rng = np.random.default_rng(3)
    seen = [columns(rng, shape, zeros=False) for shape in ((3, 2), (4, 3), (2, 3))]
    moves = [columns(rng, shape, zeros=False) for shape in ((2, 2, 2), (3, 3, 1))]
    starts = [rng.dirichlet(np.ones(n)) for n in (2, 3)]
    model = FactoredModel(seen, moves, D=starts, A_dependencies=[[0], [1], [1]])
    rows = random_rows(rng, FactoredCompiled.of(model, 1), 1)
    rows.reset(0)
    turn = Turn(np.zeros(1, int), np.array([[2, 1, 0]]), NOTHING, np.zeros(1, int))
    beliefs, surprise = kernel_of(name).infer(rows, turn)
    joints = [starts[0] * seen[0][2], starts[1] * seen[1][1] * seen[2][0]]
    exact = np.concatenate([joint / joint.sum() for joint in joints])
    assert np.abs(beliefs[0] - exact).max() <= 1e-14
    assert abs(surprise[0] + sum(np.log(joint.sum()) for joint in joints)) <= 1e-12


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_each_entry_of_an_action_takes_its_own_draw_of_the_step(name: str) -> None:
    rng = np.random.default_rng(5)
    compiled = FactoredCompiled.of(random_model(rng, "dense", 4), 1)
    rows = FactoredRows(compiled, 3)
    for seed in range(3):
        rows.take(Profile(gamma=0.7, alpha=1.5), seed)
    seen = np.zeros((3, compiled.layout.n_modalities), int)
    who, moves = np.arange(3), np.zeros((0, 3), int)
    for step in range(20):
        turn = Turn(who, seen, moves, np.zeros(3, int))
        chosen = kernel_of(name).step(rows, turn)
        plan = kernel_of(name).plan(rows, who)
        for row in range(3):
            chances = compiled.layout.unpack_actions(plan.actions[row])
            stream = chance.key(row, "action")
            draws = [
                sample(own, 1.5, chance.uniform(stream, step, j)) for j, own in enumerate(chances)
            ]
            assert chosen[row].tolist() == draws


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_actions_are_drawn_as_often_as_their_marginals_say_and_independently(name: str) -> None:
    rng, n = np.random.default_rng(8), 20_000
    moves = [columns(rng, (2, 2, u), zeros=False) for u in (3, 2)]
    seen = [columns(rng, (3, 2, 2), zeros=False)]
    compiled = FactoredCompiled.of(FactoredModel(seen, moves, [[0.0, 1.0, -1.0]]), 1)
    rows = FactoredRows(compiled, n)
    for seed in range(n):
        rows.take(Profile(gamma=4.0, alpha=1.0), seed)
    who = np.arange(n)
    chosen = kernel_of(name).choose(rows, who)
    plan = kernel_of(name).plan(rows, who[:1])
    chances = compiled.layout.unpack_actions(plan.actions[0])
    assert max(np.ptp(own) for own in chances) > 0.1
    for j, own in enumerate(chances):
        counts = np.bincount(chosen[:, j], minlength=len(own))
        assert ((counts - own * n) ** 2 / (own * n)).sum() < 14.0  # p < 0.001 for 2 at 13.8
    together = np.bincount(chosen[:, 0] * 2 + chosen[:, 1], minlength=6)
    expected = np.outer(*chances).ravel() * n
    assert ((together - expected) ** 2 / expected).sum() < 20.6  # p < 0.001 for 5


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_the_lowest_of_actions_that_differ_by_rounding_is_taken(name: str) -> None:
    def chosen(difference: float) -> list[int]:
        jump = np.eye(3)[:, None, :].repeat(3, axis=1)  # action u leads to state u
        liked = [[0.0, 1.0, 1.0 + difference]] * 2
        model = FactoredModel([np.eye(3)] * 2, [jump, jump], liked, A_dependencies=[[0], [1]])
        rows = FactoredRows(FactoredCompiled.of(model, 1), 1)
        rows.take(Profile(gamma=1.0, action_selection="deterministic"))
        return kernel_of(name).choose(rows, np.zeros(1, int))[0].tolist()

    assert chosen(1e-10) == [1, 1]
    assert chosen(1e-6) == [2, 2]


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_moves_between_observations_are_predicted_and_a_beginning_forgets(name: str) -> None:
    ring = np.stack([np.roll(np.eye(4), 1, axis=0), np.eye(4)], axis=2)
    fix = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
    model = FactoredModel([fix, fix], [ring, ring], A_dependencies=[[0], [1]])
    rows = FactoredRows(FactoredCompiled.of(model, 1), 1)
    rows.take(Profile(selective_update_interval=3))

    def step(outcome: int, *moves: Any) -> Any:
        who, taken = np.zeros(1, int), np.array(moves, np.int64).reshape(-1, 2)
        turn = Turn(who, np.array([[outcome, 3]]), taken, np.array([len(moves)]))
        kernel_of(name).step(rows, turn)
        return rows.beliefs[0].reshape(2, 4).copy()

    settled = step(0)
    assert rows.surprise[0] == pytest.approx(np.log(16))
    after = step(2, (0, 1))
    assert np.isnan(rows.surprise[0])
    assert np.array_equal(after, [np.roll(settled[0], 1), settled[1]])
    again = step(2, (0, 0), (0, 1))
    assert np.array_equal(again, [np.roll(settled[0], 3), np.roll(settled[1], 1)])
    assert not np.array_equal(step(2, (0, 0)), np.roll(again, 1, axis=1))
    assert np.array_equal(step(2, (0, 0), (START, START)), np.full((2, 4), 0.25))


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_each_row_goes_by_what_is_its_own(name: str) -> None:
    rng = np.random.default_rng(2)
    compiled = FactoredCompiled.of(random_model(rng, "dense", 2), 2)
    rows = random_rows(rng, compiled, 4, own="ABD", novelty="AB")
    learned(rng, rows)
    turn = random_turn(rng, compiled, np.arange(4))
    together = kernel_of(name).infer(rows, turn).beliefs
    plans = kernel_of(name).plan(rows, turn.who, together)
    layout, known = compiled.layout, rows.parameters
    for k in range(4):
        own = FactoredModel(
            layout.unpack_A(known.likelihoods[k]),
            layout.unpack_B(known.transitions[k]),
            compiled.model.C,
            layout.unpack_D(known.starts[k]),
            A_dependencies=layout.A_dependencies,
        )
        alone = FactoredRows(FactoredCompiled.of(own, 2), 4, novelty="AB")
        for one, other in zip(alone.arrays, rows.arrays, strict=True):
            one[:] = other
        alone.parameters.novelty_A[k] = known.novelty_A[k]
        alone.parameters.novelty_B[k] = known.novelty_B[k]
        beliefs = kernel_of(name).infer(alone, turn).beliefs
        assert np.abs(beliefs[k] - together[k]).max() <= 1e-12
        for one, other in zip(kernel_of(name).plan(alone, turn.who, together), plans, strict=True):
            assert np.abs(one[k] - other[k]).max() <= 1e-12


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_habits_weigh_policies_and_leave_their_values_alone(name: str) -> None:
    rng = np.random.default_rng(4)
    model = random_model(rng, "dense", 2)
    n = model.layout.n_actions[0]
    likes = np.eye(n)[n - 1]
    prone = FactoredModel(
        model.A, model.B, model.C, model.D, likes, A_dependencies=model.layout.A_dependencies
    )
    plans = []
    for one in (model, prone):
        rows = FactoredRows(FactoredCompiled.of(one, 1), 1)
        rows.take(Profile(gamma=1.0))
        plans.append(kernel_of(name).plan(rows, np.zeros(1, int)))
    assert np.array_equal(plans[0].neg_efe, plans[1].neg_efe)
    assert plans[0].actions[0].max() < 0.99 < plans[1].actions[0, n - 1]


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_rows_are_as_before_if_their_wishes_raise(name: str) -> None:
    def raises(who: object, beliefs: object) -> np.ndarray:
        raise LookupError("no idea")

    rng = np.random.default_rng(1)
    compiled = FactoredCompiled.of(random_model(rng, "dense", 2), 1)
    rows = random_rows(rng, compiled, 3)
    before = bits(rows)
    with pytest.raises(LookupError):
        kernel_of(name).step(rows, random_turn(rng, compiled, np.arange(3)), raises)
    assert bits(rows) == before
