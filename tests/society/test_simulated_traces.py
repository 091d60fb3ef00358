"""One seed gives one trace, whoever comes first and whatever the clocks say.

Promises 23 and 16, for runs in which nothing times out.
"""

from __future__ import annotations

import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.actors.simulation.virtual_clock import VirtualClock
from antiphon.models.agent import Context
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.society.cast import Dice, Witness, play, world_of_six
from antiphon.tests.society.simulated_cast import SimulatedSociety

STEPS = 10
KEPT = Path(__file__).parent / "regressions"
# So short that five in a row stay within the second that a round lasts.
DELAYS = Faults(slow=0.6, repeat=0.2, longest=0.15)
SLOWNESS = Faults(slow=0.6, longest=0.15)


def live(
    simulation: SimulatedDispatcher,
    then: Callable[[], None] = lambda: None,
    batch_size: int | None = None,
) -> tuple[str, Witness]:
    witness = Witness(lambda step: then())
    with SimulatedSociety(
        simulation, world_of_six(), seed=5, timeout=1.0, batch_size=batch_size
    ) as society:
        society.add(Dice, 5)
        return society.run(STEPS, progress=witness).trace, witness


@pytest.fixture(scope="module")
def expected() -> str:
    return play(world_of_six(), steps=STEPS, seed=5, dispatcher="inline")[1].trace


def traced(expected: str, batch_size: int | None) -> Play:
    def same_trace(simulation: SimulatedDispatcher) -> None:
        assert live(simulation, batch_size=batch_size)[0] == expected

    same_trace.__name__ = f"same-trace-{batch_size}"
    return same_trace


@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_the_order_of_answers_changes_nothing(batch_size: int | None, expected: str) -> None:
    simulate(traced(expected, batch_size), seeds=range(100), faults=DELAYS, keep=KEPT)


@pytest.mark.soak
@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_ten_thousand_orders_change_nothing(batch_size: int | None, expected: str) -> None:
    simulate(traced(expected, batch_size), seeds=range(10_000), faults=DELAYS, keep=KEPT)


class Gossip(Dice):
    """Says what it does, asks a neighbour, and does what all that it heard comes to."""

    heard = 0

    def act(self, observation: Any, context: Context) -> int:
        action = super().act(observation, context)
        me = int(context.agent_id.rpartition("-")[2])
        neighbour = f"gossip-{me % 4 + 1}"
        context.subscribe(f"talk/{me % 2}")
        context.broadcast(action)
        context.tell(neighbour, [context.round, action])
        context.publish(f"talk/{action % 2}", self.heard % 7)
        context.put("last", me)
        known = context.ask(neighbour, "how much") + context.shared.get("last", 0)
        return int(action + self.heard + known) % self._n

    def receive(self, message: Any, sender: str, context: Context) -> None:
        # Any other order gives another number.
        self.heard = zlib.crc32(f"{self.heard} {sender} {context.topic} {message}".encode())

    def answer(self, question: Any, sender: str, context: Context) -> int:
        return self.heard

    def get_state(self) -> Any:
        return self.heard

    def set_state(self, state: Any) -> None:
        self.heard = state


def gossip(simulation: SimulatedDispatcher) -> tuple[str, str]:
    with SimulatedSociety(simulation, world_of_six(), seed=5, timeout=1.0) as society:
        society.add(Gossip, 4)
        run = society.run(8, progress=Witness())
    assert run.outcomes == {"acted": 32}
    return run.trace, run.events


def test_who_talks_to_whom_in_any_order_hears_the_same() -> None:
    expected = gossip(SimulatedDispatcher())

    def talk(simulation: SimulatedDispatcher) -> None:
        assert gossip(simulation) == expected

    simulate(talk, seeds=range(60), faults=SLOWNESS, keep=KEPT)


@pytest.mark.soak
def test_two_thousand_orders_of_talk_change_nothing() -> None:
    expected = gossip(SimulatedDispatcher())

    def talk(simulation: SimulatedDispatcher) -> None:
        assert gossip(simulation) == expected

    simulate(talk, seeds=range(2000), faults=SLOWNESS, keep=KEPT)


def test_the_orders_really_differ(expected: str) -> None:
    histories = set()
    for seed in range(20):
        simulation = SimulatedDispatcher(seed, faults=DELAYS)
        live(simulation)
        histories.add(tuple(simulation.history))
    assert len(histories) == 20


def test_an_order_that_agents_can_see_changes_the_trace(expected: str) -> None:
    def overtake(simulation: SimulatedDispatcher) -> None:
        # Who acts first has the first number, and that is what nobody may see.
        numbers = iter(range(10**6))

        class Racer(Dice):
            def act(self, observation: object, context: object) -> int:
                return next(numbers) % 4

        with SimulatedSociety(simulation, world_of_six(), seed=5) as society:
            society.add(Racer, 5)
            traces.add(society.run(STEPS, progress=Witness()).trace)
            assert len(traces) == 1

    traces: set[str] = set()
    with pytest.raises(AssertionError):
        simulate(overtake, seeds=range(20))


@pytest.mark.parametrize("start", [0.0, -1e9, 1e9, 0.1])
def test_clocks_that_jump_change_nothing(
    start: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps, now = iter([3600.0, -3600.0] * 100_000), time.time
    monkeypatch.setattr(time, "time", lambda: now() + next(jumps))
    for seed in range(10):
        simulation = SimulatedDispatcher(seed, faults=DELAYS, clock=VirtualClock(start))
        pause = simulation.clock
        trace, witness = live(simulation, then=partial(pause.advance, 3600.0))
        assert trace == expected
        assert len(witness.steps) == STEPS
        assert pause.now() - start > 3600.0 * (STEPS - 1)


SCRIPT = """
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.tests.society.test_simulated_traces import DELAYS, live
simulation = SimulatedDispatcher(3, faults=DELAYS)
print(live(simulation)[0], simulation.choices.made, list(simulation.history))
"""


def test_the_hash_seed_changes_neither_the_trace_nor_what_is_chosen(expected: str) -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
            timeout=60,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert told.pop().startswith(expected)
