"""In simulated time, too, what fails is contained: at the start, in any message, at the stop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pykka
import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.messages import Deliver, Perceive, Question
from antiphon.actors.simulated import SimulatedDispatcher
from antiphon.errors import AskError, StartError, StoppedError
from antiphon.models.agent import Agent, Context
from antiphon.testing import RecordingCall
from pykka import ActorRegistry

COUNT = 50
FUSE = 5.0
# Not KeyboardInterrupt: in the main thread it is the user who means us.
KINDS = [SystemExit, GeneratorExit, asyncio.CancelledError, type("Custom", (BaseException,), {})]

started: list[str] = []
stopped: list[str] = []


class Fragile(Agent):
    """Does one thing in one of its methods."""

    def __init__(self, where: str, do: Callable[[], object]) -> None:
        self.where, self.do = where, do
        self.meet("constructor")

    def meet(self, where: str) -> None:
        if where == self.where:
            self.do()

    def act(self, observation: Any, context: Context) -> Any:
        self.meet("act")
        return 1

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.meet("receive")

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        if question == "break":
            self.meet("answer")
        return "well"


class FragileHost(AgentActor):
    """The same in one of its hooks."""

    where = ""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.heard_of = 0
        self.do: Callable[[], object] = lambda: None

    def meet(self, where: str) -> None:
        if where == self.where:
            self.do()

    def on_start(self) -> None:
        super().on_start()
        self.meet("on_start")
        started.append(self.name)

    def on_stop(self) -> None:
        stopped.append(self.name)
        self.meet("on_stop")

    def on_failure(self, kind: Any, error: Any, traceback: Any) -> None:
        self.heard_of += 1
        self.meet("on_failure")


def raises(error: BaseException) -> Callable[[], object]:
    def do() -> None:
        raise error

    return do


def host(
    name: str, simulation: SimulatedDispatcher, where: str = "", do: Callable[[], object] = dict
) -> FragileHost:
    made = FragileHost(Seat(name, lambda: Fragile(where, do), clock=simulation.clock))
    made.where, made.do = where, do
    return made


def crew(
    k: int, simulation: SimulatedDispatcher, where: str, do: Callable[[], object]
) -> list[Actor]:
    """Fifty hosts, the kth of which is another."""
    started.clear()
    stopped.clear()
    return [host(f"agent-{n}", simulation, *((where, do) if n == k else ())) for n in range(COUNT)]


def nothing_is_left(k: int) -> None:
    assert ActorRegistry.get_all() == []
    assert started == [f"agent-{n}" for n in range(k)]
    assert set(stopped) >= set(started)


@pytest.mark.parametrize("error", [ValueError("why"), pykka.Timeout("why"), *(k() for k in KINDS)])
@pytest.mark.parametrize("place", ["constructor", "on_start"])
@pytest.mark.parametrize("k", [0, 25, COUNT - 1])
def test_when_the_kth_raises_at_the_start_nothing_is_left(
    k: int, place: str, error: BaseException
) -> None:
    simulation = SimulatedDispatcher(seed=k)
    with pytest.raises(StartError, match=f"^agent-{k} did not start, so nothing did") as caught:
        simulation.start(crew(k, simulation, place, raises(error)), FUSE)
    assert caught.value.actor == f"agent-{k}"
    assert caught.value.__cause__ is error
    nothing_is_left(k)


@pytest.mark.parametrize("seconds", [2 * FUSE, math.inf])
@pytest.mark.parametrize("place", ["constructor", "on_start"])
@pytest.mark.parametrize("k", [0, 25, COUNT - 1])
def test_when_the_kth_hangs_at_the_start_it_is_given_up_in_time(
    k: int, place: str, seconds: float
) -> None:
    simulation = SimulatedDispatcher(seed=k)
    actors = crew(k, simulation, place, lambda: simulation.clock.advance(seconds))
    with pytest.raises(StartError, match=f"^agent-{k} did not start.*not ready after 5 s"):
        simulation.start(actors, FUSE)
    assert simulation.clock.now() <= FUSE
    assert ActorRegistry.get_all() == []


@pytest.mark.parametrize("where", ["act", "receive", "answer", "on_failure"])
@pytest.mark.parametrize("how", ["tell", "ask"])
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_message_it_is_that_messages_outcome(
    kind: type[BaseException], how: str, where: str
) -> None:
    simulation = SimulatedDispatcher()
    fragile = host("fragile", simulation, where, raises(kind("in a message")))
    bystanders = [host(f"bystander-{n}", simulation) for n in range(20)]
    simulation.start([fragile, *bystanders], FUSE)
    address, call = Address(fragile), RecordingCall()
    message: Any = {
        "act": Perceive(call, 0),
        "receive": Deliver(1, "break", "outside"),
        "answer": Question("break", "outside"),
        # What the host does not know raises a plain error, and then the hook its own.
        "on_failure": "unknown",
    }[where]
    if how == "tell":
        address.tell(message)
    else:
        with pytest.raises(AskError):
            address.ask(message, FUSE)
    if where == "act":
        assert [answer.how for answer in call.answers] == ["fail"]
    # Where nobody waits for an answer, the hook hears of it.
    assert fragile.heard_of == (how == "tell")
    for actor in (fragile, *bystanders):
        assert Address(actor).ask(Question("how are you", "outside"), FUSE) == "well"
    assert len(ActorRegistry.get_all()) == 21
    assert simulation.stop([fragile, *bystanders], FUSE) == []


@pytest.mark.parametrize("how", ["tell", "ask"])
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_stop_it_holds_nothing_up(kind: type[BaseException], how: str) -> None:
    simulation = SimulatedDispatcher()
    fragile = host("fragile", simulation, "on_stop", raises(kind("at the stop")))
    bystander = host("bystander", simulation)
    simulation.start([fragile, bystander], FUSE)
    if how == "ask":
        assert fragile.actor_ref.stop(timeout=FUSE) is True
    else:
        assert simulation.stop([fragile], FUSE) == []
    with pytest.raises(StoppedError):
        Address(fragile).ask(Question("how are you", "outside"), FUSE)
    assert Address(bystander).ask(Question("how are you", "outside"), FUSE) == "well"
    assert simulation.stop([fragile, bystander], FUSE) == []
    assert ActorRegistry.get_all() == []
