"""Experiences side by side are the same experiences."""

from __future__ import annotations

from typing import Any

from antiphon.models.experience import Experience, ExperienceColumns
from hypothesis import given
from hypothesis import strategies as st

experiences = st.builds(
    Experience,
    round=st.integers(),
    observation=st.text(),
    intended=st.none() | st.integers(),
    executed=st.none() | st.integers(),
    status=st.sampled_from(["acted", "crashed"]),
    reward=st.none() | st.floats(allow_nan=False),
    terminated=st.booleans(),
    truncated=st.booleans(),
)


@given(st.lists(experiences))
def test_they_come_back_one_after_another(lived: list[Experience]) -> None:
    columns = ExperienceColumns.of(lived)
    back = list(columns.experiences())
    assert back == lived
    assert {type(one) for one in back} <= {Experience}
    assert ExperienceColumns._fields == Experience._fields


@given(st.lists(experiences), st.integers(0, 5), st.integers(0, 5))
def test_a_part_of_them_is_that_of_the_same_places(lived: Any, start: int, stop: int) -> None:
    part = ExperienceColumns.of(lived).part(start, stop)
    assert list(part.experiences()) == lived[start:stop]
