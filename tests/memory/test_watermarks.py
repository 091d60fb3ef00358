"""A mark is reached once, whatever the level does between the two."""

from __future__ import annotations

from itertools import pairwise

import pytest
from antiphon.memory.watermarks import Watermarks
from hypothesis import given
from hypothesis import strategies as st


def test_the_high_mark_is_reached_once_until_the_level_was_below_the_low_one() -> None:
    marks = Watermarks(0.8, 0.5)
    levels = [0.1, 0.79, 0.8, 0.9, 0.79, 0.85, 0.5, 0.8, 0.49, 0.6, 0.79, 0.81, 0.2]
    reached = [level for level in levels if marks.update(level)]
    assert reached == [0.8, 0.81]
    assert marks.crossings == 2


def test_it_stays_raised_until_below_the_low_mark() -> None:
    marks = Watermarks(0.8, 0.5)
    raised = []
    for level in (0.79, 0.8, 0.6, 0.5, 0.49, 0.79):
        marks.update(level)
        raised.append(marks.raised)
    assert raised == [False, True, True, True, False, False]


@given(st.lists(st.floats(0, 1)))
def test_between_two_crossings_the_level_was_below_the_low_mark(levels: list[float]) -> None:
    marks = Watermarks(0.8, 0.5)
    at = [index for index, level in enumerate(levels) if marks.update(level)]
    for before, after in pairwise(at):
        assert min(levels[before:after]) < 0.5
    assert marks.crossings == len(at)


def test_marks_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="low must be below high"):
        Watermarks(0.8, 0.8)
