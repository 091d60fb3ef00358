"""Merging alike experiences: what counts as alike, what is kept, and how much is saved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.memory.compact import unpack
from antiphon.memory.consolidation import Consolidated, Consolidation
from antiphon.memory.item import Draft
from antiphon.memory.strategies.merge import merge
from antiphon.models.experience import Experience
from antiphon.tests.memory.consolidating import LIVES, handed, lived, packed, remembered


def drafts(*experiences: Experience, **options: Any) -> list[Draft]:
    window = tuple(unpack(one) for one in packed(*experiences))
    return [draft for draft in merge(window, **options) if draft is not None]


def counts(*experiences: Experience) -> list[int]:
    return [len(draft.members) for draft in drafts(*experiences, share=1.0)]


def test_alike_experiences_become_one_with_their_members_in_lived_order() -> None:
    a, b = lived(1, "here", 3), lived(2, "there", 3)
    first, second = drafts(a, b, a, a, share=1.0)
    assert (first.kind, first.members, second.members) == ("merged", (1, 3, 4), (2,))
    assert first.content == {"observation": "here", "executed": 3, "status": "acted", "last": False}
    assert first.text == "3 times: saw here; did 3"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.12345, 0.1249),
        (0.0, -0.0),
        (float("nan"), -float("nan")),
        (1e308, 1e308),
        ("Good  morning", "good morning "),
        (np.array([0.111, 2.0]), np.array([0.112, 2.0])),
        (np.array([0.0]), np.array([-0.0])),
        ([1, (0.111, "A")], [1, (0.112, "a")]),
        ({"x": 1.0, "y": [0.111]}, {"y": [0.112], "x": 1.0}),
        (np.float32(0.111), np.float32(0.112)),
        (None, None),
        (np.zeros((0, 2)), np.zeros((0, 2))),
        (object(), object()),
    ],
)
def test_values_are_alike_if_they_differ_by_no_more_than_rounding(one: Any, other: Any) -> None:
    assert counts(lived(1, one), lived(2, other)) == [2]
    # One in the company of others goes the way of single values.
    assert counts(lived(1, one), lived(2, other), lived(3, b"another"))[0] == 2
    assert counts(lived(1, 0, one), lived(2, 0, other)) == [2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.121, 0.129),
        ("good morning", "good evening"),
        (np.array([1, 2]), np.array([2, 1])),
        (np.array([1, 2]), np.array([[1, 2]])),
        (np.array([1, 2], np.int64), np.array([1, 2], np.int32)),
        ([1], [1, 2]),
        ({"x": 1}, {"y": 1}),
        (float("nan"), 0.0),
        (None, 0),
        (np.zeros((0, 2)), np.zeros((0, 3))),
    ],
)
def test_others_are_not(one: Any, other: Any) -> None:
    assert counts(lived(1, one), lived(2, other)) == [1, 1]
    assert counts(lived(1, 0, one), lived(2, 0, other)) == [1, 1]


def test_status_and_end_count_and_reward_does_not() -> None:
    a = lived(1, 0, 0)
    assert counts(a, a._replace(status="timed_out")) == [1, 1]
    assert counts(a, a._replace(terminated=True)) == [1, 1]
    assert counts(a, a._replace(truncated=True), a._replace(terminated=True)) == [1, 1, 1]
    assert counts(a, a._replace(reward=7.0), a._replace(reward=None, intended=9)) == [3]


def test_values_far_apart_in_the_window_are_compared_as_near_ones_are() -> None:
    ones = [lived(n, 0.5) for n in range(200)]
    mixed = [lived(n, 0.5 if n % 2 else "x") for n in range(200)]
    assert counts(*ones, *mixed) == [300, 100]


def test_arrays_far_apart_in_the_window_are_compared_as_near_ones_are() -> None:
    row, column = np.array([[0.5, 1.0]]), np.array([[0.5], [1.0]])
    rows, columns = ([lived(n, a) for n in range(128)] for a in (row, column))
    mixed = [lived(n, row if n % 2 else "x") for n in range(128)]
    assert counts(*rows, *columns, *mixed) == [192, 128, 64]


def test_there_are_no_more_drafts_than_the_share_allows_and_all_experiences_are_in_them() -> None:
    for size in (1, 2, 7, 8, 100, 500):
        for many in (1, 3, 1000):
            life = [lived(n, n % many, n % 5, status="acted") for n in range(size)]
            made = drafts(*life)
            assert len(made) <= max(1, size // 8)
            members = sorted(sequence for draft in made for sequence in draft.members)
            assert members == list(range(1, size + 1))


def test_what_is_not_kept_apart_is_counted_by_what_was_done() -> None:
    life = [lived(n, 0, 0) for n in range(30)] + [lived(n, n, n % 2) for n in range(50, 70)]
    common, single, odd, even = drafts(*life, share=0.08)
    assert (common.kind, len(common.members)) == ("merged", 30)
    assert (single.kind, single.members) == ("merged", (31,))
    assert (odd.kind, odd.content) == (
        "assorted",
        {"kinds": 10, "executed": 1, "status": "acted", "last": False},
    )
    assert odd.text == "10 times: saw 10 different things; did 1"
    assert odd.samples == (32,)
    assert even.members == tuple(range(33, 50, 2))


def test_what_mattered_stays_apart_even_if_it_happened_once() -> None:
    life = [lived(n, n % 20) for n in range(100)]
    window = remembered(*life)
    window = (*window[:50], window[50]._replace(importance=100.0), *window[51:])
    window = (*window[:70], window[70]._replace(experience=lived(70, "gold"), importance=50.0),
              *window[71:])  # fmt: skip
    made = [draft for draft in merge(window, share=0.03) if draft is not None]
    apart = {draft.text: draft.importance for draft in made if draft.kind == "merged"}
    assert apart == {"4 times: saw 10; did 0": 100.0, "once: saw gold; did 0": 50.0}


def test_where_nothing_is_done_twice_it_is_counted_by_how_it_ended() -> None:
    life = [lived(n, n, float(n), status="acted" if n % 3 else "timed_out") for n in range(60)]
    made = drafts(*life, share=0.1)
    assorted = [draft for draft in made if draft.kind == "assorted"]
    assert [draft.content["status"] for draft in assorted] == ["acted", "timed_out"]
    assert "executed" not in assorted[0].content
    assert assorted[1].text.endswith("different things; timed_out")


def test_where_everything_ended_otherwise_it_is_counted_together() -> None:
    made = drafts(*(lived(n, n, n, status=f"in way {n}") for n in range(60)), share=0.1)
    assert len(made) == 6
    (rest,) = [draft for draft in made if draft.kind == "assorted"]
    assert rest.content == {"kinds": 55, "last": False}


def test_a_text_says_how_it_ended() -> None:
    (draft,) = drafts(lived(1, "x", 2, status="timed_out")._replace(terminated=True))
    assert draft.text == "once: saw x; did 2; timed_out; the end"


def test_what_is_too_large_for_an_item_is_described() -> None:
    (draft,) = drafts(lived(1, np.zeros((300, 300)), "x" * 100_000))
    assert draft.content["observation"] == "float64[300, 300]"
    assert len(draft.content["executed"]) == 1 << 16
    assert len(draft.text) < 3000


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("size", [100, 250, 500])
def test_what_is_kept_is_less_than_half_of_what_was_there(life: str, size: int) -> None:
    work = Consolidation(handed(*LIVES[life](size)), merge, "merge")
    work.finish()
    result = work.result(0)
    assert isinstance(result, Consolidated)
    assert 0 < result.ratio <= 0.5
    assert result.share <= 0.125


def test_members_stand_in_lived_order_also_where_kinds_are_counted_together() -> None:
    made = drafts(*LIVES["counted"](500))
    assert any(draft.content.get("kinds", 0) > 1 for draft in made)
    for draft in made:
        assert draft.members == tuple(sorted(draft.members))


def test_the_same_life_gives_the_same_drafts() -> None:
    for make in LIVES.values():
        first, again = ([draft.text for draft in drafts(*make(300))] for _ in range(2))
        assert first == again
