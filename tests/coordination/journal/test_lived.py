"""What everyone lived comes back from a row as it was, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.coordination.journal.lived import lives_in, plain_lived, told
from antiphon.coordination.records.trace import encode as traced
from antiphon.memory.store.revival import decode
from antiphon.memory.store.values import Encoded, encode
from antiphon.models.experience import Experience, ExperienceColumns
from antiphon.models.sheet import Sheet
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

columns = ExperienceColumns.of
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
    value = decode(encode(plain_lived(columns(lived))))
    assert [bits(one) for one in lives_in(value, 7)] == [bits(one) for one in lived]


@pytest.mark.parametrize(("most", "size"), [(127, 1), (128, 2), (1 << 15, 4), (1 << 31, 8)])
def test_observations_take_no_more_than_they_need(most: int, size: int) -> None:
    seen = [np.array([-1, most, place]) for place in range(3)]
    lived = [Experience(1, one, 0, 0, "acted", 0.0, False, False) for one in seen]
    value = plain_lived(columns(lived))
    held = value["observation"]
    assert next(iter(held.values())).itemsize == size
    back = [one.observation for one in lives_in(decode(encode(value)))]
    assert [(one.tolist(), one.dtype) for one in back] == [
        (one.tolist(), one.dtype) for one in seen
    ]
    assert not back[0].flags.writeable


def test_what_is_as_nearly_always_takes_nothing() -> None:
    lived = [Experience(1, 0, 1, 1, "acted", 0.5, False, False)] * 3
    assert set(plain_lived(columns(lived))) == {"agents", "observation", "intended", "reward"}


def test_what_no_store_keeps_is_left_to_the_writer_to_refuse() -> None:
    lived = usual([1, 2], [0.0] * 2, [np.zeros(2, np.longdouble)] * 2)
    assert not isinstance(told(columns(lived), 3, over=False), Encoded)


def usual(actions: list[Any], rewards: list[Any], seen: list[Any]) -> list[Experience]:
    lived = zip(seen, actions, rewards, strict=True)
    return [Experience(7, see, act, act, "acted", pay, False, False) for see, act, pay in lived]


SHEETS = [
    Sheet(np.arange(9).reshape(3, 3)),
    Sheet(np.array([[1 << 40, 0], [0, 1], [2, 3]])),
    Sheet(np.array([[0.5, np.nan]] * 3)),
    Sheet(np.zeros((3, 0), np.int64)),
]
SIGHTS = {
    **{f"sheet {at}": list(sheet.rows) for at, sheet in enumerate(SHEETS)},
    "narrow": [np.arange(3) + place for place in range(3)],
    "wide": [np.array([1 << 40, place]) for place in range(3)],
    "floats": [np.array([[place, np.nan]], np.float32) for place in range(3)],
    "big-endian": [np.arange(3, dtype=">f8") for _ in range(3)],
    "whole": [1, 2, 3],
    "empty": [np.zeros((0, 2)) for _ in range(3)],
}


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("sight", SIGHTS)
def test_a_round_as_most_are_is_put_together_at_once_and_to_the_same_bytes(
    sight: str,
    over: bool,  # noqa: FBT001
) -> None:
    lived = usual([0, 4, -(2**63)], [0.0, -0.0, float("nan")], SIGHTS[sight])
    value = told(columns(lived), 3, over=over)
    assert isinstance(value, Encoded)
    whole = {"episode": 3, **plain_lived(columns(lived)), **({"over": True} if over else {})}
    assert value == encode(whole)


@pytest.mark.parametrize(
    "lived",
    [
        usual([1, 1, 1], [0.0] * 3, SIGHTS["narrow"]),
        usual([1, 2, 1 << 63], [0.0] * 3, SIGHTS["narrow"]),
        usual([1, 2, True], [0.0] * 3, SIGHTS["narrow"]),
        usual([1, 2, 3], [0.0, 0.0, None], SIGHTS["narrow"]),
        usual([1, 2, 3], [0.0, 0.0, np.float64(1)], SIGHTS["narrow"]),
        usual([1, 2, 3], [0.0] * 3, [1, 1.0, None]),
        usual([1, 2, 3], [0.0] * 3, [{"a": np.zeros(2)}] * 3),
        usual([1, 2, 3], [0.0] * 3, [np.array(["a"])] * 3),
        usual([1, 2, 3], [0.0] * 3, [np.zeros(2), np.zeros(3), np.zeros(2)]),
        [one._replace(executed=0) for one in usual([1, 2, 3], [0.0] * 3, SIGHTS["narrow"])],
        [one._replace(status="crashed") for one in usual([1, 2, 3], [0.0] * 3, SIGHTS["narrow"])],
        [one._replace(truncated=True) for one in usual([1, 2, 3], [0.0] * 3, SIGHTS["narrow"])],
    ],
)
def test_any_other_round_is_told_column_by_column(lived: list[Experience]) -> None:
    value = told(columns(lived), 3, over=False)
    assert not isinstance(value, Encoded)
    assert encode(value) == encode({"episode": 3, **plain_lived(columns(lived))})


@given(lives(), st.integers(0, 9), st.booleans())
def test_however_it_is_told_the_bytes_are_the_same(
    lived: list[Experience],
    episode: int,
    over: bool,  # noqa: FBT001
) -> None:
    whole = {"episode": episode, **plain_lived(columns(lived)), **({"over": True} if over else {})}
    assert encode(told(columns(lived), episode, over=over)) == encode(whole)
