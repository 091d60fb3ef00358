"""Models, rows and turns for the tests of kernels, drawn from a seed."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import GridMap
from antiphon.models.kernels.choose import choose
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.kernel import Kernel
from antiphon.models.kernels.rows import START, Rows, Turn
from antiphon.models.profile import Profile
from antiphon.models.terrain import explorer_model

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="needs the extra 'fast'"
)
EVERY_KERNEL = [pytest.param("numpy"), pytest.param("numba", marks=needs_numba)]
KINDS = ("dense", "zeros", "sure", "grid")
_KERNELS: dict[str, Kernel] = {}


def kernel_of(name: str) -> Kernel:
    if name not in _KERNELS:
        _KERNELS[name] = choose(name)
    return _KERNELS[name]


def columns(rng: np.random.Generator, rows: int, n: int, *, zeros: bool) -> Any:
    weights = rng.gamma(0.5, size=(rows, n))
    if zeros:
        weights *= rng.random((rows, n)) < 0.5
        weights[rng.integers(rows, size=n), np.arange(n)] += 0.1
    return weights / weights.sum(axis=0)


def random_model(rng: np.random.Generator, kind: str) -> GenerativeModel:
    """Draw a model: dense, with zeros in A and B, with sure moves, or an explorer's (sparse)."""
    if kind == "grid":
        grid = GridMap.draw(int(rng.integers(4, 7)), layout=int(rng.integers(100)))
        bare = explorer_model(grid)
        wanted = [rng.normal(size=size) for size in bare.n_observations]
        return GenerativeModel.deterministic(bare.A, grid.moves, wanted, bare.D)
    n_states, n_actions = int(rng.integers(1, 9)), int(rng.integers(1, 5))
    if kind == "sure" and rng.random() < 0.3:
        n_states = int(rng.integers(30, 101))
    sizes = rng.integers(1, 12, size=rng.integers(1, 4))
    zeros = kind != "dense"
    likelihoods = [columns(rng, int(size), n_states, zeros=zeros) for size in sizes]
    wanted = [rng.normal(scale=2.0, size=size) for size in sizes]
    start = rng.dirichlet(np.ones(n_states))
    if kind == "sure":
        moves = rng.integers(n_states, size=(n_actions, n_states))
        return GenerativeModel.deterministic(likelihoods, moves, wanted, start)
    flat = columns(rng, n_states, n_states * n_actions, zeros=zeros)
    transitions = flat.reshape(n_states, n_states, n_actions)
    return GenerativeModel(likelihoods, transitions, wanted, start)


def random_profile(rng: np.random.Generator, length: int) -> Profile:
    return Profile(
        policy_length=length,
        gamma=float(rng.uniform(0, 16)),
        alpha=float(rng.uniform(0, 16)),
        selective_update_interval=int(rng.integers(1, 4)),
        action_selection=("deterministic", "stochastic")[int(rng.integers(2))],
    )


def random_rows(rng: np.random.Generator, compiled: Compiled, n: int) -> Rows:
    """Fill n rows with agents that are at different steps and believe different things."""
    rows = Rows(compiled, n)
    for row in range(n):
        rows.take(random_profile(rng, len(compiled.policies.prefixes)), int(rng.integers(1000)))
        rows.beliefs[row] = rng.dirichlet(np.full(compiled.model.n_states, 0.3))
        rows.step[row] = rng.integers(5)
    return rows


def random_turn(rng: np.random.Generator, compiled: Compiled, who: Any) -> Turn:
    """Give each row an observation and up to three moves, episodes' beginnings among them."""
    model = compiled.model
    counts = rng.integers(4, size=len(who))
    seen = [rng.integers(size, size=len(who)) for size in model.n_observations]
    return Turn(
        who=np.array(who, np.int64),
        observations=np.ascontiguousarray(np.stack(seen, axis=1)),
        moves=rng.integers(START, model.n_actions, size=counts.sum()),
        ends=np.cumsum(counts),
    )


def some_of(turn: Turn, chosen: Any) -> Turn:
    """Give the turn of these of its rows, in this order."""
    starts = turn.ends - np.diff(turn.ends, prepend=0)
    moves = [turn.moves[starts[k] : turn.ends[k]] for k in chosen]
    return Turn(
        who=turn.who[chosen].copy(),
        observations=turn.observations[chosen].copy(),
        moves=np.concatenate([*moves, turn.moves[:0]]),
        ends=np.cumsum([len(own) for own in moves], dtype=np.int64),
    )


def copy_of(rows: Rows) -> Rows:
    other = Rows(rows.compiled, len(rows.beliefs))
    for mine, theirs in zip(other.arrays, rows.arrays, strict=True):
        mine[:] = theirs
    return other


def bits(rows: Rows) -> tuple[bytes, ...]:
    return tuple(array.tobytes() for array in rows.arrays)
