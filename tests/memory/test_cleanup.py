"""The right ones go, and a clean-up that chooses the wrong ones is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import CleanupError, PluginError, UnknownNameError
from antiphon.memory.candidates import Candidate, Candidates
from antiphon.memory.cleanup import Age, Cleanup, Fifo, Relevance, choose, find_cleanup
from antiphon.memory.compact import pack
from antiphon.models.experience import Experience
from antiphon.tests.memory.odd import OddError
from hypothesis import given
from hypothesis import strategies as st

importances = st.sampled_from([0.0, 0.5, 1.0, 3.0])
surprises = st.none() | st.sampled_from([0.0, 0.1, 2.0])
lives = st.lists(st.tuples(st.integers(0, 3), importances, surprises), min_size=1, max_size=30)
OURS = [Fifo(), Age(3), Relevance()]


def candidates(*lived: tuple[int, float, float | None], first: int = 1) -> Candidates:
    """Of (round, importance, surprise), numbered from the first on."""
    return Candidates(
        [
            pack(s, Experience(round, 0, 0, 0, "acted", 0.0, False, False), importance, surprise)
            for s, (round, importance, surprise) in enumerate(lived, first)
        ]
    )


def offered(steps: list[tuple[int, float, float | None]]) -> Candidates:
    """The same, where each step is so many rounds after the one before."""
    rounds = np.cumsum([passed for passed, *_ in steps]).tolist()
    return candidates(*((r, i, s) for r, (_, i, s) in zip(rounds, steps, strict=True)), first=5)


def chosen(cleanup: Cleanup, those: Candidates, count: int, round: int = 10) -> list[int]:
    return [those[place].sequence for place in choose(cleanup, those, count, round)]


def test_candidates_can_be_read_one_by_one_and_by_column() -> None:
    those = candidates((3, 1.0, None), (4, 2.0, 0.5), first=7)
    assert list(those) == [Candidate(7, 3, 1.0, None), Candidate(8, 4, 2.0, 0.5)]
    assert those[-1] == those[1] == those[1:][0]
    assert (those.sequences.dtype, those.importances.dtype) == (np.int64, np.float64)
    assert those.sequences.tolist() == [7, 8]
    assert those.rounds.tolist() == [3, 4]
    assert those.importances.tolist() == [1.0, 2.0]
    assert np.isnan(those.surprises[0])
    with pytest.raises(ValueError, match="read-only"):
        those.rounds[0] = 9


@given(lives, st.data())
def test_of_fifo_the_oldest_go(steps: list[Any], data: st.DataObject) -> None:
    those = offered(steps)
    count = data.draw(st.integers(0, len(those)))
    assert chosen(Fifo(), those, count) == [one.sequence for one in those][:count]


@given(lives, st.integers(0, 100), st.data())
def test_of_age_all_that_are_too_old_go_and_no_other_where_they_suffice(
    steps: list[Any], now: int, data: st.DataObject
) -> None:
    those = offered(steps)
    count = data.draw(st.integers(0, len(those)))
    old = [one.sequence for one in those if now - one.round > 4]
    oldest = [one.sequence for one in those]
    assert chosen(Age(4), those, count, now) == oldest[: max(count, len(old))]


def test_age_does_not_keep_the_wrong_end() -> None:
    those = candidates(*((round, 1.0, None) for round in range(8)))
    assert chosen(Age(5), those, 1, round=8) == [1, 2, 3]
    assert chosen(Age(5), those, 0, round=5) == []


@given(lives, st.data())
def test_of_relevance_the_least_of_the_product_go_and_of_equals_the_oldest(
    steps: list[Any], data: st.DataObject
) -> None:
    those = offered(steps)
    count = data.draw(st.integers(0, len(those)))
    now = 100

    def relevance(one: Candidate) -> float:
        return one.importance * (1 + (one.surprise or 0.0)) / (1 + now - one.round)

    by_relevance = sorted(those, key=lambda one: (relevance(one), one.sequence))
    expected = sorted(one.sequence for one in by_relevance[:count])
    assert chosen(Relevance(), those, count, now) == expected


def test_relevance_is_none_of_fifo() -> None:
    those = candidates((1, 9.0, None), (2, 1.0, 5.0), (3, 1.0, None), (4, 0.1, None), (5, 1.0, 0.0))
    assert chosen(Relevance(), those, 1) == [4]
    assert chosen(Relevance(), those, 3) == [3, 4, 5]


def test_of_many_equally_relevant_the_oldest_go() -> None:
    those = candidates(*((1, float(n % 2), None) for n in range(400)))
    assert chosen(Relevance(), those, 100) == list(range(1, 201, 2))


@pytest.mark.parametrize("surprise", [None, 0.0, -1.0])
def test_relevance_tells_apart_those_that_surprised_nobody(surprise: float | None) -> None:
    those = candidates((1, 5.0, surprise), (2, 1.0, surprise), (3, 5.0, surprise))
    assert chosen(Relevance(), those, 1) == [2]


def test_each_is_found_by_its_name() -> None:
    assert find_cleanup("fifo") == Fifo()
    assert find_cleanup("age") == Age()
    assert find_cleanup("relevance") == Relevance()
    assert find_cleanup(Age(7)) == Age(7)


def newest(those: Candidates, count: int, round: int) -> list[int]:
    return [one.sequence for one in those][::-1][:count]


def test_a_function_will_do() -> None:
    cleanup = find_cleanup(newest)
    those = candidates(*((r, 1.0, None) for r in range(5)))
    assert chosen(cleanup, those, 2) == [4, 5]


def test_so_does_whatever_iterates_over_whole_numbers() -> None:
    those = candidates(*((r, 1.0, None) for r in range(5)))
    assert chosen(lambda c, n, r: c.sequences[[3, 1]], those, 2) == [2, 4]
    assert chosen(lambda c, n, r: (s for s in (4, 2)), those, 2) == [2, 4]


@pytest.mark.parametrize("name", ["lifo", "", "Fifo", "../fifo"])
def test_an_unknown_name_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(UnknownNameError, match="no clean-up is called") as caught:
        find_cleanup(name)
    assert caught.value.known[:3] == ("fifo", "age", "relevance")


@pytest.mark.parametrize(
    "plugin",
    [3, Fifo, list, lambda those, count: []],
    ids=["number", "class", "list", "too-few-parameters"],
)
def test_what_is_no_clean_up_is_refused_when_it_is_named(plugin: Any) -> None:
    with pytest.raises(PluginError, match=r"\(candidates, count, round\)"):
        find_cleanup(plugin)


def test_a_broken_path_is_named() -> None:
    with pytest.raises(PluginError, match="'no_such_module:clean'"):
        find_cleanup("no_such_module:clean")


def raises(those: Candidates, count: int, round: int) -> list[int]:
    raise KeyError("oops")


def raises_what_cannot_be_printed(those: Candidates, count: int, round: int) -> list[int]:
    raise OddError


@pytest.mark.parametrize(
    ("cleanup", "rule"),
    [
        (raises, "raised KeyError: 'oops'"),
        (raises_what_cannot_be_printed, "raised OddError: it cannot be printed"),
        (lambda c, n, r: None, "raised TypeError"),
        (lambda c, n, r: [1], "must choose 2 or more, got 1"),
        (lambda c, n, r: [2, 2], "must choose each once, got 2 of which 1 differ"),
        (lambda c, n, r: [2, 9], "must choose among those that may go, got 9"),
        (lambda c, n, r: [2, 0], "must choose among those that may go, got 0"),
        (lambda c, n, r: [2, -1], "must choose among those that may go, got -1"),
        (lambda c, n, r: [2, 1 << 80], "must choose among those that may go, got 1208925"),
        (lambda c, n, r: [2, 3.0], "must choose by sequence, a whole number, got 3.0"),
        (lambda c, n, r: [2, True], "must choose by sequence, a whole number, got True"),
        (lambda c, n, r: list(c)[1:], "must choose by sequence, a whole number, got Candidate"),
        (lambda c, n, r: "23", "must choose by sequence, a whole number, got '2'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_choice_is_told_with_its_rule(cleanup: Any, rule: str) -> None:
    those = candidates(*((r, 1.0, None) for r in range(3)))
    with pytest.raises(CleanupError) as caught:
        choose(cleanup, those, 2, 5)
    assert rule in str(caught.value)
    assert caught.value.name


@pytest.mark.parametrize("rounds", [0, -1, 1.5, True, "9"])
def test_age_needs_a_number_of_rounds(rounds: Any) -> None:
    with pytest.raises(ValueError, match="rounds must be a whole number >= 1, got "):
        Age(rounds)
