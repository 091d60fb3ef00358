"""What comes out for an agent has the same bits whoever else is in the call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.kernels.sums import total
from antiphon.tests.models.factored.cases import (
    EVERY_KERNEL,
    bits,
    copy_of,
    kernel_of,
    learned,
    random_model,
    random_rows,
    random_turn,
)
from antiphon.tests.models.kernels.cases import some_of
from hypothesis import given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)


def in_parts(name: str, rows: Any, turn: Any, parts: list[Any]) -> Any:
    actions = np.full((len(turn.who), len(rows.compiled.layout.control_factors)), -1)
    for part in parts:
        actions[part] = kernel_of(name).step(rows, some_of(turn, part))
    return actions


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("own", ["", "AB"])
@settings(max_examples=15)
@given(seed=seeds, kind=st.sampled_from(["dense", "zeros", "sure"]), n=st.integers(2, 40))
def test_alone_in_a_crowd_and_in_any_order_the_bits_are_the_same(
    name: str, own: str, seed: int, kind: str, n: int
) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, kind, int(rng.integers(1, 4)))
    compiled = FactoredCompiled.of(model, int(rng.integers(1, 3)))
    rows = random_rows(rng, compiled, n, own=own, novelty=own)
    if own:
        learned(rng, copy := random_rows(rng, compiled, n, own="ABD"))
        rows.parameters.likelihoods[:] = copy.parameters.likelihoods
        rows.parameters.transitions[:] = copy.parameters.transitions
        rows.parameters.refresh()
    turn = random_turn(rng, compiled, np.arange(n))
    alone, shuffled, halved = copy_of(rows), copy_of(rows), copy_of(rows)
    order = rng.permutation(n)
    wanted = rng.normal(size=(n, compiled.layout.n_outcomes))
    plans = kernel_of(name).plan(rows, turn.who, preferences=wanted)
    for k in order[:3]:
        own_plan = kernel_of(name).plan(rows, turn.who[k : k + 1], preferences=wanted[k : k + 1])
        assert [a[0].tobytes() for a in own_plan] == [a[k].tobytes() for a in plans]
    together = kernel_of(name).step(rows, turn)
    one_by_one = [order[k : k + 1] for k in range(n)][:6]
    some = in_parts(name, alone, turn, one_by_one)
    for (k,) in one_by_one:
        assert np.array_equal(some[k], together[k])
        assert [a[k].tobytes() for a in alone.arrays] == [a[k].tobytes() for a in rows.arrays]
    assert np.array_equal(in_parts(name, shuffled, turn, [order]), together)
    halves = [order[: n // 2], order[n // 2 :]]
    assert np.array_equal(in_parts(name, halved, turn, halves), together)
    assert bits(shuffled) == bits(halved) == bits(rows)


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_stating_the_models_own_preferences_changes_no_bit(name: str) -> None:
    rng = np.random.default_rng(3)
    compiled = FactoredCompiled.of(random_model(rng, "dense", 3), 2)
    rows = random_rows(rng, compiled, 5)
    turn, stated = random_turn(rng, compiled, np.arange(5)), copy_of(rows)
    wanted = np.repeat(compiled.parameters.preferences, 5, axis=0)
    told = kernel_of(name).step(stated, turn, lambda who, beliefs: wanted)
    assert np.array_equal(told, kernel_of(name).step(rows, turn))
    assert bits(stated) == bits(rows)


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_parts_of_many_rows_have_the_bits_of_the_whole(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(6)
    rows = random_rows(rng, FactoredCompiled.of(random_model(rng, "dense", 3), 2), 20)
    whole = kernel_of(name).plan(rows, np.arange(20))
    monkeypatch.setattr("antiphon.models.factored.numpy_kernel._BLOCK", 500)
    parts = kernel_of(name).plan(rows, np.arange(20))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(whole, parts, strict=True))


@given(seed=seeds, n=st.integers(1, 9), terms=st.integers(1, 300))
def test_the_reference_adds_up_from_first_to_last(seed: int, n: int, terms: int) -> None:
    values = np.random.default_rng(seed).random((n, terms))
    added = [0.0] * n
    for k in range(n):
        for value in values[k].tolist():
            added[k] += value
    assert total(values).tolist() == added
