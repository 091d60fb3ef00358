"""The map under a grid world: walls, free cells, and the ways between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from . import chance

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
DistanceArray = npt.NDArray[np.int32]
_T = TypeVar("_T")

ACTIONS = ("north", "south", "west", "east", "stay")
STAY = 4
MAX_SIZE = 1000
"""Of a map that is drawn: cell by cell, which takes ten seconds or so for these million."""
MAX_WINDOW_BYTES = 2**30
"""For what is seen from each cell, ``GridMap.window``."""
_STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1), (0, 0))


@dataclass(frozen=True, eq=False)
class GridMap:
    """A square of cells, some of them walls; it never changes and may be shared.

    A cell's index is row * size + column, walls included. All arrays are read-only.

    Raises:
        ValueError: the map is not square, is too small, or is cut in two; or view is even, or
            too wide for so many cells.
    """

    walls: BoolArray
    """Shape (size, size), row 0 in the north, column 0 in the west."""
    view: int = 5
    """How many cells an agent sees across, itself in the middle; odd."""

    @classmethod
    def draw(cls, size: int = 10, *, density: float = 0.12, layout: int = 0, view: int = 5) -> Self:
        """Draw a map at random; the same arguments always give the same map.

        Args:
            size: cells along one side, at most ``MAX_SIZE``.
            density: the share of cells that are walls, in [0, 1).
            layout: the seed of the map.

        Raises:
            ValueError: an argument breaks its rule, or the walls leave no map.
        """
        _check_size(size)
        if size > MAX_SIZE:
            raise ValueError(f"size must be at most {MAX_SIZE:,}, got {size:,}")
        if not 0 <= density < 1:
            raise ValueError(f"walls must be in [0, 1), got {density}")
        rng = chance.generator(layout, "layout")
        return cls(_draw_walls(size, round(density * size * size), rng), view)

    def __post_init__(self) -> None:
        walls = np.array(self.walls, dtype=bool)
        if walls.ndim != 2 or walls.shape[0] != walls.shape[1]:
            raise ValueError(f"walls must be square, got shape {walls.shape}")
        _check_size(walls.shape[0])
        if self.view < 3 or self.view % 2 == 0:
            raise ValueError(f"view must be odd and at least 3, got {self.view}")
        _check_view(self.view, walls.size)
        object.__setattr__(self, "walls", _frozen(walls))
        self._check_connected()

    def _check_connected(self) -> None:
        if not self.free.size:
            raise ValueError("a map must have a free cell")
        if (self.distances_from(self.free[:1])[0, self.free] < 0).any():
            raise ValueError("the free cells of a map must be connected")

    @property
    def size(self) -> int:
        """Cells along one side."""
        return len(self.walls)

    @property
    def n_cells(self) -> int:
        """Cells in all, walls included."""
        return self.walls.size

    @cached_property
    def free(self) -> IntArray:
        """Indices of the cells that are no walls, sorted, shape (n_free,)."""
        return _frozen(np.flatnonzero(~self.walls))

    @cached_property
    def moves(self) -> IntArray:
        """The cell that each action leads to from each cell, shape (5, n_cells).

        A bump into a wall or the edge stays, and so does everything on a wall cell.
        """
        here = np.arange(self.n_cells)
        blocked = self._is_wall[self._neighbours] | self._is_wall[here]
        return _frozen(np.where(blocked, here, self._neighbours))

    @cached_property
    def window(self) -> IntArray:
        """The cells seen from each cell, row by row from the north-west.

        Shape (n_cells, view * view); -1 outside the grid.
        """
        reach = np.arange(self.view) - self.view // 2
        down, right = np.repeat(reach, self.view), np.tile(reach, self.view)
        return _frozen(self._cells_towards(down, right).T)

    @cached_property
    def adjacent_walls(self) -> IntArray:
        """Which neighbours of each cell are walls, shape (n_cells,), in 0..15.

        The sum of 1 for north, 2 for south, 4 for west, 8 for east; the edge is a wall.
        """
        return _frozen(np.array([1, 2, 4, 8]) @ self._is_wall[self._neighbours[:4]])

    def distances(self) -> DistanceArray:
        """Shortest path lengths over free cells, shape (n_cells, n_cells), read-only.

        -1 to and from walls. Computed once, when first asked for; it takes
        4 * n_cells ** 2 bytes, so for large maps see ``distances_from``.
        """
        return self._distances

    def distances_from(self, cells: npt.ArrayLike) -> DistanceArray:
        """Shortest path lengths from a few free cells, shape (len(cells), n_cells)."""
        cell = np.asarray(cells)
        source = np.arange(len(cell))
        distances = np.full((len(cell), self.n_cells), -1, dtype=np.int32)
        distances[source, cell] = length = 0
        while cell.size:
            length += 1
            source, cell = self._spread(distances, source, cell, length)
        return distances

    def _spread(
        self, distances: DistanceArray, source: IntArray, cell: IntArray, length: int
    ) -> tuple[IntArray, IntArray]:
        """Mark all that is one step further, and return it.

        One direction at a time: two cells never reach the same third in one direction,
        so nothing has to be sorted out.
        """
        found = []
        for move in self.moves[:STAY]:
            target = move[cell]
            new = distances[source, target] < 0
            found.append((source[new], target[new]))
            distances[found[-1]] = length
        sources, cells = zip(*found, strict=True)
        return np.concatenate(sources), np.concatenate(cells)

    @cached_property
    def _distances(self) -> DistanceArray:
        distances = np.full((self.n_cells, self.n_cells), -1, dtype=np.int32)
        distances[self.free] = self.distances_from(self.free)
        return _frozen(distances)

    @cached_property
    def _is_wall(self) -> BoolArray:
        """Walls by cell index; the entry beyond the last answers for -1, outside."""
        return _frozen(np.append(self.walls, True))

    @cached_property
    def _neighbours(self) -> IntArray:
        """Shape (5, n_cells): where each action points to, -1 outside the grid."""
        down, right = np.array(_STEPS).T
        return _frozen(self._cells_towards(down, right))

    def _cells_towards(self, down: IntArray, right: IntArray) -> IntArray:
        """Shape (len(down), n_cells): the cell that far from each cell, -1 outside."""
        row, column = np.divmod(np.arange(self.n_cells), self.size)
        row, column = row + down[:, None], column + right[:, None]
        inside = (row >= 0) & (row < self.size) & (column >= 0) & (column < self.size)
        return np.where(inside, row * self.size + column, -1)


def _check_size(size: int) -> None:
    if size < 3:
        raise ValueError(f"size must be at least 3, got {size}")


def _check_view(view: int, n_cells: int) -> None:
    n_bytes = 8 * n_cells * view**2
    if n_bytes > MAX_WINDOW_BYTES:
        most = math.isqrt(MAX_WINDOW_BYTES // (8 * n_cells))
        raise ValueError(
            f"view must be at most {most - (most + 1) % 2} for {n_cells:,} cells, got {view}: what "
            f"is seen from each would take {n_bytes / 2**30:.1f} GiB"
        )


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Copy and lock it: what is only a view could be unlocked again."""
    array = np.array(array, order="C")
    array.flags.writeable = False
    return array


def _draw_walls(size: int, count: int, rng: np.random.Generator) -> BoolArray:
    """Turn leaves of a random tree over all cells into walls; what is left is connected."""
    if count > size * size - 2:
        raise ValueError(f"walls must leave two free cells, got {count} of {size * size}")
    parents = _random_tree(GridMap(np.zeros((size, size), dtype=bool)), rng)
    children = np.bincount(parents[parents >= 0], minlength=size * size)
    leaves = np.flatnonzero(children == 0).tolist()
    walls = np.zeros(size * size, dtype=bool)
    for draw in rng.random(count).tolist():
        leaf = _take(leaves, draw)
        walls[leaf] = True
        children[parents[leaf]] -= 1
        if not children[parents[leaf]]:
            leaves.append(int(parents[leaf]))
    return walls.reshape(size, size)


def _random_tree(open_map: GridMap, rng: np.random.Generator) -> IntArray:
    """Give each cell its parent in a tree that grows at random places; -1 for the root."""
    neighbours = open_map.moves[:STAY].T.tolist()
    parents: list[int | None] = [None] * open_map.n_cells
    waiting = [(int(rng.integers(open_map.n_cells)), -1)]
    for draw in rng.random(1 + 4 * open_map.n_cells).tolist():
        cell, parent = _take(waiting, draw)
        if parents[cell] is None:
            parents[cell] = parent
            waiting += [(neighbour, cell) for neighbour in neighbours[cell]]
    return np.array(parents)


def _take(waiting: list[_T], draw: float) -> _T:
    """Remove one at random in constant time; ``draw`` is in [0, 1)."""
    place = int(draw * len(waiting))
    waiting[place], waiting[-1] = waiting[-1], waiting[place]
    return waiting.pop()
