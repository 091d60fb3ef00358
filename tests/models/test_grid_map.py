import numpy as np
import pytest
from antiphon.models.grid_map import MAX_SIZE, MAX_WINDOW_BYTES, BoolArray, GridMap

PICTURE = """
....
.##.
.#..
...#
"""


def from_text(text: str, view: int = 5) -> GridMap:
    return GridMap(np.array([[c == "#" for c in row] for row in text.split()]), view)


def reachable(grid: GridMap) -> list[int]:
    seen: set[int] = set()
    waiting = [int(grid.free[0])]
    while waiting:
        cell = waiting.pop()
        if cell not in seen:
            seen.add(cell)
            waiting += grid.moves[:, cell].tolist()
    return sorted(seen)


@pytest.mark.parametrize("size", [3, 10, 21, 45])
@pytest.mark.parametrize("density", [0.0, 0.12, 0.7])
def test_free_cells_are_connected_and_walls_are_as_many_as_asked(size: int, density: float) -> None:
    for layout in range(4):
        grid = GridMap.draw(size, density=density, layout=layout)
        assert reachable(grid) == grid.free.tolist()
        assert grid.walls.sum() == round(density * size * size)
        assert len(grid.free) + grid.walls.sum() == grid.n_cells == size * size


def test_layout_alone_decides_the_map() -> None:
    first, again, other = (GridMap.draw(layout=layout) for layout in (3, 3, 4))
    assert (first.walls == again.walls).all()
    assert (first.walls != other.walls).any()


def test_moves_go_one_cell_and_bumps_stay() -> None:
    grid = from_text(PICTURE)
    north, south, west, east, stay = grid.moves
    assert [int(move[4]) for move in grid.moves] == [0, 8, 4, 4, 4]
    assert north[0] == west[0] == 0
    assert south[3] == 7
    assert east[12] == 13
    assert south[12] == 12
    assert west[12] == 12
    assert (stay == np.arange(16)).all()


def test_nothing_moves_on_a_wall() -> None:
    grid = from_text(PICTURE)
    walls = np.flatnonzero(grid.walls)
    assert (grid.moves[:, walls] == walls).all()


def test_window_is_read_row_by_row_with_the_cell_in_the_middle() -> None:
    grid = from_text(PICTURE, view=3)
    assert grid.window.shape == (16, 9)
    assert grid.window[5].tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    assert grid.window[0].tolist() == [-1, -1, -1, -1, 0, 1, -1, 4, 5]
    assert grid.window[11].tolist() == [6, 7, -1, 10, 11, -1, 14, 15, -1]


def test_adjacent_walls_are_bits_for_north_south_west_east() -> None:
    grid = from_text(PICTURE)
    assert grid.adjacent_walls[0] == 1 + 4
    assert grid.adjacent_walls[4] == 4 + 8
    assert grid.adjacent_walls[10] == 1 + 4
    assert grid.adjacent_walls[14] == 2 + 8
    assert grid.adjacent_walls[11] == 2 + 8


def test_adjacent_walls_agree_with_bumps() -> None:
    grid = GridMap.draw(12, density=0.3)
    bumps = grid.moves[:4, grid.free] == grid.free
    assert (grid.adjacent_walls[grid.free] == np.array([1, 2, 4, 8]) @ bumps).all()


def test_distances_are_shortest_paths_round_the_walls() -> None:
    grid = from_text(PICTURE)
    distances = grid.distances()
    assert distances[0, 3] == 3
    assert distances[4, 7] == 5
    assert distances[8, 10] == 4
    assert (np.diag(distances)[grid.free] == 0).all()
    assert (distances == distances.T).all()
    walls = np.flatnonzero(grid.walls)
    assert (distances[walls] == -1).all()
    assert (distances[:, walls] == -1).all()


def test_a_neighbour_is_one_step_nearer_or_further() -> None:
    grid = GridMap.draw(15, density=0.3, layout=2)
    distances = grid.distances()[:, grid.free]
    for move in grid.moves[:4]:
        beyond = grid.distances()[:, move[grid.free]]
        assert (np.abs(distances - beyond) <= 1)[grid.free].all()
    nearest = np.min([grid.distances()[:, move[grid.free]] for move in grid.moves[:4]], axis=0)
    apart = distances > 0
    assert (nearest[apart] == distances[apart] - 1).all()


def test_distances_are_computed_once_and_those_from_a_few_cells_agree() -> None:
    grid = GridMap.draw(9)
    assert grid.distances() is grid.distances()
    few = grid.free[[3, 17]]
    assert (grid.distances_from(few) == grid.distances()[few]).all()


@pytest.mark.parametrize("name", ["walls", "free", "moves", "window", "adjacent_walls"])
def test_a_map_cannot_be_changed(name: str) -> None:
    array = getattr(GridMap.draw(), name)
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        array[:1].flags.writeable = True


def test_a_map_keeps_its_own_copy_of_the_walls() -> None:
    walls = np.zeros((4, 4), dtype=bool)
    grid = GridMap(walls)
    walls[0, 0] = True
    assert not grid.walls.any()


@pytest.mark.parametrize(
    ("walls", "rule"),
    [
        (np.zeros((3, 4)), "must be square"),
        (np.zeros(9), "must be square"),
        (np.zeros((2, 2)), "size must be at least 3, got 2"),
        (np.ones((3, 3)), "must have a free cell"),
        (np.eye(4)[::-1], "must be connected"),
    ],
)
def test_walls_that_make_no_map_are_refused(walls: BoolArray, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        GridMap(walls)


@pytest.mark.parametrize("view", [0, 1, 4, -3])
def test_a_view_without_a_middle_is_refused(view: int) -> None:
    with pytest.raises(ValueError, match=f"view must be odd and at least 3, got {view}"):
        GridMap.draw(view=view)


@pytest.mark.parametrize(
    ("density", "rule"),
    [
        (-0.1, r"walls must be in \[0, 1\), got -0.1"),
        (1.0, r"walls must be in \[0, 1\), got 1.0"),
        (float("nan"), "got nan"),
        (0.99, "walls must leave two free cells, got 99 of 100"),
    ],
)
def test_a_density_that_leaves_no_connected_map_is_refused(density: float, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        GridMap.draw(10, density=density)


@pytest.mark.parametrize("size", [MAX_SIZE + 1, 10**9])
def test_a_map_too_large_to_be_drawn_is_refused_at_once(size: int) -> None:
    with pytest.raises(ValueError, match=f"size must be at most 1,000, got {size:,}"):
        GridMap.draw(size)


def test_a_view_too_wide_for_so_many_cells_is_refused_with_one_that_is_not() -> None:
    walls = np.zeros((300, 300), bool)
    with pytest.raises(
        ValueError, match=r"view must be at most 37 for 90,000 cells, got 39: .* 1.0"
    ):
        GridMap(walls, view=39)
    assert GridMap(walls, view=37).view == 37
    assert 8 * walls.size * 37**2 <= MAX_WINDOW_BYTES < 8 * walls.size * 39**2
