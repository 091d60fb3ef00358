"""What comes out for an agent has the same bits whoever else is in the call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.kernel import Kernel
from antiphon.models.kernels.rows import Rows, Turn
from antiphon.tests.models.kernels.cases import (
    EVERY_KERNEL,
    KINDS,
    bits,
    copy_of,
    kernel_of,
    random_model,
    random_rows,
    random_turn,
    some_of,
)
from hypothesis import given
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)
crowds = st.integers(1, 12) | st.sampled_from([63, 64, 65, 130])
lengths = st.integers(1, 3)


def drawn(seed: int, kind: str, n: int, length: int) -> tuple[np.random.Generator, Rows, Turn]:
    rng = np.random.default_rng(seed)
    compiled = Compiled.of(random_model(rng, kind), 1 if kind == "grid" else length)
    rows = random_rows(rng, compiled, n)
    return rng, rows, random_turn(rng, compiled, np.arange(n))


def in_parts(kernel: Kernel, rows: Rows, turn: Turn, parts: list[Any]) -> Any:
    """Step some rows after others; give the actions in the order of the turn."""
    actions = np.full(len(turn.who), -1)
    for part in parts:
        actions[part] = kernel.step(rows, some_of(turn, part))
    return actions


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds, n=crowds, length=lengths)
def test_alone_in_a_crowd_and_in_any_order_the_bits_are_the_same(
    name: str, kind: str, seed: int, n: int, length: int
) -> None:
    kernel = kernel_of(name)
    rng, rows, turn = drawn(seed, kind, n, length)
    alone, shuffled, halved = copy_of(rows), copy_of(rows), copy_of(rows)
    order = rng.permutation(n)
    together = kernel.step(rows, turn)
    assert np.array_equal(in_parts(kernel, alone, turn, list(np.arange(n)[:, None])), together)
    assert np.array_equal(in_parts(kernel, shuffled, turn, [order]), together)
    halves = [order[: n // 2], order[n // 2 :]]
    assert np.array_equal(in_parts(kernel, halved, turn, halves), together)
    assert bits(alone) == bits(shuffled) == bits(halved) == bits(rows)


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds, n=crowds, length=lengths)
def test_plans_and_their_parts_have_the_bits_of_one_agent_alone(
    name: str, kind: str, seed: int, n: int, length: int
) -> None:
    kernel = kernel_of(name)
    rng, rows, turn = drawn(seed, kind, n, length)
    compiled, beliefs = rows.compiled, rows.beliefs
    wanted = rng.normal(size=(n, compiled.preferences.size))
    actions = rng.integers(compiled.model.n_actions, size=n)
    plans = kernel.plan(compiled, beliefs, rows.gamma, wanted)
    posteriors = kernel.posterior(compiled, beliefs, turn.observations)
    predicted = kernel.predict(compiled, beliefs, actions)
    for k in rng.permutation(n)[:4]:
        own = slice(k, k + 1)
        plan = kernel.plan(compiled, beliefs[own], rows.gamma[own], wanted[own])
        assert [a.tobytes() for a in plan] == [a[k].tobytes() for a in plans]
        seen = kernel.posterior(compiled, beliefs[own], turn.observations[own])
        assert [a.tobytes() for a in seen] == [a[k].tobytes() for a in posteriors]
        moved = kernel.predict(compiled, beliefs[own], actions[own])
        assert moved.tobytes() == predicted[k].tobytes()


@pytest.mark.parametrize("name", EVERY_KERNEL)
@given(seed=seeds, kind=st.sampled_from(KINDS), n=crowds)
def test_stating_the_models_own_preferences_changes_no_bit(
    name: str, seed: int, kind: str, n: int
) -> None:
    kernel = kernel_of(name)
    _, rows, turn = drawn(seed, kind, n, 2)
    stated = copy_of(rows)
    wanted = np.tile(rows.compiled.preferences, (n, 1))
    told = kernel.step(stated, turn, lambda who, beliefs: wanted)
    assert np.array_equal(told, kernel.step(rows, turn))
    assert bits(stated) == bits(rows)
