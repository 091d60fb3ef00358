"""What must hold for any model: names of states and actions do not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.model import FactoredModel
from antiphon.models.factored.rows import FactoredRows
from antiphon.models.kernels.rows import Turn
from antiphon.models.policies import Plan
from antiphon.models.profile import Profile
from antiphon.tests.models.factored.cases import EVERY_KERNEL, KINDS, kernel_of, random_model
from hypothesis import given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)
kinds = st.sampled_from(KINDS)
any_model = pytest.mark.parametrize("name", EVERY_KERNEL)


def thought(
    name: str, model: FactoredModel, seen: Any, moves: Any, beliefs: Any = None
) -> tuple[list[Any], Plan]:
    """Give beliefs of each factor, and a plan of two steps, after a move and an observation."""
    rows = FactoredRows(FactoredCompiled.of(model, 2), 1)
    rows.take(Profile(policy_length=2, gamma=2.0))
    if beliefs is not None:
        rows.beliefs[0] = np.concatenate(beliefs)
    who, moved = np.zeros(1, np.int64), np.array([moves], np.int64)
    inferred = kernel_of(name).infer(rows, Turn(who, np.array([seen]), moved, np.ones(1, np.int64)))
    plan = kernel_of(name).plan(rows, who, inferred.beliefs)
    return list(model.layout.unpack_D(inferred.beliefs[0])), Plan(*(part[0] for part in plan))


def drawn(seed: int, kind: str) -> tuple[np.random.Generator, FactoredModel, Any, Any]:
    rng = np.random.default_rng(seed)
    model = random_model(rng, kind, int(rng.integers(1, 4)))
    seen = [int(rng.integers(n)) for n in model.layout.n_observations]
    moves = [int(rng.integers(n)) for n in model.layout.n_actions]
    return rng, model, seen, moves


def changed(model: FactoredModel, **change: Any) -> FactoredModel:
    parts = {name: list(getattr(model, name)) for name in "ABCD"}
    return FactoredModel(
        **{**parts, **change},
        A_dependencies=model.layout.A_dependencies,
        control_factors=model.layout.control_factors,
    )


@any_model
@settings(max_examples=25)
@given(seed=seeds)
def test_states_may_be_named_in_any_order(name: str, seed: int) -> None:
    # Not of sharp models: between several solutions rounding alone may decide.
    rng, model, seen, moves = drawn(seed, "dense")
    orders = [rng.permutation(n) for n in model.layout.n_states]
    likelihoods = []
    for array, factors in zip(model.A, model.layout.A_dependencies, strict=True):
        likelihoods.append(array[np.ix_(range(len(array)), *(orders[f] for f in factors))])
    other = changed(
        model,
        A=likelihoods,
        B=[b[np.ix_(o, o, range(b.shape[2]))] for b, o in zip(model.B, orders, strict=True)],
        D=[d[o] for d, o in zip(model.D, orders, strict=True)],
    )
    beliefs, plan = thought(name, model, seen, moves)
    renamed, same = thought(name, other, seen, moves)
    for one, another, order in zip(beliefs, renamed, orders, strict=True):
        assert np.abs(one[order] - another).max() <= 1e-9
    assert np.abs(plan.neg_efe - same.neg_efe).max() <= 1e-8


@any_model
@settings(max_examples=25)
@given(seed=seeds, kind=kinds)
def test_actions_may_be_named_in_any_order(name: str, seed: int, kind: str) -> None:
    rng, model, seen, moves = drawn(seed, kind)
    controls = model.layout.control_factors
    orders = {f: rng.permutation(model.layout.n_controls[f]) for f in controls}
    other = changed(model, B=[b[:, :, orders.get(f, slice(None))] for f, b in enumerate(model.B)])
    renamed = [int(orders[f].argsort()[u]) for f, u in zip(controls, moves, strict=True)]
    beliefs, plan = thought(name, model, seen, moves)
    same, replanned = thought(name, other, seen, renamed)
    assert all(np.array_equal(one, two) for one, two in zip(beliefs, same, strict=True))
    ours = model.layout.unpack_actions(plan.actions)
    theirs = model.layout.unpack_actions(replanned.actions)
    for f, one, two in zip(controls, ours, theirs, strict=True):
        assert np.abs(one[orders[f]] - two).max() <= 1e-12
    assert np.abs(np.sort(plan.neg_efe) - np.sort(replanned.neg_efe)).max() <= 1e-12


@any_model
@settings(max_examples=25)
@given(seed=seeds, kind=kinds)
def test_a_state_that_is_never_entered_changes_no_plan(name: str, seed: int, kind: str) -> None:
    rng, model, _, _ = drawn(seed, kind)
    dead = int(rng.integers(model.layout.n_factors))
    other = with_dead_state(model, dead)
    held = [rng.dirichlet(np.ones(n)) for n in model.layout.n_states]
    more = [np.append(q, 0.0) if f == dead else q for f, q in enumerate(held)]
    one, two = planned(name, model, held), planned(name, other, more)
    assert np.abs(one.neg_efe - two.neg_efe).max() <= 1e-12
    assert np.abs(one.actions - two.actions).max() <= 1e-12


@any_model
@settings(max_examples=25)
@given(seed=seeds)
def test_a_state_that_is_never_entered_is_never_believed_in(name: str, seed: int) -> None:
    model = random_model(np.random.default_rng(seed), "dense", 1)
    seen = [int(array[:, 0].argmax()) for array in model.A]
    beliefs, _ = thought(name, model, seen, [0])
    more, _ = thought(name, with_dead_state(model, 0), seen, [0])
    assert np.abs(beliefs[0] - more[0][:-1]).max() <= 1e-9
    assert more[0][-1] <= 1e-9


def with_dead_state(model: FactoredModel, dead: int) -> FactoredModel:
    """Add to one factor a state that looks like its first, and that nothing leads to."""
    moves = np.pad(model.B[dead], ((0, 1), (0, 1), (0, 0)))
    moves[0, -1] = 1.0
    likelihoods = []
    for array, factors in zip(model.A, model.layout.A_dependencies, strict=True):
        axis = factors.index(dead) + 1 if dead in factors else 0
        states = [*range(array.shape[axis]), *[0] * (dead in factors)]
        likelihoods.append(np.take(array, states, axis))
    starts = [np.append(d, 0.0) if f == dead else d for f, d in enumerate(model.D)]
    moved = [moves if f == dead else b for f, b in enumerate(model.B)]
    return changed(model, A=likelihoods, B=moved, D=starts)


def planned(name: str, model: FactoredModel, beliefs: Any) -> Plan:
    rows = FactoredRows(FactoredCompiled.of(model, 2), 1)
    rows.take(Profile(policy_length=2, gamma=2.0))
    rows.beliefs[0] = np.concatenate(beliefs)
    return kernel_of(name).plan(rows, np.zeros(1, np.int64))


@any_model
@settings(max_examples=25)
@given(seed=seeds)
def test_who_is_certain_and_sees_what_fits_stays_certain(name: str, seed: int) -> None:
    rng, model, _, moves = drawn(seed, "dense")
    still = changed(model, B=[np.eye(n)[:, :, None].repeat(u, 2) for n, u in sizes(model)])
    states = [int(rng.integers(n)) for n in model.layout.n_states]
    certain = [np.eye(n)[s] for n, s in zip(model.layout.n_states, states, strict=True)]
    columns = [
        array[:, *(states[f] for f in factors)]
        for array, factors in zip(model.A, model.layout.A_dependencies, strict=True)
    ]
    beliefs, plan = thought(name, still, [int(c.argmax()) for c in columns], moves, certain)
    for one, state in zip(beliefs, states, strict=True):
        assert one[state] >= 1 - 1e-9
    gain = sum(float(c @ wanted) for c, wanted in zip(columns, model.C, strict=True))
    assert np.abs(plan.neg_efe - 2 * gain).max() <= 1e-6  # no uncertainty, so nothing to learn


def sizes(model: FactoredModel) -> list[tuple[int, int]]:
    return list(zip(model.layout.n_states, model.layout.n_controls, strict=True))


@any_model
@settings(max_examples=25)
@given(seed=seeds, kind=kinds)
def test_what_tells_nothing_leaves_uniform_beliefs_uniform(name: str, seed: int, kind: str) -> None:
    _, model, seen, moves = drawn(seed, kind)
    dull = [np.full(array.shape, 1 / len(array)) for array in model.A]
    still = [np.full((n, n, u), 1 / n) for n, u in sizes(model)]
    beliefs, plan = thought(name, changed(model, A=dull, B=still), seen, moves)
    for one in beliefs:
        assert np.abs(one - 1 / len(one)).max() <= 1e-12
    assert np.ptp(plan.neg_efe) <= 1e-12
    for own in model.layout.unpack_actions(plan.actions):
        assert np.abs(own - 1 / len(own)).max() <= 1e-12
