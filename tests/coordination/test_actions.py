"""Actions held against their spaces, a whole round at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.coordination.actions import ActionCheck
from gymnasium.spaces import Box, Discrete

SPACES = {"a": Discrete(5), "b": Discrete(3), "c": Discrete(4, start=1)}


def test_whole_numbers_within_every_space_are_taken() -> None:
    assert ActionCheck(SPACES).rejections({"a": 1, "b": 2, "c": 1}) == {}


def test_each_is_held_against_its_own_space() -> None:
    check = ActionCheck(SPACES)
    assert check.rejections({"a": 4, "b": 0, "c": 4}) == {}
    assert check.rejections({"a": 5, "b": 3, "c": 0}).keys() == {"a", "b", "c"}
    assert check.rejections({"a": 1, "b": 4, "c": 1}).keys() == {"b"}
    assert check.rejections({"a": -1, "b": 1, "c": 1}).keys() == {"a"}


@pytest.mark.parametrize("wrong", [True, 1.0, "1", None, np.array(1.5)])
def test_what_is_no_whole_number_is_rejected_also_among_many_that_are(wrong: Any) -> None:
    assert ActionCheck(SPACES).rejections({"a": 1, "b": wrong, "c": 2}).keys() == {"b"}


def test_spaces_of_other_kinds_are_asked() -> None:
    check = ActionCheck({"a": Discrete(5), "b": Box(0.0, 1.0, (2,), np.float64)})
    assert check.rejections({"a": 1, "b": np.zeros(2)}) == {}
    assert check.rejections({"a": 1, "b": 0}).keys() == {"b"}
    assert check.rejections({"a": 1, "b": 1}).keys() == {"b"}


def test_who_has_no_space_may_answer_anything() -> None:
    check = ActionCheck({"a": Discrete(5)})
    assert check.rejections({"a": 1, "free": 1}) == {}
    assert check.rejections({"a": 1, "free": 99}) == {}
    assert check.rejections({"a": 1, "free": "so"}) == {}
    assert check.rejections({}) == {}
    assert ActionCheck({}).rejections({"free": object()}) == {}
