"""Pictures of a grid world, as text and as pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .grid_map import GridMap, IntArray

Picture = npt.NDArray[np.uint8]
_Floats = npt.NDArray[np.float64]

LEGEND = "## wall   * goal   1-9 agents on a cell, + for more"

_PAPER = (250, 247, 240)
_LINE = (236, 231, 220)
_WALL = (92, 105, 121)
_GOAL = (247, 197, 98)
_GOAL_CORE = (255, 229, 165)
_AGENT = (47, 141, 139)
_CROWD = (24, 78, 99)
_RIM = (255, 255, 255)
_FULL = 8  # as many agents as this fill a cell; more look the same


def as_text(map: GridMap, goals: IntArray, positions: IntArray) -> str:
    """Draw two letters a cell: how many agents, and whether a goal is there.

    Args:
        goals: the cells that hold a goal.
        positions: the cell of each agent.
    """
    agents = [" 123456789+"[min(count, 10)] for count in _crowd(map, positions).tolist()]
    ground = np.full(map.n_cells, ".")
    ground[goals] = "*"
    cells = [a + g for a, g in zip(agents, ground.tolist(), strict=True)]
    for wall in np.flatnonzero(map.walls).tolist():
        cells[wall] = "##"
    rows = ["".join(cells[i : i + map.size]) for i in range(0, map.n_cells, map.size)]
    return "\n".join([*rows, LEGEND])


def as_picture(map: GridMap, goals: IntArray, positions: IntArray) -> Picture:
    """Draw in about 640 pixels across, more for large maps; shape (height, width, 3).

    The more agents stand on a cell, the larger and darker is their disc.
    """
    pixels = min(max(640 // map.size, 6), 48)
    tiles = np.empty((map.size, map.size, pixels, pixels, 3))
    tiles[...] = _LINE
    _paint(tiles, _square(pixels, 0.96, 0.06), _PAPER)
    _paint(tiles, _of(map.walls) * _square(pixels, 0.92, 0.3), _WALL)
    is_goal = _of(np.isin(np.arange(map.n_cells), goals).reshape(map.walls.shape))
    _paint(tiles, is_goal * _square(pixels, 0.84, 0.4), _GOAL)
    _paint(tiles, is_goal * _square(pixels, 0.66, 0.3), _GOAL_CORE)
    _paint_agents(tiles, _crowd(map, positions).reshape(map.walls.shape))
    side = map.size * pixels
    return tiles.swapaxes(1, 2).reshape(side, side, 3).round().astype(np.uint8)


def _paint_agents(tiles: _Floats, crowd: IntArray) -> None:
    share = np.sqrt(np.minimum(crowd, _FULL) / _FULL)  # the disc's area goes with the count
    radius = np.where(crowd > 0, 0.26 + 0.46 * share, -1.0)
    colour = np.array(_AGENT) + share[..., None] * np.subtract(_CROWD, _AGENT)
    pixels = tiles.shape[2]
    _paint(tiles, _disc(pixels, _of(radius) + 0.1 * _of(crowd > 0)), _RIM)
    _paint(tiles, _disc(pixels, _of(radius)), colour[:, :, None, None])


def _crowd(map: GridMap, positions: IntArray) -> IntArray:
    """How many agents stand on each cell, shape (n_cells,)."""
    return np.bincount(positions, minlength=map.n_cells)


def _paint(tiles: _Floats, alpha: _Floats, colour: npt.ArrayLike) -> None:
    tiles += alpha[..., None] * (np.asarray(colour) - tiles)


def _of(cells: npt.NDArray[np.bool_] | _Floats) -> _Floats:
    """One value a cell, to be spread over its pixels."""
    return np.asarray(cells, dtype=float)[:, :, None, None]


def _square(pixels: int, half: float, corner: float) -> _Floats:
    """How far each pixel lies inside a rounded square, 0 to 1; a cell is 2 wide."""
    x, y = np.abs(_mesh(pixels))
    inner = half - corner
    beyond = np.hypot(np.maximum(x - inner, 0), np.maximum(y - inner, 0))
    return _smooth((corner - beyond) * pixels)


def _disc(pixels: int, radius: _Floats) -> _Floats:
    x, y = _mesh(pixels)
    return _smooth((radius - np.hypot(x, y)) * pixels)


def _mesh(pixels: int) -> _Floats:
    middles = (np.arange(pixels) + 0.5) * 2 / pixels - 1
    return np.array(np.meshgrid(middles, middles))


def _smooth(depth: _Floats) -> _Floats:
    """Coverage of a pixel from how many half pixels it lies inside."""
    return np.clip(0.5 + depth / 2, 0.0, 1.0)
