"""An experience comes back from its bytes as it was, and they are all that it takes."""

from __future__ import annotations

import gc
import sys
from typing import Any

import numpy as np
import pytest
from antiphon.errors import TooLargeError
from antiphon.memory.compact import (
    has_foreign,
    pack,
    sequence_of,
    size_of,
    sizes_of,
    trait_of,
    traits_of,
    unpack,
)
from antiphon.models.experience import Experience
from hypothesis import given
from hypothesis import strategies as st

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
anything = plain | st.text(max_size=5) | st.lists(plain, max_size=3)
experiences = st.builds(
    Experience,
    round=st.integers(0, 2**40),
    observation=anything,
    intended=anything,
    executed=anything,
    status=st.sampled_from(["acted", "timed_out", "crashed", ""]),
    reward=st.none() | st.floats(allow_nan=False) | st.integers(),
    terminated=st.booleans(),
    truncated=st.booleans(),
)
SCALARS = Experience(7, 3, 2, 1, "acted", 0.5, terminated=False, truncated=True)


@given(
    st.integers(1, 2**50),
    experiences,
    st.floats(0, 1e300),
    st.none() | st.floats(-1e300, 1e300),
)
def test_it_comes_back_as_it_was(
    sequence: int, experience: Experience, importance: float, surprise: float | None
) -> None:
    packed = pack(sequence, experience, importance, surprise)
    back = unpack(packed)
    assert back == (sequence, experience, importance, surprise)
    assert repr(back.experience) == repr(experience), "of the same types too"
    assert sequence_of(packed) == sequence


def test_arrays_come_back_equal_and_read_only() -> None:
    seen = {"image": np.arange(6, dtype=np.uint8).reshape(2, 3), "t": np.float32(0.5)}
    experience = SCALARS._replace(observation=seen, executed=np.array([0.25]), reward=np.float64(2))
    back = unpack(pack(1, experience)).experience
    assert np.array_equal(back.observation["image"], seen["image"])
    assert back.observation["image"].dtype == np.uint8
    assert not back.observation["image"].flags.writeable
    assert back.executed.tolist() == [0.25]
    assert type(back.reward) is np.float64


def test_a_size_is_what_the_machine_spends_on_it() -> None:
    entries = [pack(1, SCALARS), pack(2, SCALARS._replace(observation=np.zeros(100)))]
    for packed in entries:
        assert size_of(packed) == sys.getsizeof(packed) + 8
    assert sizes_of(entries) == sum(map(size_of, entries))
    assert size_of(entries[0]) <= 120
    assert size_of(entries[1]) <= 800 + 140


def test_the_collector_has_nothing_to_walk_over() -> None:
    assert not gc.is_tracked(pack(1, SCALARS._replace(observation=[{"a": np.zeros(3)}])))


def test_what_decides_about_it_is_read_from_the_front() -> None:
    entries = [pack(3, SCALARS, 2.0, 0.25), pack(5, SCALARS._replace(round=9))]
    traits = traits_of(entries)
    assert traits["sequence"].tolist() == [3, 5]
    assert traits["round"].tolist() == [7, 9]
    assert traits["importance"].tolist() == [2.0, 1.0]
    assert traits["surprise"][0] == 0.25
    assert np.isnan(traits["surprise"][1])
    assert trait_of(entries[0]) == (3, 7, 2.0, 0.25)
    assert len(traits_of([])) == 0


@pytest.mark.parametrize("field", ["observation", "intended", "executed", "reward"])
def test_it_says_whether_a_type_name_is_all_that_is_left_of_something(field: str) -> None:
    foreign: Any = object()
    assert has_foreign(pack(1, SCALARS._replace(**{field: foreign})))
    assert not has_foreign(pack(1, SCALARS))
    assert not has_foreign(pack(1, SCALARS._replace(**{field: [1]})))


def test_what_takes_more_than_the_limit_is_refused() -> None:
    large = SCALARS._replace(observation=np.zeros(1_000))
    assert len(pack(1, large, limit=8_100)) > 8_000
    with pytest.raises(TooLargeError):
        pack(1, large, limit=8_000)
