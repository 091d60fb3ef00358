"""Rows and their owners: taking, leaving, and going on from a state."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models import chance
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.numpy_kernel import NumpyKernel
from antiphon.models.kernels.rows import Rows
from antiphon.models.profile import Profile
from antiphon.tests.models.plain import Engine, Mind

MODEL = GenerativeModel(np.eye(3), np.full((3, 3, 2), 1 / 3), D=[0.5, 0.25, 0.25])
COMPILED = Compiled.of(MODEL, 2)
FUSE = 10.0
PROFILE = Profile(policy_length=2, gamma=3, alpha=4, selective_update_interval=5)


def crowd() -> Crowd:
    return Crowd(COMPILED, NumpyKernel())


def test_pages_are_added_as_they_fill_and_arrays_never_move() -> None:
    ours = crowd()
    first = ours.take(PROFILE)
    arrays = first.rows.arrays
    others = [ours.take(PROFILE) for _ in range(99)]
    assert len(ours) == 100
    assert len({id(seat.rows) for seat in others}) == 3  # of 16, 64 and 256
    assert len({(id(seat.rows), seat.row) for seat in (first, *others)}) == 100
    assert all(one is other for one, other in zip(arrays, first.rows.arrays, strict=True))


def test_a_crowd_of_thousands_adds_no_more_than_a_thousand_rows_at_a_time() -> None:
    ours = crowd()
    seats = [ours.take(PROFILE) for _ in range(3000)]
    assert [len(rows.beliefs) for rows in ours._pages] == [16, 64, 256, 1024, 1024, 1024]
    assert len(seats) == len(ours)


def test_a_seat_that_nobody_holds_any_more_is_taken_again_and_begins_anew() -> None:
    ours = crowd()
    seats = [ours.take(PROFILE, seed=1) for _ in range(16)]
    seats[3].set_state({"beliefs": [1.0, 0.0, 0.0], "step": 9, "stream": 8})
    rows = seats[3].rows
    rows.surprise[3] = 7.0
    seats[3] = ours.take(PROFILE)  # on a page of its own: the first is full
    again = ours.take(Profile(policy_length=2, action_selection="deterministic"), seed=2)
    assert (again.rows, again.row, len(ours)) == (rows, 3, 17)
    state = again.get_state()
    assert np.array_equal(state["beliefs"], MODEL.D)
    assert (state["step"], state["stream"]) == (0, chance.key(2, "action"))
    assert again.surprise is None
    assert (rows.gamma[3], rows.interval[3], rows.greedy[3]) == (16, 1, True)


def test_seats_come_and_go_and_the_crowd_stays_as_large_as_it_has_to_be() -> None:
    ours = crowd()
    for _ in range(1000):
        ours.take(PROFILE)
    assert (len(ours), len(ours._pages)) == (0, 1)


def test_threads_that_take_and_leave_seats_never_share_one() -> None:
    ours, held = crowd(), []

    def come_and_go() -> None:
        mine = [ours.take(PROFILE) for _ in range(50)]
        for _ in range(100):
            mine.pop(0)
            mine.append(ours.take(PROFILE))
        held.append(mine)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    places = {(id(seat.rows), seat.row) for mine in held for seat in mine}
    assert len(places) == len(ours) == 200


def test_a_profile_of_another_length_is_refused_and_takes_no_seat() -> None:
    ours = crowd()
    with pytest.raises(ValueError, match="policy_length must be 2"):
        ours.take(Profile(policy_length=3))
    assert len(ours) == 0
    ours.take(PROFILE)
    assert len(ours._pages) == 1


def test_a_seat_is_retuned_only_to_policies_of_its_length() -> None:
    seat = crowd().take(PROFILE, seed=4)
    before = seat.get_state()
    seat.retune(Profile(policy_length=2, gamma=1, alpha=2, selective_update_interval=7))
    assert (seat.rows.gamma[0], seat.rows.alpha[0], seat.rows.interval[0]) == (1, 2, 7)
    with pytest.raises(ValueError, match="policy_length must be 2"):
        seat.retune(Profile(policy_length=1))
    assert seat.rows.gamma[0] == 1
    np.testing.assert_equal(seat.get_state(), before)


def test_beliefs_are_a_copy() -> None:
    seat = crowd().take(PROFILE)
    seat.beliefs.fill(0.0)
    seat.get_state()["beliefs"].fill(0.0)
    assert np.array_equal(seat.beliefs, MODEL.D)


def test_a_state_is_that_of_an_agent_alone_and_goes_both_ways() -> None:
    seat, own = crowd().take(PROFILE, seed=4), Mind(Engine(MODEL, 2), PROFILE, 4)
    own.move([1])
    own.choose()
    seat.set_state(own.get_state())
    state = seat.get_state()
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
    seat = crowd().take(PROFILE, seed=4)
    before = seat.get_state()
    with pytest.raises(ModelError, match=r"agent 'x': state\["):
        seat.set_state({"beliefs": [0, 0, 1], "step": 3, "stream": 2, **change}, agent_id="x")
    after = seat.get_state()
    assert np.array_equal(after.pop("beliefs"), before.pop("beliefs"))
    assert after == before


def test_a_row_of_a_hundred_states_takes_less_than_a_kibibyte() -> None:
    model = GenerativeModel.deterministic(np.full((5, 100), 0.2), np.zeros((5, 100), int))
    assert Rows(Compiled.of(model, 1), 4).bytes_per_row == 849
