"""The contract checks of memory plug-ins pass ours and catch whoever breaks a rule."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest
from antiphon.errors import UnknownNameError
from antiphon.memory.cleanup import Relevance
from antiphon.memory.embedding import HashingEmbedding
from antiphon.memory.item import Draft
from antiphon.testing import check_cleanup, check_embedding, check_strategy


@pytest.mark.parametrize("name", ["merge", "prototypes"])
def test_our_strategies_keep_to_it(name: str) -> None:
    check_strategy(name)


@pytest.mark.parametrize("kind", ["fifo", "age", "relevance", Relevance()])
def test_our_clean_ups_keep_to_it(kind: Any) -> None:
    check_cleanup(kind)


def test_our_embedding_keeps_to_it() -> None:
    check_embedding(HashingEmbedding())


def draft(members: Any, text: str = "") -> Draft:
    return Draft("some", 1, text, tuple(members))


def leaves_one_out(window: Any) -> Any:
    return [draft(one.sequence for one in window[1:])] if len(window) > 1 else []


def doubles_one(window: Any) -> Any:
    return [draft(one.sequence for one in window), draft([window[0].sequence])]


def counter() -> Callable[[Any], Any]:
    numbers = count()
    return lambda window: [draft((one.sequence for one in window), str(next(numbers)))]


@pytest.mark.parametrize(
    ("strategy", "rule"),
    [
        (leaves_one_out, "hold each experience of the window once"),
        (doubles_one, "is in a draft before"),
        (lambda window: [None, 3], "must yield drafts"),
        (counter(), "gives other items"),
    ],
)
def test_a_strategy_that_breaks_a_rule_is_told_which(strategy: Any, rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_strategy(strategy)


@pytest.mark.parametrize(
    ("cleanup", "rule"),
    [
        (lambda candidates, count, _: [], "must|gives"),
        (lambda candidates, count, _: [10**6], "10000|choose|not"),
        (lambda candidates, count, _: [candidates[0].sequence] * count, "once|twice|gives"),
    ],
)
def test_a_clean_up_that_breaks_a_rule_is_told_which(cleanup: Any, rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_cleanup(cleanup)


def ragged(texts: list[str]) -> Any:
    return np.ones((len(texts), len(texts)), np.float32)


def company(texts: list[str]) -> Any:
    return np.full((len(texts), 3), len(texts), np.float32)


@pytest.mark.parametrize(
    ("embedding", "rule"),
    [
        (ragged, "other company"),
        (company, "other company"),
        (lambda texts: np.full((len(texts), 3), np.nan), "finite"),
    ],
)
def test_an_embedding_that_breaks_a_rule_is_told_which(embedding: Any, rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_embedding(embedding)


def test_a_name_that_is_nobodys_is_no_broken_contract() -> None:
    with pytest.raises(UnknownNameError):
        check_strategy("nothing")
