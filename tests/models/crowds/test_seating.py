"""Who is answered together with whom, and what each group is given of a whole call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.crowds.seat import Seat
from antiphon.models.crowds.seating import Group, Seating, as_range, picked, put
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.numpy_kernel import NumpyKernel
from antiphon.models.profile import Profile
from hypothesis import given
from hypothesis import strategies as st

MODEL = GenerativeModel.deterministic([np.eye(2) * 0.6 + 0.2], np.array([[0, 1], [1, 0]]))


def seats_of(n: int) -> list[Seat]:
    crowd = Crowd(Compiled.of(MODEL, 1), NumpyKernel())
    return [crowd.take(Profile()) for _ in range(n)]


def places_of(groups: Any) -> list[Any]:
    return [group.at for group in groups]


def test_those_on_one_page_are_a_group_and_side_by_side_a_range() -> None:
    seats = seats_of(20)
    groups = Seating(seats).groups([0] * 20)
    assert places_of(groups) == [range(16), range(16, 20)]
    assert [group.who.tolist() for group in groups] == [[*range(16)], [0, 1, 2, 3]]
    assert [group.rows for group in groups] == [seats[0].rows, seats[16].rows]


def test_those_who_sit_between_others_are_a_list() -> None:
    seats = seats_of(18)
    mixed = [seats[0], seats[16], seats[1], seats[17]]
    assert places_of(Seating(mixed).groups([0] * 4)) == [[0, 2], [1, 3]]


def test_whoever_has_an_error_is_left_out_of_this_call_alone() -> None:
    seating = Seating(seats_of(3))
    assert places_of(seating.groups([0, ValueError(), 0])) == [[0, 2]]
    assert places_of(seating.groups([0, 0, 0])) == [range(3)]


def test_it_is_sorted_once() -> None:
    seating = Seating(seats_of(3))
    assert seating.groups([0] * 3) is seating.groups([0] * 3)


@given(
    counts=st.lists(st.integers(0, 3), min_size=1, max_size=8),
    bounds=st.tuples(st.integers(0, 7), st.integers(0, 7)),
)
def test_a_slice_is_given_what_the_same_places_one_by_one_are(
    counts: list[int], bounds: tuple[int, int]
) -> None:
    first, last = (min(bound, len(counts) - 1) for bound in sorted(bounds))
    ends, moves = np.cumsum(counts), np.arange(sum(counts))
    seen, at = np.arange(len(counts))[:, None], range(first, last + 1)
    rows: Any = None
    side_by_side = Group(rows, np.array(at), at).turn(seen, moves, ends)
    one_by_one = Group(rows, np.array(at), list(at)).turn(seen, moves, ends)
    for ours, theirs in zip(side_by_side, one_by_one, strict=True):
        assert ours.tolist() == theirs.tolist()
    begin = sum(counts[:first])
    assert side_by_side.moves.tolist() == [*range(begin, sum(counts[: last + 1]))]
    assert side_by_side.ends.tolist() == (ends[first : last + 1] - begin).tolist()


def test_ascending_places_without_a_gap_are_a_range() -> None:
    assert as_range([3, 4, 5]) == range(3, 6)
    assert as_range([3, 5]) == [3, 5]
    assert as_range([]) == []


def test_values_are_read_and_written_at_places_of_either_kind() -> None:
    values = [*"abcde"]
    assert picked(values, range(1, 3)) == picked(values, [1, 2]) == ["b", "c"]
    put(values, range(1, 3), ["B", "C"])
    put(values, [0, 4], ["A", "E"])
    assert values == [*"ABCdE"]


def test_values_that_are_too_many_or_too_few_move_no_others() -> None:
    for places in (range(1, 3), [1, 2]):
        values = [*"abcde"]
        for new in ("B", "BCD"):
            with pytest.raises(ValueError, match="zip"):
                put(values, places, [*new])
        assert len(values) == 5
