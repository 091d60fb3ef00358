"""A strategy that fails is left alone for a while: longer each time, and tried with one then."""

from __future__ import annotations

import pytest
from antiphon.memory.rests import Rests


def test_who_never_failed_is_admitted() -> None:
    rests = Rests(first=4)
    assert rests.until("a", 1, 3) is None


def test_an_agent_rests_twice_as_long_after_each_failure_in_a_row() -> None:
    rests = Rests(first=4, limit=16)
    for length in (4, 8):
        assert rests.failed("a", 100) == 100 + length
    assert rests.until("a", 107, 109) == 108
    assert rests.until("a", 108, 110) is None
    assert rests.until("b", 100, 102) is None


def test_a_success_ends_the_rest_and_the_next_failure_is_the_first() -> None:
    rests = Rests(first=4, limit=16)
    rests.failed("a", 1)
    rests.failed("a", 10)
    rests.succeeded("a")
    assert rests.until("a", 11, 13) is None
    assert rests.failed("a", 20) == 24


def test_a_rest_is_never_longer_than_the_limit() -> None:
    rests = Rests(first=4, limit=16)
    assert [rests.failed("a", 0) for _ in range(200)][-1] == 16


def test_failures_of_several_agents_in_a_row_are_the_strategys() -> None:
    rests = Rests(first=4, limit=64)
    rests.failed("a", 10)
    rests.failed("b", 10)
    assert rests.until("d", 11, 13) is None
    rests.failed("c", 10)
    assert rests.until("d", 11, 13) == 14


def test_a_strategy_that_has_rested_is_tried_with_one() -> None:
    rests = Rests(first=4, limit=64)
    for agent_id in "abc":
        rests.failed(agent_id, 10)
    assert rests.until("d", 14, 16) is None
    assert rests.until("e", 14, 16) == 16
    rests.failed("d", 16)
    assert rests.until("e", 17, 19) == 24
    assert rests.until("e", 24, 26) is None
    rests.succeeded("e")
    assert [rests.until(agent_id, 27, 29) for agent_id in "fgh"] == [None] * 3


def test_a_trial_that_nobody_hears_of_again_does_not_keep_the_others_waiting() -> None:
    rests = Rests(first=4, limit=64)
    for agent_id in "abc":
        rests.failed(agent_id, 10)
    assert rests.until("d", 14, 16) is None
    assert rests.until("e", 16, 18) is None


def test_a_broken_strategy_is_hardly_ever_called() -> None:
    rests = Rests(first=8, limit=1024)
    calls = 0
    for round in range(10_000):
        for agent_id in ("a", "b", "c", "d", "e"):
            if rests.until(agent_id, round, round) is None:
                calls += 1
                rests.failed(agent_id, round)
    assert calls < 60


@pytest.mark.parametrize(("first", "limit"), [(0, 5), (6, 5)])
def test_lengths_that_make_no_sense_are_refused(first: int, limit: int) -> None:
    with pytest.raises(ValueError, match="first must be in"):
        Rests(first=first, limit=limit)
