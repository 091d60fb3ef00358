"""What one agent raises harms nobody else, whenever it does and whoever comes first.

Promise 1: the others live, bit for bit, as in a control run in which the agent that raises is
one that plays the actions that were executed for it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Self

import pytest
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.faults import Faults
from antiphon.errors import AskError
from antiphon.models.agent import Agent, Context, Place
from antiphon.testing.simulation import Play, simulate
from antiphon.tests.society.cast import Dice, Ring, Row, Unspeakable, Witness
from antiphon.tests.society.simulated_cast import SimulatedSociety

STEPS = 6
CALLS = 20
"""How often the villain's hooks are called in so many steps, after its start."""
KEPT = Path(__file__).parent / "regressions"
DELAYS = Faults(slow=0.3, repeat=0.1, longest=0.9)
ERRORS = (ValueError("why"), SystemExit(3), Unspeakable())


class Villain(Agent):
    """Raises at its nth call, whichever hook that is."""

    def __init__(self, nth: int, calls: list[str]) -> None:
        self.nth = nth
        self.calls = calls
        self.started = False

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(**options)

    def reset(self, seed: int | None = None) -> None:
        if self.started:
            self._called("reset")
        self.started = True

    def act(self, observation: Any, context: Context) -> Any:
        self._called("act")
        return len(self.calls) % 4

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self._called("receive")

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        self._called("answer")

    def episode_ended(self, context: Context) -> None:
        self._called("episode_ended")

    def _called(self, hook: str) -> None:
        self.calls.append(hook)
        if len(self.calls) == self.nth:
            raise ERRORS[self.nth % len(ERRORS)]


class Puppet(Agent):
    """Plays what another one's actions came to."""

    def __init__(self, actions: dict[int, Any]) -> None:
        self.actions = actions

    def act(self, observation: Any, context: Context) -> Any:
        return self.actions[context.round]


def live(
    simulation: SimulatedDispatcher, kind: type[Agent], *, talk: bool, **options: Any
) -> Witness:
    witness = Witness()
    # The episode ends in between.
    world = Ring(["one", "villain", "two", "three"], length=4)
    with SimulatedSociety(simulation, world, seed=3, timeout=1.0) as society:
        society.add(kind, ids=["villain"], **options)
        society.add(Dice)
        for number in range(STEPS):
            if talk:
                talk_to_villain(society, number)
            society.run(1, progress=witness)
    return witness


def talk_to_villain(society: SimulatedSociety, number: int) -> None:
    society.tell("villain", number)
    with suppress(AskError):
        society.ask("villain", number)


@cache
def control(executed: tuple[int, ...]) -> dict[str, list[Row]]:
    actions = dict(enumerate(executed, 1))
    witness = live(SimulatedDispatcher(), Puppet, talk=False, actions=actions)
    return witness.everybody()


def raises_at(nth: int) -> Play:
    def play(simulation: SimulatedDispatcher) -> None:
        calls: list[str] = []
        witness = live(simulation, Villain, talk=True, nth=nth, calls=calls)
        lived = witness.everybody()
        executed = tuple(step.experiences["villain"].executed for step in witness.steps)
        expected = control(executed)
        for agent_id in ("one", "two", "three"):
            assert lived[agent_id] == expected[agent_id]
            assert {row[2] for row in lived[agent_id]} == {"acted"}
        crashed = [row[2] for row in lived["villain"]].count("crashed")
        assert crashed == (calls[nth - 1] in ("act", "reset"))
        assert len(calls) == CALLS

    play.__name__ = f"raises-at-{nth}"
    return play


@pytest.mark.parametrize("nth", range(1, CALLS + 1))
def test_a_hook_that_raises_harms_nobody_else(nth: int) -> None:
    simulate(raises_at(nth), seeds=range(25), faults=DELAYS, keep=KEPT)


@pytest.mark.soak
@pytest.mark.parametrize("nth", range(1, CALLS + 1))
def test_two_thousand_times_a_hook_that_raises_harms_nobody_else(nth: int) -> None:
    simulate(raises_at(nth), seeds=range(2000), faults=DELAYS, keep=KEPT)


def test_every_hook_had_its_turn_to_raise() -> None:
    calls: list[str] = []
    live(SimulatedDispatcher(), Villain, talk=True, nth=0, calls=calls)
    assert len(calls) == CALLS
    assert set(calls) == {"act", "receive", "answer", "episode_ended", "reset"}
