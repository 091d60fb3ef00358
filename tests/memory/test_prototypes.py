"""Numeric observations as a few prototypes; what is not numeric is counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.memory.compact import unpack
from antiphon.memory.consolidation import Consolidated, Consolidation
from antiphon.memory.item import Draft
from antiphon.memory.strategies.prototypes import prototypes
from antiphon.models.experience import Experience
from antiphon.tests.memory.consolidating import LIVES, handed, lived, packed


def drafts(*experiences: Experience, **options: Any) -> list[Draft]:
    window = tuple(unpack(one) for one in packed(*experiences))
    return [draft for draft in prototypes(window, **options) if draft is not None]


def test_a_prototype_tells_count_mean_spread_and_what_was_done() -> None:
    low = [lived(n, np.array([0.0, float(n % 2)]), 1) for n in range(10)]
    high = [lived(n, np.array([9.0, 90.0]), "up") for n in range(4)]
    first, second = drafts(*low, *high, most=2, share=1.0)
    assert first.kind == "prototype"
    assert first.members == tuple(range(1, 11))
    np.testing.assert_allclose(first.content["mean"], [0.0, 0.5])
    np.testing.assert_allclose(first.content["spread"], [0.0, 0.5])
    assert first.content["executed"] == {"1": 10}
    assert second.content["executed"] == {"up": 4}
    assert second.text == "4 times: saw about 9.0 90.0; did up"
    assert set(first.samples) < set(first.members)


def test_observations_of_other_shapes_are_clustered_by_themselves() -> None:
    life = [
        lived(1, 2.0),
        lived(2, [1, 2]),
        lived(3, np.zeros((2, 2))),
        lived(4, 3),
        lived(5, True),
    ]
    made = drafts(*life, share=1.0, most=1)
    assert [draft.members for draft in made] == [(1, 4, 5), (2,), (3,)]
    assert made[2].content["mean"].shape == (2, 2)


@pytest.mark.parametrize(
    "odd",
    ["text", None, b"raw", float("nan"), [1, "x"], [[1], [1, 2]], {"a": 1}, np.array(["a"]),
     np.zeros((0,)), object(), np.array([np.inf]), 1 << 2000],
)  # fmt: skip
def test_what_is_no_finite_number_is_counted_together(odd: Any) -> None:
    one, other = drafts(lived(1, 1.0), lived(2, odd, 5), lived(3, odd, 5))
    assert (one.kind, other.kind, other.members) == ("prototype", "other", (2, 3))
    assert other.content == {"executed": {"5": 2}}


@pytest.mark.parametrize("life", LIVES)
def test_there_are_few_and_they_hold_each_experience_once(life: str) -> None:
    work = Consolidation(handed(*LIVES[life](400)), prototypes, "prototypes")
    work.finish()
    result = work.result(0)
    assert isinstance(result, Consolidated)
    assert len(result.items) <= 16
    assert result.ratio <= 0.5


def test_only_the_commonest_actions_are_told() -> None:
    (draft,) = drafts(*(lived(n, 0, n % 20) for n in range(41)), most=1)
    assert list(draft.content["executed"].items())[:2] == [("0", 3), ("1", 2)]
    assert len(draft.content["executed"]) == 8
