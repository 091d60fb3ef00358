"""Compiled code goes shorter ways where it can, to the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models.crowds.explorer_crowd import ExplorerCrowd
from antiphon.models.crowds.goal_memory import PlainGoals
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import GridMap
from antiphon.models.kernels.compiled import FAINT, Compiled
from antiphon.models.matrices import EPSILON, NEGLIGIBLE, Array
from antiphon.models.policies import TIE
from antiphon.models.terrain import Terrain
from antiphon.tests.models.kernels.cases import kernel_of, needs_numba, random_model
from hypothesis import given
from hypothesis import strategies as st

pytestmark = needs_numba

seeds = st.integers(0, 2**32)
TERRAIN = Terrain(GridMap.draw(6, layout=3), 1)


def few_outcomes(rng: np.random.Generator) -> GenerativeModel:
    """Draw a model in which states have one to three possible outcomes of thirty."""
    n_states = int(rng.integers(2, 12))
    likelihood = np.zeros((30, n_states))
    for state in range(n_states):
        possible = rng.choice(30, size=int(rng.integers(1, 4)), replace=False)
        likelihood[possible, state] = rng.dirichlet(np.ones(len(possible)))
    moves = rng.integers(n_states, size=(3, n_states))
    return GenerativeModel.deterministic([likelihood], moves, rng.normal(size=(1, 30)))


def sure(rng: np.random.Generator, n_states: int, n: int) -> Array:
    """Draw beliefs in one state each; of all others a trace is left, or nothing."""
    beliefs: Array = rng.random((n, n_states)) * rng.choice([0.0, 1e-30, FAINT], size=(n, 1))
    beliefs[np.arange(n), rng.integers(n_states, size=n)] = rng.choice(
        [1.0, 1.0 - 2**-53, 0.999, 2 * FAINT], size=n
    )
    return beliefs


@pytest.mark.parametrize("draw", [few_outcomes, lambda rng: random_model(rng, "grid")])
@given(seed=seeds, length=st.integers(1, 2))
def test_who_is_sure_of_one_state_is_scored_to_the_same_bits(
    draw: Any, seed: int, length: int
) -> None:
    from antiphon.models.kernels import native

    rng = np.random.default_rng(seed)
    compiled = Compiled.of(draw(rng), length)
    beliefs, (width, n_operators) = sure(rng, compiled.model.n_states, 6), _sizes(compiled)
    wanted = rng.normal(scale=3.0, size=(6, width))
    columns, logs = np.empty((2, 1, n_operators * (width + 1)))
    (long, short), listed = np.empty((2, n_operators)), np.empty(len(beliefs[0]), np.int64)
    rows, targets, values = (getattr(compiled.outlook, n) for n in ("rows", "targets", "values"))
    assert compiled.outlook.is_sparse
    for k in range(6):
        assert native.believed(beliefs, k, FAINT, listed) == 1
        assert listed[0] == beliefs[k].argmax()
        native.expect(beliefs, k, listed, 1, columns, targets, values)
        for i in range(columns.size):
            logs[0, i] = native.logarithm(max(columns[0, i], EPSILON))
        native.value(columns, logs, wanted, k, long)
        native.score(beliefs, k, listed, rows, targets, values, wanted, k, columns, logs, short)
        assert short.tobytes() == long.tobytes()
    plans = [kernel_of(n).plan(compiled, beliefs, np.ones(6), wanted) for n in ("numpy", "numba")]
    for one, other in zip(*plans, strict=True):
        assert np.abs(one - other).max() <= 1e-12


def _sizes(compiled: Compiled) -> tuple[int, int]:
    return len(compiled.likelihood), compiled.n_operators


def test_states_are_listed_that_are_believed_in_and_no_fainter_ones() -> None:
    from antiphon.models.kernels import native

    def listed(row: list[float], least: float) -> list[int]:
        states = np.full(len(row), -1)
        n = native.believed(np.array([row]), 0, least, states)
        return [int(state) for state in states[:n]]

    assert listed([0.0, 1.0, FAINT], FAINT) == [1]
    assert listed([2 * FAINT, 0.0, 1.0], FAINT) == [0, 2]
    assert listed([0.0, FAINT, 0.0], FAINT) == []
    assert listed([0.0, 1e-300, 1.0], 0.0) == [1, 2]


@given(st.lists(st.floats(2.0**-52, 1.0), min_size=1, max_size=40))
def test_logarithms_are_those_of_the_library(numbers: list[float]) -> None:
    from antiphon.models.kernels import native

    own = np.array([native.logarithm(x) for x in numbers])
    np.testing.assert_allclose(own, np.log(numbers), rtol=4e-16, atol=0)
    assert native.logarithm(1.0) == 0.0


@pytest.mark.parametrize(
    ("beliefs", "here"),
    [
        ([0.1, 0.8, 0.1], 1),
        ([0.2, 0.4, 0.4], 1),
        ([0.2, 0.4 - TIE / 2, 0.4 + TIE / 2], 1),  # rounding must not decide
        ([0.2, 0.4 - TIE, 0.4 + TIE], 2),
        ([0.5, 0.5, 0.0], 0),
        ([0.39, 0.0, 0.61], 2),
        ([0.41, 0.0, 0.59], 2),
    ],
)
def test_one_stands_where_one_most_probably_does_and_of_equals_at_the_first(
    beliefs: list[float], here: int
) -> None:
    from antiphon.models.kernels import native

    assert native.likeliest(np.array([beliefs]), 0) == here


@given(seed=seeds, n=st.integers(1, 40))
def test_the_goal_that_draws_most_is_found_wherever_it_is(seed: int, n: int) -> None:
    from antiphon.models.kernels import native

    rng = np.random.default_rng(seed)
    memories = rng.random((2, n + 1)) * rng.choice([0.0, 1e-300, 1.0], size=(2, 1))
    pull: Array = rng.choice([-1.0, 0.0, *(4.0 * 0.5**k for k in range(20))], size=(3, n))
    most = (pull[2] * memories[1, :n]).max(initial=0.0)
    assert native.strongest(memories, 1, pull, 2) == most


@given(seed=seeds, n=st.integers(1, 6), held=st.integers(1, 4))
def test_what_draws_where_has_the_bits_of_the_reference(seed: int, n: int, held: int) -> None:
    rng = np.random.default_rng(seed)
    crowd = ExplorerCrowd(TERRAIN, Compiled.of(TERRAIN.model, 1), kernel_of("numba"))
    memories = rng.random((8, TERRAIN.n_cells + 1)) * rng.integers(2, size=(8, 1))
    beliefs = np.zeros((n, TERRAIN.n_cells))
    for k in range(n):
        believed = rng.choice(TERRAIN.n_cells, size=held, replace=False)
        beliefs[k, believed] = rng.choice([1.0 / held, NEGLIGIBLE], size=held)
    who = rng.permutation(8)[:n]
    plain = PlainGoals(TERRAIN, kernel_of("numpy")).preferences(memories, who, beliefs)
    assert plain.tobytes() == crowd._goals.preferences(memories, who, beliefs).tobytes()
