"""What agents of one model share, and what stays when they are gone."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context
from antiphon.models.crowds import shelf as shelf_module
from antiphon.models.crowds.shelf import SHELF, Shelf, shared_crowd
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import GridMap
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.profile import InferenceSettings
from antiphon.models.terrain import shared_terrain

FUSE = 10.0


class Thing:
    """Something dear."""


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A shelf of its own for everything that is made in the test."""
    shelf = Shelf()
    monkeypatch.setattr(shelf_module, "SHELF", shelf)
    return shelf


def model(size: int) -> GenerativeModel:
    return GenerativeModel.deterministic(np.eye(size), [list(range(size))])


def thinker(size: int, **settings: Any) -> ActiveInference:
    return ActiveInference(model(size), InferenceSettings(**settings))


def test_what_is_in_use_is_made_once_however_many_are_kept() -> None:
    for keep in (0, 3):
        shelf = Shelf()
        first = shelf.take("a", Thing, keep)
        assert shelf.take("a", Thing, keep) is first
        assert shelf.take("b", Thing, keep) is not first


@pytest.mark.parametrize(("keep", "kept"), [(0, ""), (1, "e"), (3, "cde"), (9, "abcde")])
def test_no_more_is_kept_than_is_allowed_and_the_last_stay(keep: int, kept: str) -> None:
    shelf = Shelf()
    things = {key: weakref.ref(shelf.take(key, Thing, keep)) for key in "abcde"}
    gc.collect()
    assert len(shelf) == len(kept)
    assert "".join(key for key, thing in things.items() if thing() is not None) == kept


def test_what_is_taken_again_is_the_last() -> None:
    shelf = Shelf()
    things = {key: weakref.ref(shelf.take(key, Thing, 3)) for key in "abc"}
    for key in "ad":
        shelf.take(key, Thing, 3)
    gc.collect()
    assert [thing() is None for thing in things.values()] == [False, True, False]


def test_a_smaller_number_lets_go_of_the_rest() -> None:
    shelf = Shelf()
    things = [weakref.ref(shelf.take(key, Thing, 8)) for key in range(8)]
    shelf.take("last", Thing, 2)
    gc.collect()
    assert len(shelf) == 2
    assert [thing() is None for thing in things] == [True] * 7 + [False]


def test_what_cannot_be_made_leaves_no_trace() -> None:
    def breaks() -> Thing:
        raise MemoryError("no room")

    shelf = Shelf()
    with pytest.raises(MemoryError):
        shelf.take("a", breaks)
    assert len(shelf) == 0
    assert isinstance(shelf.take("a", Thing), Thing)


def test_many_threads_make_a_thing_once() -> None:
    shelf, made, found = Shelf(), [], []
    together = threading.Barrier(4)

    def make() -> Thing:
        made.append(1)
        return Thing()

    def take() -> None:
        together.wait(FUSE)
        found.append(shelf.take("a", make))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    assert len(made) == 1
    assert len({id(one) for one in found}) == 1


@pytest.mark.parametrize("keep", [0, 2])
def test_the_setting_says_how_many_models_stay_when_nobody_uses_them(
    keep: int, empty: Shelf
) -> None:
    crowds = [weakref.ref(thinker(n, matrix_cache_size=keep).crowd) for n in range(2, 7)]
    gc.collect()
    assert len(empty) == keep
    assert [crowd() is not None for crowd in crowds] == [False] * (5 - keep) + [True] * keep


def test_a_crowd_goes_with_its_last_agent_where_none_is_kept(empty: Shelf) -> None:
    agents = [thinker(7, matrix_cache_size=0), thinker(7, matrix_cache_size=0)]
    crowd = weakref.ref(agents[0].crowd)
    agents.pop()
    gc.collect()
    assert crowd() is not None
    agents.pop()
    gc.collect()
    assert crowd() is None


def test_a_model_that_was_kept_is_not_compiled_again(
    empty: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, of = [], Compiled.of

    def count(*arguments: Any) -> Compiled:
        compiled.append(arguments)
        return of(*arguments)

    monkeypatch.setattr(Compiled, "of", count)
    for _ in range(3):
        thinker(5).act(0, Context())
        gc.collect()
    assert len(compiled) == 1
    for _ in range(3):
        thinker(6, matrix_cache_size=0).act(0, Context())
        gc.collect()
    assert len(compiled) == 4


def test_agents_that_are_gone_leave_their_seats_to_others(empty: Shelf) -> None:
    first = thinker(4)
    for _ in range(200):
        thinker(4)
    gc.collect()
    assert len(first.crowd) == 1
    assert len(first.crowd._pages) == 1


def test_crowds_differ_by_model_length_and_kernel() -> None:
    crowds = [
        shared_crowd(model(4), 1, "numpy"),
        shared_crowd(model(4), 2, "numpy"),
        shared_crowd(model(5), 1, "numpy"),
    ]
    assert len({id(crowd) for crowd in crowds}) == 3
    again = GenerativeModel.deterministic(np.eye(4), [[0, 1, 2, 3]])
    assert shared_crowd(again, 1, "numpy") is crowds[0]


def test_auto_is_the_kernel_that_it_stands_for() -> None:
    auto = shared_crowd(model(4), 1, "auto")
    assert shared_crowd(model(4), 1, auto.kernel.name) is auto


def test_equal_maps_have_one_terrain_and_others_their_own() -> None:
    terrain = shared_terrain(GridMap.draw(5), 1, 0.2)
    assert shared_terrain(GridMap.draw(5), 1, 0.2) is terrain
    others = [
        shared_terrain(GridMap.draw(5, layout=1), 1, 0.2),
        shared_terrain(GridMap.draw(5), 2, 0.2),
        shared_terrain(GridMap.draw(5), 1, 0.1),
    ]
    assert len({id(one) for one in (terrain, *others)}) == 4


def test_the_shelf_of_this_process_is_bounded() -> None:
    held = [thinker(n) for n in range(2, 30)]
    assert len(held) > len(SHELF) <= 8
