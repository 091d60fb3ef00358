from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.memory.remembered import Remembered
from antiphon.memory.words import LONGEST, words_of
from antiphon.models.experience import Experience


def experience(**changes: Any) -> Experience:
    plain = Experience(3, {"wolf": 2}, "north", "north", "acted", None, False, False)
    return plain._replace(**changes)


def test_an_experience_is_told_in_words() -> None:
    assert words_of(experience()) == "saw wolf 2; did north"
    lost = experience(intended=None, executed=0, status="timed_out", reward=-1.0, terminated=True)
    told = "saw wolf 2; did 0; meant nothing; timed_out; reward -1; the episode ended"
    assert words_of(lost) == told
    assert words_of(Remembered(9, lost, 1.0, None)) == told


def test_the_round_is_no_part_of_what_it_was_about() -> None:
    assert words_of(experience(round=3)) == words_of(experience(round=4))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (np.array([[0.12345, 2.0], [3.0, -4.5]]), "0.123 2 3 -4.5"),
        (np.int64(7), "7"),
        (np.float32(0.1), "0.1"),
        ({"at": (1, 2), "seen": {"wolf": True}}, "at 1 2 seen wolf True"),
        (None, "nothing"),
        ([], "nothing"),
        ("the river", "the river"),
    ],
)
def test_any_value_is_told(what: Any, told: str) -> None:
    assert words_of(what) == told


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "what",
    [
        np.broadcast_to(0.0, (10**6, 10**6)),
        "x" * 10**6,
        {"k" * 10**6: 1},
        nested(5000),
        ["y" * 999] * 99,
    ],
)
def test_what_is_told_is_of_bounded_length(what: Any) -> None:
    assert len(words_of(what)) <= LONGEST
    assert words_of(what).endswith("…")
