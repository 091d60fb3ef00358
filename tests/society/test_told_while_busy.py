"""What is told to an agent that is at work is heard before what it is told later."""

from __future__ import annotations

from typing import Any

from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.tests.society.simulated_cast import SimulatedSociety
from antiphon.tests.society.test_simulated_machine import Scripted


def test_nobodys_words_overtake_each_other() -> None:
    simulation = SimulatedDispatcher()
    cast: dict[str, Any] = {}
    with SimulatedSociety(simulation, timeout=1.0, on_missing="drop", grace=0.0) as society:
        society.add(Scripted, ids=["a"], cast=cast, clock=simulation.clock)
        society.tell("a", 1)
        cast["a"].takes = 1.7
        society.step({"a": 1})
        simulation.clock.advance(0.3)
        society.tell("a", 2)
        assert cast["a"].heard == [1]
        simulation.clock.advance(0.5)
        society.tell("a", 3)
        assert cast["a"].heard == [1, 2, 3]
