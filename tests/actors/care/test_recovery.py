"""What lies between an agent's failure and its next call."""

from __future__ import annotations

import pytest
from antiphon.actors.care import recovery
from antiphon.actors.care.recovery import Recovery
from antiphon.errors import DownError


def fallen(until: int = 9, why: str = "ValueError: no") -> Recovery:
    care = Recovery("a-1", 10)
    care.suspend(until, why)
    return care


def test_of_several_messages_that_raise_the_first_fails_the_next_call_and_it_alone() -> None:
    care, first = Recovery("a-1", 10), ValueError("first")
    assert care.take_failure() is None
    care.stumbled(first)
    care.stumbled(ValueError("second"))
    assert care.take_failure() is first
    assert care.take_failure() is None


def test_what_went_wrong_before_goes_with_the_state() -> None:
    care = Recovery("a-1", 10)
    care.stumbled(ValueError())
    care.suspend(9, "goes with a-2")
    care.stumbled(ValueError())
    assert care.take_failure() is None


def test_it_is_down_until_it_has_come_up() -> None:
    care = fallen()
    assert care.is_down
    care.come_up()
    assert not care.is_down
    assert not Recovery("a-1", 10).is_down


def test_what_comes_meanwhile_is_held_in_order() -> None:
    care = fallen()
    for message in "abc":
        care.hold(message)
    assert "".join(care.held) == "abc"


def test_a_refusal_says_until_when_and_why_and_is_a_new_one_each_time() -> None:
    care = fallen()
    refusal = care.refusal()
    assert isinstance(refusal, DownError)
    assert (refusal.agent_id, refusal.until) == ("a-1", 9)
    assert str(refusal) == "agent a-1 is down until round 9: ValueError: no"
    assert care.refusal() is not refusal


def test_one_that_is_up_refuses_nothing() -> None:
    with pytest.raises(RuntimeError, match="a-1 is up"):
        Recovery("a-1", 10).refusal()


def test_no_more_is_held_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "HELD_LIMIT", 2)
    care = fallen()
    assert [care.hold(n) for n in (1, 2, 3)] == [True, True, False]
    assert list(care.held) == [1, 2]
