"""Whoever is shown or told what does not fit hears so, and nobody else in the call notices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ObservationError
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.experience import Experience
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.numpy_kernel import NumpyKernel
from antiphon.models.profile import Profile
from antiphon.models.sheet import Sheet
from antiphon.tests.models.crowds.cast import (
    COMPILED,
    RING,
    SEEN,
    explorer_crowd,
    grid_views,
    lived,
    names,
    ring_crowd,
    sit,
    state_of,
)
from antiphon.tests.models.kernels.cases import EVERY_KERNEL


class Failing(NumpyKernel):
    """A kernel that has run out of memory for the rows of one page."""

    def __init__(self, among: int = 0) -> None:
        self._among = among

    def infer(self, rows: Any, turn: Any) -> Any:
        if self._among in turn.who and len(rows.beliefs) == 16:
            raise MemoryError("no room")
        return super().infer(rows, turn)


class Unspeakable:
    """What a world may show by mistake: to look at it is to fail."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


BAD = [4, -1, 2**63, None, True, 1.0, [], [1, 1], np.array([4]), np.array([0.0]), Unspeakable()]


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_one_whose_observation_does_not_fit_hears_so_and_changes_nobody(
    name: str, bad: Any
) -> None:
    def play(seen: list[Any]) -> Any:
        crowd = ring_crowd(name)
        seats = sit(crowd, 3)
        crowd.act(seats, [0, 0, 0], [[]] * 3, ["a", "b", "c"])
        before = state_of(seats[1])
        results = crowd.act(seats, seen, [[lived(0)]] * 3, ["a", "b", "c"])
        return results, [state_of(seat) for seat in seats], before

    sound, kept, _ = play([1, 1, 1])
    results, states, before = play([1, bad, 1])
    assert (results[0], results[2]) == (sound[0], sound[2])
    assert (states[0], states[2]) == (kept[0], kept[2])
    assert states[1] == before
    if not isinstance(bad, Unspeakable):
        assert isinstance(results[1], ObservationError)
        assert results[1].agent_id == "b"
    assert all(isinstance(error, Exception) for error in play([bad] * 3)[0])


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("executed", [-1, 3, True, 1.0, "0", [0], Unspeakable()], ids=range(7))
def test_one_whose_executed_action_does_not_fit_hears_so_and_changes_nobody(
    name: str, executed: Any
) -> None:
    def play(past: list[Experience]) -> Any:
        crowd = ring_crowd(name)
        seats = sit(crowd, 3)
        before = state_of(seats[1])
        given = crowd.act(seats, [1, 1, 1], [[lived(0)], past, [lived(1)]], ["a", "b", "c"])
        return given, [state_of(seat) for seat in seats], before

    sound, kept, _ = play([lived(0), lived(2)])
    results, states, before = play([lived(0), lived(executed)])
    assert (results[0], results[2]) == (sound[0], sound[2])
    assert (states[0], states[2]) == (kept[0], kept[2])
    assert states[1] == before
    assert isinstance(results[1], Exception)


@pytest.mark.parametrize("executed", [-1, 3])
def test_an_executed_action_out_of_range_is_refused_where_each_has_but_one(executed: int) -> None:
    crowd = ring_crowd()
    seats = sit(crowd, 3)
    before = state_of(seats[1])
    pasts = [[lived(0)], [lived(executed)], [lived(1)]]
    results = crowd.act(seats, [1, 1, 1], pasts, ["a", "b", "c"])
    assert [type(result) for result in results] == [int, ObservationError, int]
    assert state_of(seats[1]) == before


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("seen", [(25, 0), (0, 3), (-1, 0), (0, -1)])
def test_an_explorer_that_is_shown_nonsense_keeps_its_memory(
    name: str, seen: tuple[int, int]
) -> None:
    crowd = explorer_crowd(name)
    seats, views = sit(crowd, 3), grid_views(np.random.default_rng(1), 3)
    crowd.act(seats, views, [[]] * 3, names(3))
    before = state_of(seats[1])
    wrong = views[1].copy()
    wrong[[0, 7]] = seen
    results = crowd.act(seats, [views[0], wrong, views[2]], [[lived(4)]] * 3, names(3))
    assert [type(result) for result in results] == [int, ObservationError, int]
    assert state_of(seats[1]) == before


def test_a_kernel_that_fails_leaves_rows_as_before_and_all_on_the_page_hear_why() -> None:
    crowd = Crowd(COMPILED, Failing())
    seats = sit(crowd, 20)
    before = [state_of(seat) for seat in seats]
    results = crowd.act(seats, [1] * 20, [[]] * 20, names(20))
    assert [type(one) for one in results] == [MemoryError] * 16 + [int] * 4
    assert [state_of(seat) for seat in seats[:16]] == before[:16]
    assert all(state_of(seat) != old for seat, old in zip(seats[16:], before[16:], strict=True))


def test_a_row_that_does_not_fit_is_refused_to_its_owner_alone() -> None:
    two = GenerativeModel.deterministic([SEEN, SEEN], RING)
    shown = np.array([[1, 3], [1, 4], [-1, 3], [1, 3]])
    crowd = Crowd(Compiled.of(two, 1), NumpyKernel())
    seats = [crowd.take(Profile(), 1) for _ in shown]
    results = crowd.act(seats, Sheet(shown).rows, [[]] * 4, names(4))
    assert [type(one) for one in results] == [int, ObservationError, ObservationError, int]
