"""A society that is stopped at any step, by anybody, ends at once and for good.

Promise 11: stop is bounded and may come again; the round is committed whole or not at all.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.errors import RunInterrupted, StoppedError
from antiphon.models.agent import Context
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.society.cast import Dice, Does, Ring, Row, Witness
from antiphon.tests.society.simulated_cast import LONGEST, SimulatedSociety
from pykka import ActorRegistry

STEPS = 3
GRACE = 0.4
KEPT = Path(__file__).parent / "regressions"
FAULTS = Faults(slow=0.3, hang=0.05, crash=0.1, repeat=0.1, stall=0.1, kill=0.01, longest=LONGEST)


class Ending:
    """One run that is stopped at one step, twice."""

    def __init__(self, simulation: SimulatedDispatcher, step: int) -> None:
        self.simulation = simulation
        self.step = step
        self.stopped_in_run = False
        self.world = Ring(length=2)
        self.witness = Witness()
        self.society = SimulatedSociety(
            simulation, self.world, seed=3, timeout=1.0, grace=GRACE, on_missing="noop"
        )
        self.society.add(Dice)
        simulation.watch = self._watch
        with suppress(StoppedError):
            self.society.run(STEPS, progress=self.witness)
        simulation.watch = None
        self.society.stop()

    def _watch(self, step: int) -> None:
        if step != self.step:
            return
        self.stopped_in_run = True
        began = self.simulation.clock.now()
        self.society.stop()
        self.society.stop()
        assert self.simulation.clock.now() - began <= GRACE + 1e-9

    def rows(self) -> dict[str, list[Row]]:
        return self.witness.everybody() if self.witness.steps else {}

    def check(self, whole: dict[str, list[Row]]) -> None:
        assert self.world.closed == 1
        assert len(self.world.played) == len(self.witness.steps)
        assert all(joint.keys() == {"a", "b", "c"} for joint in self.world.played)
        for agent_id, rows in self.rows().items():
            assert rows == whole[agent_id][: len(rows)]
        assert ActorRegistry.get_all() == []
        self._check_that_nothing_lives()

    def _check_that_nothing_lives(self) -> None:
        before = len(self.simulation.history)
        for use in (
            lambda: self.society.run(1),
            lambda: self.society.step({"a": 0}),
            lambda: self.society.tell("a", 1),
            lambda: self.society.ask("a", 1),
        ):
            with pytest.raises(StoppedError):
                use()
        # Whoever was given up comes back to a society that is no more.
        self.simulation.clock.advance(100.0)
        after = [event.what for event in [*self.simulation.history][before:]]
        assert after == []
        assert ActorRegistry.get_all() == []


def stopped_at_every_step(simulation: SimulatedDispatcher) -> None:
    """Find what the whole run would be, then have it again and again, cut short."""
    seed, faults = simulation.choices.pick(1 << 30), simulation.faults
    whole = Ending(SimulatedDispatcher(seed, faults=faults), 0).rows()
    for step in count(1):
        ending = Ending(SimulatedDispatcher(seed, faults=faults), step)
        ending.check(whole)
        if not ending.stopped_in_run:
            assert ending.rows() == whole
            return


@pytest.mark.parametrize("faults", [Faults(), FAULTS], ids=["orders", "faults"])
def test_a_society_can_be_stopped_at_every_step(faults: Faults) -> None:
    simulate(stopped_at_every_step, seeds=range(12), faults=faults, keep=KEPT, patience=30)


@pytest.mark.soak
@pytest.mark.parametrize("faults", [Faults(), FAULTS], ids=["orders", "faults"])
def test_a_thousand_societies_can_be_stopped_at_every_step(faults: Faults) -> None:
    simulate(stopped_at_every_step, seeds=range(1000), faults=faults, keep=KEPT, patience=30)


def stopped_by_an_agent(nth: int) -> Play:
    def play(simulation: SimulatedDispatcher) -> None:
        calls: list[str] = []

        def act(seen: Any, context: Context) -> int:
            calls.append(context.agent_id)
            if len(calls) == nth:
                society.stop()
            return 1

        world = Ring()
        society = SimulatedSociety(simulation, world, grace=GRACE)
        society.add(Does, act=act)
        with pytest.raises(StoppedError):
            society.run(5)
        assert society.abandoned == [calls[nth - 1]]
        assert len(world.played) == (nth - 1) // 3
        assert ActorRegistry.get_all() == []

    play.__name__ = f"stopped-by-an-agent-{nth}"
    return play


@pytest.mark.parametrize("nth", range(1, 8))
def test_an_agent_may_stop_its_society(nth: int) -> None:
    simulate(stopped_by_an_agent(nth), seeds=range(20), keep=KEPT)


# A question takes two steps: it passes the coordinator.
@pytest.mark.parametrize("at", [3, 4])
def test_who_waits_for_an_answer_when_all_is_stopped_is_told(at: int) -> None:
    simulation = SimulatedDispatcher(watch=lambda step: society.stop() if step == at else None)
    society = SimulatedSociety(simulation, Ring(), grace=GRACE)
    society.add(Does)
    assert society.ask("b", "heard", timeout=5.0) == []
    with pytest.raises(StoppedError):
        society.ask("b", "heard", timeout=5.0)


def interrupted(simulation: SimulatedDispatcher) -> None:
    def act(seen: Any, context: Context) -> int:
        if context.round == 2:
            raise KeyboardInterrupt
        return 1

    witness = Witness()
    with SimulatedSociety(simulation, Ring(), on_missing="noop") as society:
        society.add(Does, ids=["b"], act=act)
        society.add(Does)
        with pytest.raises(RunInterrupted):
            society.run(5, progress=witness)
        assert len(witness.steps) == 1
        # Nobody is lost, the one in whom it came least of all.
        assert society.run(3).outcomes == {"acted": 9}


def test_ctrl_c_inside_an_agent_ends_the_run_and_the_society_goes_on() -> None:
    simulate(interrupted, seeds=range(50), keep=KEPT)
