"""A society that is founded as a simulation: by name, or on a dispatcher of one's own."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.virtual_clock import VirtualClock
from antiphon.clock import ManualClock
from antiphon.errors import SettingsError
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import Does, Ring, play, world_of_six


def test_by_its_name_the_seed_chooses_and_the_trace_is_that_of_any_dispatcher() -> None:
    _, inline = play(world_of_six(), seed=5, dispatcher="inline")
    _, simulated = play(world_of_six(), seed=5, dispatcher="simulated")
    assert simulated.dispatcher == "simulated"
    assert simulated.trace == inline.trace


def test_a_round_of_an_hour_takes_no_time() -> None:
    clock = VirtualClock()

    def act(seen: Any, context: Context) -> int:
        clock.advance(3601.0 if context.agent_id == "a" else 3599.0)
        return 1

    with Society(Ring(), dispatcher="simulated", clock=clock, timeout=3600.0) as society:
        society.add(Does, act=act)
        run = society.run(2)
    assert run.outcomes == {"acted": 4, "timed_out": 1, "busy": 1}
    assert clock.now() == 3600.0 + 3599.0


def test_messages_for_later_are_told_in_its_own_time() -> None:
    simulation = SimulatedDispatcher()
    with Society(Ring(), simulation=simulation, tables=False) as society:
        society.add(Does)
        society.run(1)
        society.after(60.0, "a", "a minute")
        society.every(50.0, "b", "tick")
        simulation.clock.advance(100.0)
        society.run(1)
        assert [message for message, _, _ in society.ask("a", "heard")] == ["a minute"]
        assert [message for message, _, _ in society.ask("b", "heard")] == ["tick", "tick"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"simulation": SimulatedDispatcher(), "clock": ManualClock()}, ValueError),
        ({"dispatcher": "simulated", "clock": ManualClock()}, ValueError),
        ({"simulation": SimulatedDispatcher(), "dispatcher": "inline"}, SettingsError),
    ],
    ids=["another clock", "no virtual clock", "another dispatcher"],
)
def test_what_does_not_go_with_a_simulation_is_refused(
    wrong: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match="simulat"):
        Society(Ring(), **wrong)


@pytest.mark.parametrize("parallelize", [True, False])
def test_a_simulated_society_stays_one(*, parallelize: bool) -> None:
    with Society(Ring(), dispatcher="simulated", tables=False) as society:
        society.add(Does)
        society.run(1)
        with pytest.raises(SettingsError, match="cannot change"):
            society.run(1, parallelize=parallelize)
        assert society.run(1).outcomes == {"acted": 3}
