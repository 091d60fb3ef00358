"""Factored models, rows and turns for tests, drawn from a seed."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from antiphon.models.factored.compiled import FactoredCompiled
from antiphon.models.factored.kernel import FactoredKernel
from antiphon.models.factored.model import FactoredModel
from antiphon.models.factored.numpy_kernel import FactoredNumpyKernel
from antiphon.models.factored.rows import FactoredRows
from antiphon.models.kernels.rows import START, Turn
from antiphon.models.profile import Profile

needs_numba = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="needs the extra 'fast'"
)
EVERY_KERNEL = [pytest.param("numpy"), pytest.param("numba", marks=needs_numba)]
KINDS = ("dense", "zeros", "sure")
_KERNELS: dict[str, FactoredKernel] = {}


def kernel_of(name: str) -> FactoredKernel:
    if name not in _KERNELS:
        _KERNELS[name] = _make(name)
    return _KERNELS[name]


def _make(name: str) -> FactoredKernel:
    if name == "numpy":
        return FactoredNumpyKernel()
    from antiphon.models.factored.numba_kernel import FactoredNumbaKernel

    return FactoredNumbaKernel()


def columns(rng: np.random.Generator, shape: tuple[int, ...], *, zeros: bool) -> Any:
    """Draw distributions over the first axis."""
    weights = rng.gamma(0.7, size=shape) + 1e-3
    if zeros:
        weights *= rng.random(shape) < 0.5
        flat = weights.reshape(shape[0], -1)
        flat[rng.integers(shape[0], size=flat.shape[1]), np.arange(flat.shape[1])] += 0.1
    return weights / weights.sum(axis=0)


def _sure(rng: np.random.Generator, n_states: int, n_actions: int) -> Any:
    moves = rng.integers(n_states, size=(n_states, n_actions))
    return np.eye(n_states)[moves].transpose(2, 0, 1)


def random_model(
    rng: np.random.Generator, kind: str, n_factors: int, *, habits: int = 0
) -> FactoredModel:
    """Draw a model: dense, with zeros in A and B, or with sure moves; and partial views.

    The last factor moves by itself; with ``habits``, E is for policies of that length.
    """
    zeros = kind != "dense"
    n_states = rng.integers(2, 5, size=n_factors)
    n_actions = [*rng.integers(2, 4, size=max(1, n_factors - 1)).tolist(), 1][:n_factors]
    dependencies = [
        rng.permutation(n_factors)[: rng.integers(1, n_factors + 1)].tolist()
        for _ in range(rng.integers(2, 4))
    ]
    sizes = rng.integers(2, 5, size=len(dependencies))
    shapes = [(int(n), *n_states[own].tolist()) for n, own in zip(sizes, dependencies, strict=True)]
    dynamics = [
        _sure(rng, s, u) if kind == "sure" else columns(rng, (s, s, u), zeros=zeros)
        for s, u in zip(n_states.tolist(), n_actions, strict=True)
    ]
    n_policies = int(np.prod(n_actions)) ** habits
    return FactoredModel(
        A=[columns(rng, shape, zeros=zeros) for shape in shapes],
        B=dynamics,
        C=[rng.normal(scale=2.0, size=size) for size in sizes],
        D=[rng.dirichlet(np.ones(size)) for size in n_states],
        E=rng.dirichlet(np.ones(n_policies)) if habits else None,
        A_dependencies=dependencies,
    )


def random_profile(rng: np.random.Generator, length: int) -> Profile:
    return Profile(
        policy_length=length,
        gamma=float(rng.uniform(0, 8)),
        alpha=float(rng.uniform(0, 8)),
        selective_update_interval=int(rng.integers(1, 4)),
        action_selection=("deterministic", "stochastic")[int(rng.integers(2))],
    )


def random_rows(
    rng: np.random.Generator, compiled: FactoredCompiled, n: int, **options: str
) -> FactoredRows:
    """Fill n rows with agents that are at different steps and believe different things."""
    rows = FactoredRows(compiled, n, **options)
    for row in range(n):
        rows.take(random_profile(rng, compiled.policy_length), int(rng.integers(1000)))
        own = [rng.dirichlet(np.full(size, 0.3)) for size in compiled.layout.n_states]
        rows.beliefs[row] = np.concatenate(own)
        rows.step[row] = rng.integers(5)
    for name in ("A", "B"):
        table = getattr(rows.parameters, f"novelty_{name}")
        if table.size:
            table[:] = rng.random(table.shape)
    return rows


def learned(rng: np.random.Generator, rows: FactoredRows) -> None:
    """Give each row that has its own A, B and D others than the model's."""
    layout, parameters = rows.compiled.layout, rows.parameters
    for row in range(len(rows.beliefs)):
        shapes = (layout.a_shapes, layout.b_shapes)
        arrays = [[columns(rng, s, zeros=False) for s in some] for some in shapes]
        parameters.likelihoods[row] = layout.pack_A(arrays[0])
        parameters.transitions[row] = layout.pack_B(arrays[1])
        parameters.starts[row] = layout.pack_D([rng.dirichlet(np.ones(s)) for s in layout.n_states])
    parameters.refresh()


def random_turn(rng: np.random.Generator, compiled: FactoredCompiled, who: Any) -> Turn:
    """Give each row an observation and up to three moves, episodes' beginnings among them."""
    layout = compiled.layout
    counts = rng.integers(4, size=len(who))
    seen = [rng.integers(size, size=len(who)) for size in layout.n_observations]
    moves = [rng.integers(n, size=counts.sum()) for n in layout.n_actions]
    actions = np.ascontiguousarray(np.stack(moves, axis=1))
    actions[rng.random(len(actions)) < 0.1] = START
    return Turn(
        who=np.array(who, np.int64),
        observations=np.ascontiguousarray(np.stack(seen, axis=1)),
        moves=actions,
        ends=np.cumsum(counts),
    )


def copy_of(rows: FactoredRows) -> FactoredRows:
    other = FactoredRows.__new__(FactoredRows)
    other.__dict__.update(rows.__dict__)
    names = ("beliefs", "gamma", "alpha", "interval", "greedy", "step", "stream", "surprise")
    for name in names:
        setattr(other, name, getattr(rows, name).copy())
    other.arrays = tuple(getattr(other, name) for name in names)
    return other


def bits(rows: FactoredRows) -> tuple[bytes, ...]:
    return tuple(array.tobytes() for array in rows.arrays)
