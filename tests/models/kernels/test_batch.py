"""Agents that wait together: what each is told, whoever else is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError, ObservationError
from antiphon.models.batch import Batch
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.numpy_kernel import NumpyKernel
from antiphon.models.kernels.rows import START
from antiphon.models.kernels.seat import Seat, Seats
from antiphon.models.matrices import Array
from antiphon.models.profile import Profile
from antiphon.tests.models.kernels.cases import EVERY_KERNEL, kernel_of, random_profile
from hypothesis import given
from hypothesis import strategies as st

RING = np.array([[1, 2, 3, 0], [3, 0, 1, 2], [0, 1, 2, 3]])
SEEN = np.full((4, 4), 0.1) + 0.6 * np.eye(4)


class Told:
    """A submitter that remembers what it was told."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.results: list[Any] = []
        self._then = then

    def answer(self, action: int) -> None:
        self.results.append(action)
        self._then()

    def fail(self, error: Exception) -> None:
        self.results.append(error)
        self._then()


class Failing(NumpyKernel):
    """A kernel that has run out of memory."""

    def infer(self, rows: Any, turn: Any) -> Any:
        raise MemoryError("no room")


def ring_seats(page: int = 1024) -> Seats:
    model = GenerativeModel.deterministic([SEEN], RING, [0, 0, 2, 0], [1, 0, 0, 0])
    return Seats(Compiled.of(model, 1), page)


def sit(seats: Seats, n: int) -> list[Seat]:
    rng = np.random.default_rng(3)
    return [seats.take(random_profile(rng, 1), seed) for seed in range(n)]


def state_of(seat: Seat) -> tuple[Any, ...]:
    state = seat.get_state()
    return state["beliefs"].tobytes(), state["step"], state["stream"]


@pytest.mark.parametrize("name", EVERY_KERNEL)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(1, 12),
    flushes=st.integers(1, 5),
    page=st.integers(1, 8),
)
def test_early_late_or_alone_a_row_has_the_same_bits(
    name: str, seed: int, n: int, flushes: int, page: int
) -> None:
    rng = np.random.default_rng(seed)
    given = [([int(rng.integers(4))], rng.integers(START, 3, rng.integers(3))) for _ in range(n)]
    wish = [None if rng.random() < 0.5 else (lambda own: 3.0 * own) for _ in range(n)]

    def play(order: Any, ends: Any, page: int) -> Any:
        seats, told = sit(ring_seats(page), n), [Told() for _ in range(n)]
        batch = Batch(kernel_of(name))
        for part in np.split(order, ends):
            for k in part:
                batch.submit(seats[k], given[k][0], given[k][1].tolist(), told[k], wish[k])
            assert batch.flush() == len(part)
        return [one.results for one in told], [state_of(seat) for seat in seats]

    alone = play(np.arange(n), np.arange(1, n), 1024)
    ends = np.sort(rng.integers(0, n + 1, size=flushes - 1))
    assert play(rng.permutation(n), ends, page) == alone
    assert all(len(results) == 1 for results in alone[0])


def test_each_hears_its_own_action_and_beliefs_move_on() -> None:
    seats, batch = ring_seats(), Batch(NumpyKernel())
    greedy = Profile(gamma=8, action_selection="deterministic")
    two, told = [seats.take(greedy), seats.take(greedy)], [Told(), Told()]
    batch.submit(two[0], [1], [0], told[0])  # forth to 1, so forth again to 2
    batch.submit(two[1], [3], [1], told[1])  # back to 3, so back again to 2
    assert (len(batch), batch.flush(), len(batch)) == (2, 2, 0)
    assert [one.results for one in told] == [[0], [1]]
    assert [seat.beliefs.argmax() for seat in two] == [1, 3]
    assert batch.flush() == 0


def test_a_row_that_was_withdrawn_is_as_before_and_hears_nothing() -> None:
    seats, batch = ring_seats(), Batch(NumpyKernel())
    gone, stays = sit(seats, 2)
    before, told = state_of(gone), Told()
    batch.submit(gone, [1], [0], told)
    batch.submit(stays, [1], [0], Told())
    assert batch.withdraw(gone)
    assert not batch.withdraw(gone)
    assert batch.flush() == 1
    assert (told.results, state_of(gone)) == ([], before)


def test_a_seat_waits_once() -> None:
    batch = Batch(NumpyKernel())
    (seat,) = sit(ring_seats(), 1)
    first, second = Told(), Told()
    batch.submit(seat, [1], [], first)
    with pytest.raises(ValueError, match="waits already"):
        batch.submit(seat, [2], [], second)
    batch.flush()
    assert (len(first.results), second.results) == (1, [])
    batch.submit(seat, [2], [], second)


@pytest.mark.parametrize(
    ("observation", "moves", "field"),
    [
        ([4], [], "observation[0]"),
        ([-1], [], "observation[0]"),
        ([], [], "observation"),
        ([1, 1], [], "observation"),
        ([1], [3], "moves"),
        ([1], [0, -2], "moves"),
    ],
)
def test_what_would_lead_out_of_the_arrays_is_refused(
    observation: Any, moves: Any, field: str
) -> None:
    batch = Batch(NumpyKernel())
    (seat,) = sit(ring_seats(), 1)
    with pytest.raises(ObservationError) as caught:
        batch.submit(seat, observation, moves, Told())
    assert (caught.value.field, len(batch)) == (field, 0)


def raises(beliefs: Array) -> Array:
    raise LookupError("no idea")


def is_too_short(beliefs: Array) -> Array:
    return np.zeros(3)


def is_no_number(beliefs: Array) -> Array:
    return np.full(4, np.nan)


def is_no_array(beliefs: Array) -> Any:
    return "much"


def spoils_what_it_was_given(beliefs: Array) -> Array:
    beliefs.fill(0.25)
    return np.zeros(5)


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        (raises, LookupError),
        (is_too_short, ModelError),
        (is_no_number, ModelError),
        (is_no_array, ValueError),
        (spoils_what_it_was_given, ModelError),
    ],
)
def test_one_whose_wish_fails_hears_so_and_changes_nobody(wish: Any, kind: type) -> None:
    def play(wishes: list[Any]) -> Any:
        seats, batch = sit(ring_seats(), 3), Batch(NumpyKernel())
        told = [Told() for _ in seats]
        for seat, one, own in zip(seats, told, wishes, strict=True):
            batch.submit(seat, [1], [0], one, own)
        batch.flush()
        return [one.results[0] for one in told], [state_of(seat) for seat in seats]

    kept = play([np.negative] * 3)
    results, states = play([np.negative, wish, np.negative])
    assert isinstance(results[1], kind)
    assert (results[0], results[2]) == (kept[0][0], kept[0][2])
    assert (states[0], states[2]) == (kept[1][0], kept[1][2])
    assert states[1] == state_of(sit(ring_seats(), 3)[1])  # as before
    assert isinstance(play([wish, wish, wish])[0][0], kind)


@pytest.mark.parametrize("wish", [None, np.negative])
def test_a_kernel_that_fails_leaves_rows_as_before_and_all_hear_why(wish: Any) -> None:
    seats, batch = sit(ring_seats(), 2), Batch(Failing())
    before, told = [state_of(seat) for seat in seats], Told()
    for seat in seats:
        batch.submit(seat, [1], [0], told, wish)
    assert batch.flush() == 2
    assert [type(error) for error in told.results] == [MemoryError, MemoryError]
    assert [state_of(seat) for seat in seats] == before


def test_a_submitter_that_raises_keeps_no_other_from_hearing() -> None:
    def throw() -> None:
        raise RuntimeError("deaf")

    batch, told = Batch(NumpyKernel()), [Told(), Told(throw), Told(), Told()]
    for seat, one in zip(sit(ring_seats(page=2), 4), told, strict=True):
        batch.submit(seat, [1], [0], one)
    with pytest.raises(ExceptionGroup) as caught:
        batch.flush()
    assert [str(error) for error in caught.value.exceptions] == ["deaf"]
    assert [len(one.results) for one in told] == [1, 1, 1, 1]


def test_who_hears_may_submit_for_the_next_flush_at_once() -> None:
    batch = Batch(NumpyKernel())
    (seat,) = sit(ring_seats(), 1)
    second = Told()
    first = Told(lambda: batch.submit(seat, [2], [0], second))
    batch.submit(seat, [1], [], first)
    assert (batch.flush(), len(batch), second.results) == (1, 1, [])
    assert (batch.flush(), len(second.results)) == (1, 1)


def test_a_wish_that_writes_over_what_it_was_shown_changes_no_belief() -> None:
    def play(wish: Any) -> Any:
        (seat,), batch, told = sit(ring_seats(), 1), Batch(NumpyKernel()), Told()
        batch.submit(seat, [1], [0], told, wish)
        batch.flush()
        return told.results, state_of(seat)

    def spoils(beliefs: Array) -> Array:
        beliefs.fill(0.25)
        return np.zeros(4)

    assert play(spoils) == play(lambda beliefs: np.zeros(4))


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_a_wish_for_what_the_model_prefers_changes_no_bit(name: str) -> None:
    def play(wish: Any) -> Any:
        (seat,), batch, told = sit(ring_seats(), 1), Batch(kernel_of(name)), Told()
        for seen in (1, 3, 0):
            batch.submit(seat, [seen], [0], told, wish)
            batch.flush()
        return told.results, state_of(seat)

    assert play(lambda beliefs: np.array([0.0, 0, 2, 0])) == play(None)
