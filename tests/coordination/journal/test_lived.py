"""What everyone lived comes back from a row as it was, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.coordination.journal.lived import lives_in, plain_lived
from antiphon.coordination.records.trace import encode as traced
from antiphon.memory.store.revival import decode
from antiphon.memory.store.values import encode
from antiphon.models.experience import Experience
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

whole = st.integers(-(2**63), 2**63 - 1)
observations = st.one_of(
    whole,
    st.floats(),
    arrays.arrays(np.int64, 3, elements=st.one_of(st.integers(-130, 130), whole)),
    arrays.arrays(np.float32, 2),
    st.dictionaries(st.sampled_from(["mask", "seen"]), whole),
)


@st.composite
def lives(draw: Any) -> list[Experience]:
    count = draw(st.integers(1, 4))
    alike = draw(st.booleans())
    kind = draw(observations)
    found = []
    for _ in range(count):
        seen = kind if alike else draw(observations)
        intended = draw(st.one_of(st.none(), st.integers(0, 5), whole))
        executed = intended if draw(st.booleans()) else draw(st.integers(0, 5))
        status = draw(st.sampled_from(["acted", "acted", "crashed", "rejected"]))
        ends = draw(st.booleans()), draw(st.booleans())
        reward = draw(st.floats())
        found.append(Experience(7, seen, intended, executed, status, reward, *ends))
    return found


def bits(lived: Experience) -> list[bytes]:
    plain = {"observation": lived.observation} if isinstance(lived.observation, dict) else None
    seen = traced(plain or lived.observation)
    kind = type(lived.observation).__name__
    return [seen, kind.encode(), *(repr(part).encode() for part in (*lived[:1], *lived[2:]))]


@given(lives())
def test_what_was_lived_comes_back(lived: list[Experience]) -> None:
    value = decode(encode(plain_lived(lived)))
    assert [bits(one) for one in lives_in(value, 7)] == [bits(one) for one in lived]


@pytest.mark.parametrize(("most", "size"), [(127, 1), (128, 2), (1 << 15, 4), (1 << 31, 8)])
def test_observations_take_no_more_than_they_need(most: int, size: int) -> None:
    seen = [np.array([-1, most, place]) for place in range(3)]
    value = plain_lived([Experience(1, one, 0, 0, "acted", 0.0, False, False) for one in seen])
    held = value["observation"]
    assert next(iter(held.values())).itemsize == size
    back = [one.observation for one in lives_in(decode(encode(value)))]
    assert [(one.tolist(), one.dtype) for one in back] == [
        (one.tolist(), one.dtype) for one in seen
    ]
    assert not back[0].flags.writeable


def test_what_is_as_nearly_always_takes_nothing() -> None:
    lived = [Experience(1, 0, 1, 1, "acted", 0.5, False, False)] * 3
    assert set(plain_lived(lived)) == {"agents", "observation", "intended", "reward"}
