"""Messages for later, from outside, on the society's clock."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.errors import PayloadError, UnknownNameError
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Does


def society(dispatcher: str, clock: ManualClock) -> Society:
    founded = Society(dispatcher=dispatcher, clock=clock, timeout=FUSE)
    founded.add(Does, ids=["a", "b"])
    return founded


def heard(society: Society, agent_id: str) -> list[Any]:
    return [(message, round) for message, _, round in society.ask(agent_id, "heard")]


def step(society: Society) -> None:
    society.step(dict.fromkeys(society, 0))


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_what_is_set_for_later_is_heard_before_the_first_round_after_its_time(
    dispatcher: str,
) -> None:
    clock = ManualClock()
    with society(dispatcher, clock) as stage:
        stage.after(5.0, "a", {"wake": True})
        step(stage)
        clock.advance(4.9)
        step(stage)
        assert heard(stage, "a") == []
        clock.advance(0.2)
        step(stage)
        assert heard(stage, "a") == [({"wake": True}, 3)]
        assert heard(stage, "b") == []


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_what_repeats_comes_once_for_all_the_times_nobody_looked(dispatcher: str) -> None:
    clock = ManualClock()
    with society(dispatcher, clock) as stage:
        timer = stage.every(2.0, "b", "tick")
        for seconds in (2.0, 5.0, 0.5):
            clock.advance(seconds)
            step(stage)
        assert heard(stage, "b") == [("tick", 1), ("tick", 2)]
        assert stage.cancel(timer)
        assert not stage.cancel(timer)
        clock.advance(10.0)
        step(stage)
        assert len(heard(stage, "b")) == 2


def test_what_cannot_be_told_cannot_be_set_for_later_either() -> None:
    with society("inline", ManualClock()) as stage:
        with pytest.raises(UnknownNameError, match="nobody"):
            stage.after(1.0, "nobody", 1)
        with pytest.raises(PayloadError):
            stage.every(1.0, "a", object())
