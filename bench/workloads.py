"""The models that inference is measured on: a grid of a hundred cells, seen more or less well."""

from __future__ import annotations

import numpy as np

from ..models.generative import GenerativeModel
from ..models.matrices import Indices

SIDE = 10
CELLS = SIDE * SIDE
ACTIONS = 5


def grid_moves(side: int = SIDE) -> Indices:
    """Give where north, south, west, east and stay lead from each cell; shape (5, side²)."""
    row, column = np.divmod(np.arange(side * side), side)
    steps = ((-1, 0), (1, 0), (0, -1), (0, 1), (0, 0))
    return np.array(
        [
            np.clip(row + down, 0, side - 1) * side + np.clip(column + right, 0, side - 1)
            for down, right in steps
        ]
    )


def grid_model(n_observations: int, seed: int = 7) -> GenerativeModel:
    """Give the model of a grid without walls, whose cells look alike to some degree.

    Args:
        n_observations: 5 in workload W1a, 100 in W1b.
    """
    rng = np.random.default_rng(seed)
    likelihood = rng.dirichlet(np.full(n_observations, 0.5), size=CELLS).T
    return GenerativeModel.deterministic(likelihood, grid_moves(), rng.normal(size=n_observations))


def observations(n_observations: int, steps: int, n: int, seed: int = 7) -> Indices:
    """Give what n agents see in so many steps; int64, shape (steps, n)."""
    return np.random.default_rng(seed).integers(n_observations, size=(steps, n))
