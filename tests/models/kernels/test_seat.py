"""Rows and their owners: taking, leaving, and going on from a state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models import chance
from antiphon.models.engine import NumpyEngine
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.rows import Rows
from antiphon.models.kernels.seat import Seats
from antiphon.models.mind import Mind
from antiphon.models.profile import Profile

MODEL = GenerativeModel(np.eye(3), np.full((3, 3, 2), 1 / 3), D=[0.5, 0.25, 0.25])
COMPILED = Compiled.of(MODEL, 2)
PROFILE = Profile(policy_length=2, gamma=3, alpha=4, selective_update_interval=5)


def test_pages_are_added_as_they_fill_and_arrays_never_move() -> None:
    seats = Seats(COMPILED, page=2)
    first = seats.take(PROFILE)
    arrays = first.rows.arrays
    others = [seats.take(PROFILE) for _ in range(4)]
    assert len(seats) == 5
    assert len({id(seat.rows) for seat in others}) == 3
    assert len({(id(seat.rows), seat.row) for seat in (first, *others)}) == 5
    assert all(one is other for one, other in zip(arrays, first.rows.arrays, strict=True))


def test_a_seat_that_was_left_is_taken_again_and_begins_anew() -> None:
    seats = Seats(COMPILED, page=1)
    seat = seats.take(PROFILE, seed=1)
    seat.set_state({"beliefs": [1.0, 0.0, 0.0], "step": 9, "stream": 8})
    seats.release(seat)
    again = seats.take(Profile(policy_length=2, action_selection="deterministic"), seed=2)
    assert (again.rows, again.row, len(seats)) == (seat.rows, seat.row, 1)
    state = again.get_state()
    assert np.array_equal(state["beliefs"], MODEL.D)
    assert (state["step"], state["stream"]) == (0, chance.key(2, "action"))
    assert (again.rows.gamma[0], again.rows.interval[0], again.rows.greedy[0]) == (16, 1, True)


def test_a_profile_of_another_length_is_refused_and_takes_no_seat() -> None:
    seats = Seats(COMPILED, page=1)
    with pytest.raises(ValueError, match="policy_length must be 2"):
        seats.take(Profile(policy_length=3))
    assert len(seats) == 0
    seats.take(PROFILE)
    assert len(seats._pages) == 1


def test_a_state_is_that_of_a_mind_and_goes_both_ways() -> None:
    seat, own = Seats(COMPILED).take(PROFILE, seed=4), Mind(NumpyEngine(MODEL, 2), PROFILE)
    own.reset(4)
    own.move([1])
    own.choose()
    seat.set_state(own.get_state())
    state = seat.get_state()
    own.set_state(state)
    assert own.get_state().keys() == state.keys()
    assert [type(value) for value in state.values()] == [np.ndarray, int, int]
    assert (state["step"], state["stream"]) == (1, chance.key(4, "action"))


@pytest.mark.parametrize(
    "change",
    [
        {"beliefs": [0.5, 0.5]},
        {"beliefs": [2.0, -1.0, 0.0]},
        {"beliefs": [0.1, 0.1, 0.1]},
        {"beliefs": None},
        {"step": -1},
        {"step": True},
        {"step": 2**60},
        {"stream": 1.5},
        {"stream": 2**64},
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    seat = Seats(COMPILED).take(PROFILE, seed=4)
    before = seat.get_state()
    with pytest.raises(ModelError, match=r"agent 'x': state\["):
        seat.set_state({"beliefs": [0, 0, 1], "step": 3, "stream": 2, **change}, agent_id="x")
    after = seat.get_state()
    assert np.array_equal(after.pop("beliefs"), before.pop("beliefs"))
    assert after == before


def test_a_row_of_a_hundred_states_takes_less_than_a_kibibyte() -> None:
    model = GenerativeModel.deterministic(np.full((5, 100), 0.2), np.zeros((5, 100), int))
    assert Rows(Compiled.of(model, 1), 4).bytes_per_row == 841
