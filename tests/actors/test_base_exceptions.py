"""Promise 2: whatever derives from BaseException is contained where it is raised.

Each case is resolved within a second, twenty bystanders go on, and the registry holds the
actors that have threads and no other.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.dispatcher import Dispatcher
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.messages import Deliver, Perceive, Question
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.errors import AskError, StartError, StoppedError
from antiphon.models.agent import Agent, Context
from antiphon.testing import RecordingCall
from pykka import ActorRegistry

FUSE = 1.0
"""Seconds that the promise gives each case."""


class Custom(BaseException):
    pass


KINDS = [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, Custom]


class Fragile(Agent):
    """Raises in one of its methods."""

    def __init__(self, breaks_in: str, error: BaseException) -> None:
        self.breaks_in = breaks_in
        self.error = error
        self._break("constructor")

    def _break(self, where: str) -> None:
        if where == self.breaks_in:
            raise self.error

    def act(self, observation: Any, context: Context) -> Any:
        self._break("act")
        return 1

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self._break("receive")

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        if question == "break":
            self._break("answer")
        return "well"


class FragileHost(AgentActor):
    """Raises in one of its hooks."""

    breaks_in = ""
    error: BaseException

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.failures: list[BaseException] = []

    def _break(self, where: str) -> None:
        if where == self.breaks_in:
            raise self.error

    def on_start(self) -> None:
        super().on_start()
        self._break("on_start")

    def on_stop(self) -> None:
        self._break("on_stop")

    def on_failure(self, kind: Any, error: Any, traceback: Any) -> None:
        self.failures.append(error)
        self._break("on_failure")


class Bystander(Actor):
    def on_receive(self, message: Any) -> Any:
        return message


def host(where: str, error: BaseException) -> FragileHost:
    actor = FragileHost(Seat("agent-1", lambda: Fragile(where, error)))
    actor.breaks_in, actor.error = where, error
    return actor


@pytest.fixture
def bystanders() -> Iterator[list[Bystander]]:
    dispatcher = ThreadedDispatcher()
    actors = [Bystander(f"bystander-{n}") for n in range(20)]
    dispatcher.start(actors, FUSE)
    yield actors
    assert dispatcher.stop(actors, FUSE) == []


@pytest.fixture(params=[ThreadedDispatcher, PooledDispatcher, InlineDispatcher])
def dispatcher(request: pytest.FixtureRequest) -> Dispatcher:
    make: Callable[[], Dispatcher] = request.param
    return make()


def hold_together(bystanders: list[Bystander], *living: FragileHost) -> None:
    assert [Address(actor).ask(n, FUSE) for n, actor in enumerate(bystanders)] == list(range(20))
    registered = {ref.actor_urn for ref in ActorRegistry.get_all()}
    assert registered == {actor.actor_urn for actor in (*bystanders, *living)}
    threads = {thread.name for thread in threading.enumerate()}
    assert {actor.name for actor in bystanders} <= threads


def skip_ctrl_c(kind: type[BaseException], dispatcher: Dispatcher) -> None:
    if kind is KeyboardInterrupt and isinstance(dispatcher, InlineDispatcher):
        pytest.skip("run inline, in the main thread, it is the user who means us")


@pytest.mark.parametrize("where", ["constructor", "on_start"])
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_start_it_is_the_callers_typed_error(
    kind: type[BaseException], where: str, dispatcher: Dispatcher, bystanders: list[Bystander]
) -> None:
    skip_ctrl_c(kind, dispatcher)
    error = kind("at the start")
    with pytest.raises(StartError, match=f"agent-1 did not start.*{kind.__name__}") as caught:
        dispatcher.start([host(where, error)], FUSE)
    assert caught.value.actor == "agent-1"
    assert caught.value.__cause__ is error
    hold_together(bystanders)


@pytest.mark.parametrize("where", ["act", "receive", "answer", "on_failure"])
@pytest.mark.parametrize("how", ["tell", "ask"])
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_message_it_is_that_messages_outcome(
    kind: type[BaseException],
    where: str,
    how: str,
    dispatcher: Dispatcher,
    bystanders: list[Bystander],
) -> None:
    skip_ctrl_c(kind, dispatcher)
    error = kind("in a message")
    actor = host(where, error)
    dispatcher.start([actor], FUSE)
    address, call = Address(actor), RecordingCall()
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
    assert address.ask(Question("how are you", "outside"), FUSE) == "well"
    if where == "act":
        assert call.answers[0].how == "fail"
    # Where nobody waits for an answer, the hook hears of it.
    assert len(actor.failures) == (how == "tell")
    hold_together(bystanders, actor)
    assert dispatcher.stop([actor], FUSE) == []


@pytest.mark.parametrize("how", ["tell", "ask"])
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_stop_it_holds_nothing_up(
    kind: type[BaseException], how: str, dispatcher: Dispatcher, bystanders: list[Bystander]
) -> None:
    skip_ctrl_c(kind, dispatcher)
    actor = host("on_stop", kind("at the stop"))
    dispatcher.start([actor], FUSE)
    if how == "tell":
        assert dispatcher.stop([actor], FUSE) == []
    else:
        assert actor.actor_ref.stop(timeout=FUSE) is True
        assert actor.ended.wait(FUSE)
        assert dispatcher.stop([actor], FUSE) == []
    with pytest.raises(StoppedError):
        Address(actor).ask(Question("how are you", "outside"), FUSE)
    hold_together(bystanders)


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_is_answered_once_whatever_act_raises(
    kind: type[BaseException], dispatcher: Dispatcher
) -> None:
    skip_ctrl_c(kind, dispatcher)
    error, call = kind("in act"), RecordingCall()
    actor = host("act", error)
    dispatcher.start([actor], FUSE)
    Address(actor).tell(Perceive(call, 3))
    assert call.wait_answered(FUSE)
    assert dispatcher.stop([actor], FUSE) == []
    (answer,) = call.answers
    assert (answer.index, answer.how) == (3, "fail")
    assert error in (answer.value, answer.value.__cause__)
