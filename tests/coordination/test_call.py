"""Whoever settles a slot sends the next call of the batch, at the time it is then."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.absence import News
from antiphon.coordination.call import RoundCall
from antiphon.coordination.round import Round
from antiphon.errors import StoppedError
from antiphon.testing import RecordingRef


@pytest.mark.parametrize(
    ("how", "words"),
    [("accept", (1, 0.0, 3.0)), ("fail", (ValueError(), 0.0, 3.0)), ("lose", (StoppedError(),))],
)
def test_latency_counts_from_the_members_own_call(how: str, words: tuple[Any, ...]) -> None:
    clock = ManualClock()
    round = Round(1, ["a", "b"], opened=0.0, timeout=9.0, batch_size=1)
    refs = {"a": RecordingRef(), "b": RecordingRef()}
    call = RoundCall(
        round,
        refs,
        RecordingRef(),
        episode=0,
        observations=[None, None],
        news=News({}),
        clock=clock,
    )
    call.send()
    clock.advance(3.0)
    getattr(call, how)(0, *words)
    assert round.called[1] == 3.0
