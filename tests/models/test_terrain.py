"""What explorers keep of a map has a bound, which is seen before anything is made."""

from __future__ import annotations

import tracemalloc

import antiphon as ap
import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.agent import Place
from antiphon.models.explorer import Explorer
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import GridMap
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.terrain import MAX_BYTES, PAIR_BYTES, Terrain, check_size, explorer_model


def open_map(size: int) -> GridMap:
    return GridMap(np.zeros((size, size), bool))


def test_a_pair_of_cells_takes_what_the_bound_says() -> None:
    map = GridMap.draw(8)
    terrain = Terrain(map, policy_length=1)
    seen = Compiled.of(terrain.model, 1).likelihood[: map.n_cells]
    kept = (terrain.model.A[0], seen, terrain.pull, map.distances())
    assert sum(array.nbytes for array in kept) == PAIR_BYTES * map.n_cells**2


def test_the_largest_map_is_the_one_that_the_refusal_names() -> None:
    check_size(open_map(66))
    assert PAIR_BYTES * 66**4 <= MAX_BYTES < PAIR_BYTES * 67**4
    with pytest.raises(ModelError, match=r"world must have a map of size <= 66 for .*, got 67: "):
        check_size(open_map(67))


def test_a_map_too_large_for_explorers_is_refused_by_agent_before_anything_is_made() -> None:
    world = ap.GridWorld(size=100, walls=0)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError) as caught:
            Explorer.create(Place("scout", world))
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()
    assert str(caught.value) == (
        "agent 'scout': world must have a map of size <= 66 for explorers, got 100: "
        "for each pair of its 10,000 cells they keep 28 bytes, 2.6 GiB in all"
    )


def test_nor_is_a_model_or_a_terrain_made_of_such_a_map() -> None:
    small = GenerativeModel([[1.0]], [[[1.0]]])
    for make in (explorer_model, lambda large: Terrain(large, 1, model=small)):
        with pytest.raises(ModelError, match="size <= 66"):
            make(open_map(67))


def test_others_may_live_where_explorers_may_not() -> None:
    with ap.Society(ap.GridWorld(size=70), dispatcher="inline") as society:
        society.add("random", 2)
        assert society.run(1).outcomes == {"acted": 2}
