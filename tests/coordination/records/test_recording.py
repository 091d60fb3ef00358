"""A run's clocks stand still for what was played before."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.records import recording
from antiphon.coordination.records.recording import Recording
from antiphon.tests.coordination.records.test_tables import step
from antiphon.tests.society.cast import Witness


@pytest.mark.parametrize(("played", "seconds"), [(0, 50.0), (2, 30.0), (5, 0.0)])
def test_seconds_are_of_the_rounds_that_were_measured(
    monkeypatch: pytest.MonkeyPatch, played: int, seconds: float
) -> None:
    clock = ManualClock()
    hand = SimpleNamespace(monotonic=clock.now, process_time=lambda: clock.now() / 2)
    monkeypatch.setattr(recording, "time", hand)
    witness = Witness(lambda step: clock.advance(10.0))
    taken = Recording(timing=True, tables=None, progress=witness, played=played)
    for number in range(1, 6):
        taken.add(step(number, "a", seconds=1.0), number)
    taken.close()
    assert (taken.seconds, taken.cpu_seconds) == (seconds, seconds / 2)
    assert taken.metrics.measured == 5 - played
