"""Drafts are held to their window before anything takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from antiphon.memory.drafting import DraftError, Drafting
from antiphon.memory.item import Draft

DRAFT = Draft("one", {"a": 1}, "text", (1, 2), 1.0, (2,))


def test_drafts_that_hold_each_experience_once_are_taken_and_sealed() -> None:
    drafting = Drafting([1, 2, 3])
    drafting.take(Draft("one", {"array": np.arange(3), "list": [1, 2]}, "", (3,)))
    drafting.take(replace(DRAFT, members=(2, 1)))
    drafting.end()
    first, second = drafting.drafts
    assert second.members == (1, 2)
    assert first.content["list"] == (1, 2)
    with pytest.raises(ValueError, match="read-only"):
        first.content["array"][0] = 7
    with pytest.raises(TypeError, match="cannot be changed"):
        first.content["new"] = 7


def drafts(*members: Sequence[int]) -> list[Draft]:
    return [replace(DRAFT, members=tuple(m), samples=()) for m in members]


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (drafts([1, 2]), "1 of 3 are in none, the first of them 3"),
        (drafts(), "3 of 3 are in none"),
        (drafts([1, 2], [2, 3]), "2 is in a draft before"),
        (drafts([1, 2], [1, 2], [3]), "1 is in a draft before"),
        (drafts([1, 2, 3, 4]), "4 is not in the window"),
        (drafts([1, 1, 2, 3]), "members must hold each number once"),
        (drafts([1, 2, 3], []), "at least one experience"),
    ],
)
def test_drafts_that_do_not_are_refused(made: list[Draft], rule: str) -> None:
    drafting = Drafting([1, 2, 3])
    with pytest.raises(DraftError, match=rule):
        finish(drafting, made)


def finish(drafting: Drafting, made: list[Draft]) -> None:
    for draft in made:
        drafting.take(draft)
    drafting.end()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"content": object()}, "content must be None, a bool"),
        ({"content": {"x": [1, {2: 3}]}}, r'content\["x"\]\[1\] must have strings as keys'),
        ({"content": float("nan")}, "content must be finite"),
        ({"content": np.array([object()])}, "of bools, numbers or text"),
        ({"content": "x" * (1 << 20) + "x"}, "goes beyond the 1,048,576 bytes"),
        ({"kind": ""}, "kind must have 1 to 64 characters, got 0"),
        ({"kind": 7}, "kind must be a text, got type int"),
        ({"text": None}, "text must be a text, got type NoneType"),
        ({"text": "x" * 70_000}, "text must have 0 to 65,536 characters, got 70,000"),
        ({"members": (1, 2.0)}, "members must be a tuple of whole numbers"),
        ({"members": (np.int64(1),)}, "members must be a tuple of whole numbers"),
        ({"members": 1}, "members must be a tuple of whole numbers"),
        ({"samples": (3,)}, "samples must be members; 3 is none"),
        ({"members": tuple(range(1, 18)), "samples": tuple(range(1, 18))}, "at most 16, got 17"),
        ({"importance": float("inf")}, "importance must be a finite number >= 0, got inf"),
        ({"importance": -1}, "importance must be a finite number >= 0, got -1"),
        ({"importance": "much"}, "importance must be a finite number >= 0, got 'much'"),
    ],
)
def test_a_draft_that_breaks_a_rule_is_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(DraftError, match=rule):
        Drafting(range(1, 18)).take(replace(DRAFT, **change))


@pytest.mark.parametrize("made", [None, 7, (1, 2), {"members": (1,)}])
def test_what_is_no_draft_is_refused(made: Any) -> None:
    with pytest.raises(DraftError, match="must yield drafts, or None to pause; got type"):
        Drafting([1]).take(made)


def test_drafts_without_end_are_stopped_at_the_first_one_too_many() -> None:
    drafting = Drafting([1])
    draft = replace(DRAFT, members=(1,), samples=())
    drafting.take(draft)
    with pytest.raises(DraftError, match="1 is in a draft before"):
        drafting.take(draft)
