"""The book of hand-overs: one under way for each agent, each settled once."""

from __future__ import annotations

import pytest
from antiphon.errors import ConsolidationError
from antiphon.memory.compact import size_of
from antiphon.memory.consolidation import Failed
from antiphon.memory.hand_over import HandOver, HandOvers
from antiphon.tests.memory.consolidating import lived, packed


def result_of(made: HandOver) -> Failed:
    error = ConsolidationError(made.agent_id, "merge", "it raised")
    return Failed(made.agent_id, made.number, error, 1, 0)


def test_a_hand_over_says_when_it_takes_effect_and_unpacks_what_it_holds() -> None:
    book = HandOvers(lag=4)
    made = book.open("a", packed(lived(7), lived(8), first=20), round=9)
    assert (made.agent_id, made.number, made.round, made.due) == ("a", 1, 9, 13)
    assert [one.sequence for one in made.entries()] == [20, 21]
    assert [one.experience.round for one in made.entries(1)] == [8]
    assert made.size == sum(size_of(one) for one in made.packed)


def test_an_agent_has_one_under_way_and_the_next_has_the_next_number() -> None:
    book = HandOvers(lag=1)
    made = book.open("a", packed(lived()), round=1)
    with pytest.raises(ValueError, match="under way already"):
        book.open("a", packed(lived()), round=1)
    assert book.open("b", packed(lived()), round=1).number == 1
    assert book.settle(result_of(made)) is made
    assert book.open("a", packed(lived()), round=2).number == 2


def test_a_result_that_comes_again_is_a_stray() -> None:
    book = HandOvers(lag=1)
    made = book.open("a", packed(lived()), round=1)
    assert book.settle(result_of(made)) is made
    assert book.settle(result_of(made)) is None
    again = book.open("a", packed(lived()), round=2)
    assert book.settle(result_of(made)) is None
    assert book.strays == 2
    assert book.under_way == (again,)


def test_what_is_given_up_is_not_settled_by_a_late_result() -> None:
    book = HandOvers(lag=1)
    made = book.open("a", packed(lived()), round=1)
    assert book.give_up("a") is made
    assert book.give_up("a") is None
    assert not book.is_open("a")
    assert book.settle(result_of(made)) is None


def test_what_should_have_come_back_is_told_in_agent_order() -> None:
    book = HandOvers(lag=2)
    for round, agent_id in enumerate("cab", start=1):
        book.open(agent_id, packed(lived()), round=round)
    assert [made.agent_id for made in book.due(4)] == ["a", "c"]
    assert [made.agent_id for made in book.under_way] == ["a", "b", "c"]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="lag must be >= 0"):
        HandOvers(lag=-1)
    with pytest.raises(ValueError, match="must hold an experience"):
        HandOvers(lag=1).open("a", [], round=1)
