"""Who sits in the tests of crowds, on two models, and what they see and have lived."""

from __future__ import annotations

from typing import Any

import numpy as np
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.crowds.explorer_crowd import ExplorerCrowd
from antiphon.models.crowds.seat import Seat
from antiphon.models.experience import Experience
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import GridMap
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.terrain import Terrain
from antiphon.tests.models.kernels.cases import kernel_of, random_profile

RING = np.array([[1, 2, 3, 0], [3, 0, 1, 2], [0, 1, 2, 3]])  # forth, back, stay
SEEN = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
MODEL = GenerativeModel.deterministic([SEEN], RING, [0, 0, 2, 0], [1, 0, 0, 0])
COMPILED = Compiled.of(MODEL, 1)
TERRAIN = Terrain(GridMap.draw(5, layout=2), 1)
TERRAIN_COMPILED = Compiled.of(TERRAIN.model, 1)


def ring_crowd(kernel: str = "numpy") -> Crowd:
    return Crowd(COMPILED, kernel_of(kernel))


def explorer_crowd(kernel: str = "numpy") -> Crowd:
    return ExplorerCrowd(TERRAIN, TERRAIN_COMPILED, kernel_of(kernel))


def sit(crowd: Crowd, n: int) -> list[Seat]:
    rng = np.random.default_rng(3)
    return [crowd.take(random_profile(rng, 1), seed) for seed in range(n)]


def lived(executed: Any, *, last: bool = False) -> Experience:
    return Experience(0, 0, executed, executed, "acted", 0.0, last, False)


def names(n: int) -> list[str]:
    return [f"agent-{k}" for k in range(n)]


def state_of(seat: Seat) -> tuple[Any, ...]:
    """Give all bits that belong to a seat."""
    own = [array[seat.row].tobytes() for array in seat.rows.arrays]
    memories = getattr(seat.rows, "memories", None)
    return *own, None if memories is None else memories[seat.row].tobytes()


def ring_views(rng: np.random.Generator, n: int) -> list[Any]:
    return rng.integers(4, size=n).tolist()


def grid_views(rng: np.random.Generator, n: int) -> list[Any]:
    codes = rng.integers(3, size=(n, 25))
    return list(np.column_stack([rng.integers(25, size=n), codes]))


def pasts(rng: np.random.Generator, n: int, n_actions: int) -> list[list[Experience]]:
    """Draw what each has lived: some of it without an action, some of it the end."""
    executed = [None, *range(n_actions)]
    return [
        [
            lived(executed[int(rng.integers(len(executed)))], last=rng.random() < 0.2)
            for _ in range(rng.integers(4))
        ]
        for _ in range(n)
    ]
