"""Agents are slow, hang, crash, repeat themselves and are killed as is chosen, and else not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.future import Future
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.messages import Perceive, Request
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.actors.simulation.choices import RecordedChoices
from antiphon.actors.simulation.faults import Faults
from antiphon.models.agent import Agent, Context
from antiphon.testing.recording import RecordingCall
from antiphon.tests.actors.office import Clerk, Found, Reminders, offices

found = pytest.fixture(offices)


class Acts(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        context.tell("b", "done")
        return observation


def called(choices: list[int], deadline: float = 1.0, **faults: float) -> tuple[Any, Any, Any]:
    """Call an agent's host once, with faults; give simulation, host and call."""
    simulation = SimulatedDispatcher(choices=RecordedChoices(choices), faults=Faults(**faults))
    host = AgentActor(Seat("a", Acts, clock=simulation.clock))
    simulation.start([host], 1.0)
    call = RecordingCall(deadline=deadline)
    Address(host).tell(Perceive(call, 0))
    return simulation, host, call


def test_an_agent_is_slow_for_as_long_as_is_chosen() -> None:
    simulation, host, call = called([1, 3], slow=0.5, longest=0.8)
    assert call.answers == []
    simulation.clock.advance(2.0)
    (answer,) = call.answers
    assert (answer.how, answer.started, answer.finished) == ("accept", 0.0, 0.4)
    simulation.stop([host], 0.0)


def test_what_an_agent_says_comes_with_its_answer_and_once() -> None:
    simulation, host, call = called([1, 3, 1], slow=0.5, repeat=0.5, longest=0.8)
    assert call.said == []
    simulation.clock.advance(2.0)
    assert [answer.how for answer in call.answers] == ["accept", "accept"]
    assert [parcel.payload for parcel in call.said] == ["done"]
    simulation.stop([host], 0.0)


def test_an_agent_that_crashes_has_said_nothing() -> None:
    simulation, host, call = called([3], crash=0.5)
    assert [answer.how for answer in call.answers] == ["fail"]
    assert call.said == []
    simulation.stop([host], 0.0)


def test_an_agent_hangs_and_never_answers() -> None:
    simulation, host, call = called([2], hang=0.5)
    simulation.clock.advance(1e6)
    assert call.answers == []
    assert simulation.stop([host], 5.0) == ["a"]


@pytest.mark.parametrize(("eighths", "moment"), [(0, 0.0), (3, 0.3)])
def test_an_agent_crashes_at_once_or_later(eighths: int, moment: float) -> None:
    simulation, host, call = called([3, eighths], crash=0.5, longest=0.8)
    assert len(call.answers) == (not eighths)
    simulation.clock.advance(1.0)
    (answer,) = call.answers
    assert (answer.how, str(answer.value)) == ("fail", "a simulated fault")
    assert (answer.started, answer.finished) == (0.0, pytest.approx(moment))
    simulation.stop([host], 0.0)


def test_an_answer_is_repeated() -> None:
    simulation, host, call = called([1], repeat=0.5)
    assert [answer.how for answer in call.answers] == ["accept", "accept"]
    simulation.stop([host], 0.0)


def test_an_actor_is_killed_before_it_reads_its_letter() -> None:
    simulation, host, call = called([2], kill=0.5)
    assert [answer.how for answer in call.answers] == ["lose"]
    assert host.ended.is_set()
    assert simulation.stop([host], 0.0) == []


@dataclass
class Wish(Request):
    """Something told for which somebody waits, as a round is."""

    reply_to: Future[float]

    def __call__(self, clerk: Clerk) -> None:
        self.reply_to.set(clerk.clock.now())


def test_stalls_end_when_there_is_nothing_to_wait_for(found: Found) -> None:
    office = found(faults=Faults(stall=1.0))
    reminders = Reminders(office.clock, 1.0)
    office.simulation.keep(reminders)
    reply: Future[float] = Future()
    office.addresses[1].tell(Wish(reply))
    assert reply.get() == 1.0


@pytest.mark.parametrize(("stall", "moment"), [(0, 0.0), (1, 5.0)])
def test_time_passes_though_somebody_could_go_on(stall: int, moment: float, found: Found) -> None:
    office = found(choices=RecordedChoices([0, stall]), faults=Faults(stall=0.5))
    office.addresses[0].tell(lambda clerk: setattr(clerk, "wake_at", 5.0))
    reply: Future[float] = Future()
    office.addresses[1].tell(Wish(reply))
    assert reply.get() == moment


def test_without_faults_nothing_is_drawn_for_them() -> None:
    simulation, host, call = called([])
    assert [answer.how for answer in call.answers] == ["accept"]
    assert simulation.choices.made == []
    simulation.stop([host], 0.0)


def test_a_host_that_is_handed_on_is_not_endangered_any_more() -> None:
    simulation, host, call = called([], crash=1.0)
    assert [answer.how for answer in call.answers] == ["accept"]
    assert simulation.release([host], 0.0) == []
    inline = InlineDispatcher()
    inline.start([host], 1.0)
    made = list(simulation.choices.made)
    Address(host).tell(Perceive(call, 0))
    assert [answer.how for answer in call.answers] == ["accept", "accept"]
    assert simulation.choices.made == made
    inline.stop([host], 0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slow": 1.1},
        {"kill": -0.1},
        {"crash": math.nan},
        {"slow": 0.5, "hang": 0.4, "crash": 0.2},
        {"stall": 0.6, "kill": 0.6},
        {"longest": 0.0},
        {"longest": math.inf},
    ],
    ids=str,
)
def test_faults_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Faults(**wrong)
