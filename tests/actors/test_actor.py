"""The base actor: contained, woken in time, stopped once; by hand and on one thread."""

from __future__ import annotations

import threading
from typing import Any

import pykka
import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.failures import describe
from antiphon.actors.future import Future
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.mailbox import Letter
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.clock import ManualClock
from antiphon.errors import AskError, AskTimeoutError, StoppedError
from pykka import ActorRegistry

FUSE = 10.0


class Unspeakable(Exception):  # noqa: N818  its name is its fault
    """An error that raises when somebody wants to read it."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class UnspeakableBase(BaseException):
    def __str__(self) -> str:
        raise SystemExit


class Scripted(Actor):
    """Does what its messages say, and keeps what happened."""

    def __init__(self, name: str = "scripted", **options: Any) -> None:
        super().__init__(name, **options)
        self.life: list[Any] = []
        self.in_hand = threading.Event()

    def on_receive(self, message: Any) -> Any:
        self.life.append(message)
        match message:
            case BaseException():
                raise message
            case threading.Event():
                self.in_hand.set()
                message.wait(FUSE)
        return message

    def on_failure(self, kind: Any, error: Any, traceback: Any) -> None:
        self.life.append(("failed", kind))

    def on_stop(self) -> None:
        self.life.append("stopped")

    def on_wake(self) -> None:
        self.life.append("woke")


def running(actor: Actor) -> ThreadedDispatcher:
    dispatcher = ThreadedDispatcher()
    dispatcher.start([actor], FUSE)
    return dispatcher


# By hand


def test_what_nobody_waits_for_goes_to_on_failure() -> None:
    actor = Scripted()
    actor.handle(Letter(ValueError("told")))
    assert actor.life[1:] == [("failed", ValueError)]


@pytest.mark.parametrize("error", [ValueError("asked"), Unspeakable()])
def test_what_somebody_waits_for_goes_to_them_alone(error: Exception) -> None:
    actor, answer = Scripted(), Future[Any]()
    actor.handle(Letter(error, answer))
    with pytest.raises(type(error)):
        answer.get(timeout=0)
    assert actor.life == [error]


@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, UnspeakableBase])
def test_nobodys_exit_ends_somebody_else(kind: type[BaseException]) -> None:
    actor, answer = Scripted(), Future[Any]()
    actor.handle(Letter(kind(), answer))
    with pytest.raises(AskError, match="scripted raised") as caught:
        answer.get(timeout=0)
    assert isinstance(caught.value.__cause__, kind)


@pytest.mark.parametrize("kind", [Unspeakable, UnspeakableBase])
def test_an_error_that_cannot_be_printed_is_described_all_the_same(
    kind: type[BaseException],
) -> None:
    assert describe(kind()) == f"{kind.__name__}: it cannot be printed"
    actor = Scripted()
    actor.handle(Letter(kind()))
    assert actor.life[1:] == [("failed", kind)]


def test_ctrl_c_while_an_error_is_described_is_not_lost() -> None:
    class Slow(Exception):  # noqa: N818  its name is its fault
        def __str__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        describe(Slow())


def test_an_error_is_described_in_one_line() -> None:
    assert describe(ValueError("why")) == "ValueError: why"
    assert describe(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_an_on_failure_that_fails_is_contained() -> None:
    class Worse(Scripted):
        def on_failure(self, *info: Any) -> None:
            raise SystemExit("worse")

    actor = Worse()
    actor.handle(Letter(ValueError()))
    actor.handle(Letter("goes on"))
    assert actor.life[1:] == ["goes on"]


def test_a_wake_that_fails_is_contained() -> None:
    class Sleepy(Scripted):
        def on_wake(self) -> None:
            raise SystemExit("sleepy")

    actor = Sleepy()
    actor.wake_at = 1.0
    actor.wake()
    assert actor.wake_at is None


def test_ctrl_c_in_the_main_thread_is_not_contained() -> None:
    with pytest.raises(KeyboardInterrupt):
        Scripted().handle(Letter(KeyboardInterrupt()))


def test_finish_runs_on_stop_once_and_refuses_what_waits() -> None:
    actor, answer = Scripted(), Future[Any]()
    actor.actor_inbox.put(Letter("waits", answer))
    actor.finish()
    actor.finish()
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=0)
    assert actor.life == ["stopped"]
    assert actor.ended.is_set()


# On a thread


def test_stop_overtakes_the_backlog() -> None:
    actor, let_go = Scripted(), threading.Event()
    dispatcher = running(actor)
    address = Address(actor)
    address.tell(let_go)
    assert actor.in_hand.wait(FUSE)
    for number in range(100):
        address.tell(number)
    actor.request_stop()
    let_go.set()
    assert actor.ended.wait(FUSE)
    assert actor.life == [let_go, "stopped"]
    assert dispatcher.stop([actor], FUSE) == []


def test_wake_at_is_kept_without_a_message() -> None:
    woken = threading.Event()

    class Alarm(Scripted):
        def on_start(self) -> None:
            self.wake_at = self.clock.now() + 0.01

        def on_wake(self) -> None:
            woken.set()

    actor = Alarm()
    dispatcher = running(actor)
    assert woken.wait(FUSE)
    assert dispatcher.stop([actor], FUSE) == []


def test_a_flood_of_letters_does_not_hold_a_deadline_up() -> None:
    class Flooded(Scripted):
        def on_start(self) -> None:
            self.wake_at = self.clock.now()

    actor = Flooded()
    for number in range(100):
        actor.actor_inbox.put(Letter(number))
    dispatcher = running(actor)
    Address(actor).ask("read all", FUSE)
    dispatcher.stop([actor], FUSE)
    assert actor.life[:2] == ["woke", 0]


@pytest.mark.parametrize("wake_at", [1e12, float("inf")])
def test_a_deadline_beyond_what_locks_can_wait_for_is_no_error(wake_at: float) -> None:
    actor = Scripted()
    actor.wake_at = wake_at
    dispatcher = running(actor)
    assert Address(actor).ask("alive", FUSE) == "alive"
    assert dispatcher.stop([actor], FUSE) == []


def test_a_clock_of_ones_own_decides_when_to_wake() -> None:
    clock = ManualClock(100.0)
    actor = Scripted(clock=clock)
    actor.wake_at = 101.0
    dispatcher = running(actor)
    address = Address(actor)
    address.ask("early", FUSE)
    clock.advance(1.0)
    actor.actor_inbox.wake()
    address.ask("late", FUSE)
    dispatcher.stop([actor], FUSE)
    assert actor.life == ["early", "woke", "late", "stopped"]


# Addresses


def test_an_address_asks_and_gives_errors_of_ours() -> None:
    actor = Scripted("agent-1")
    dispatcher = running(actor)
    address = Address(actor)
    assert address.ask("hello", FUSE) == "hello"
    with pytest.raises(AskError, match="agent-1 raised ValueError: why") as caught:
        address.ask(ValueError("why"), FUSE)
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(AskError, match="agent-1 raised Unspeakable"):
        address.ask(Unspeakable(), FUSE)
    let_go = threading.Event()
    address.tell(let_go)
    with pytest.raises(AskTimeoutError, match=r"agent-1 did not answer within 0\.01 s"):
        address.ask("busy", 0.01)
    let_go.set()
    dispatcher.stop([actor], FUSE)
    with pytest.raises(StoppedError, match="agent-1 has stopped"):
        address.ask("dead", FUSE)
    address.tell("dead")


# Dispatchers


def test_an_agent_may_stop_the_dispatcher_that_runs_it() -> None:
    class Quits(Scripted):
        def on_receive(self, message: Any) -> Any:
            left.extend(dispatcher.stop([self, *others], FUSE))
            stopped.set()

    left: list[str] = []
    stopped = threading.Event()
    actor, others = Quits("quits"), [Scripted("other-1"), Scripted("other-2")]
    dispatcher = ThreadedDispatcher()
    dispatcher.start([actor, *others], FUSE)
    Address(actor).tell("quit")
    assert stopped.wait(FUSE)
    assert left == ["quits"]
    assert actor.ended.wait(FUSE)
    assert [other.life for other in others] == [["stopped"]] * 2


def test_who_is_not_back_within_the_grace_is_abandoned_and_named() -> None:
    hung, quick, let_go = Scripted("hung"), Scripted("quick"), threading.Event()
    dispatcher = ThreadedDispatcher()
    dispatcher.start([hung, quick], FUSE)
    Address(hung).tell(let_go)
    assert hung.in_hand.wait(FUSE)
    assert dispatcher.stop([hung, quick], 0.01) == ["hung"]
    with pytest.raises(StoppedError):
        Address(hung).ask("anybody there", FUSE)
    assert ActorRegistry.get_by_class(Scripted) == []
    let_go.set()


def test_letters_that_wait_move_from_threads_to_inline() -> None:
    actor, let_go = Scripted(), threading.Event()
    threaded, inline = running(actor), InlineDispatcher()
    address = Address(actor)
    address.tell(let_go)
    assert actor.in_hand.wait(FUSE)
    address.tell("waits")
    actor.release()
    let_go.set()
    assert threaded.release([actor], FUSE) == []
    inline.start([actor], FUSE)
    assert address.ask("asked", 0) == "asked"
    assert actor.life == [let_go, "waits", "asked"]
    inline.stop([actor], 0)


def test_letters_that_wait_move_from_inline_to_threads() -> None:
    actor = Scripted()
    inline, threaded = InlineDispatcher(), ThreadedDispatcher()
    inline.start([actor], FUSE)
    address = Address(actor)
    assert address.ask(1, 0) == 1
    inline.release([actor], FUSE)
    address.tell(2)
    threaded.start([actor], FUSE)
    assert address.ask(3, FUSE) == 3
    assert actor.life == [1, 2, 3]
    assert threaded.stop([actor], FUSE) == []


def test_an_actor_that_was_released_and_taken_over_by_nobody_still_stops() -> None:
    actor = Scripted()
    dispatcher = running(actor)
    dispatcher.release([actor], FUSE)
    assert dispatcher.stop([actor], FUSE) == []
    assert actor.life == ["stopped"]
    with pytest.raises(StoppedError):
        Address(actor).ask("dead", FUSE)


def test_run_inline_nobody_waits_for_ones_own_message_to_be_handled() -> None:
    class Chain(Scripted):
        following: Any = None

        def on_receive(self, message: Any) -> Any:
            order.append(("in", self.name))
            if self.following is not None:
                self.following.tell(message)
            order.append(("out", self.name))

    order: list[tuple[str, str]] = []
    first, second = Chain("first"), Chain("second")
    inline = InlineDispatcher()
    inline.start([first, second], FUSE)
    first.following = Address(second)
    Address(first).tell("go")
    # No deeper stack with each actor: one is done before the next begins.
    assert order == [("in", "first"), ("out", "first"), ("in", "second"), ("out", "second")]
    inline.stop([first, second], 0)


def test_ctrl_c_inline_holds_the_others_back_and_loses_none_of_their_letters() -> None:
    class Fan(Scripted):
        def on_receive(self, message: Any) -> Any:
            targets[0].tell(KeyboardInterrupt())
            targets[1].tell("waits")

    fan, one, two = Fan("fan"), Scripted("one"), Scripted("two")
    targets = [Address(one), Address(two)]
    inline = InlineDispatcher()
    inline.start([fan, one, two], FUSE)
    with pytest.raises(KeyboardInterrupt):
        Address(fan).tell("go")
    assert two.life == []
    assert targets[0].ask("goes on", 0) == "goes on"
    assert targets[1].ask("asked", 0) == "asked"
    assert two.life == ["waits", "asked"]
    inline.stop([fan, one, two], 0)


def test_ctrl_c_during_an_inline_start_is_ctrl_c_and_leaves_nobody_behind() -> None:
    class Interrupted(Scripted):
        def on_start(self) -> None:
            raise KeyboardInterrupt

    first = Scripted("first")
    with pytest.raises(KeyboardInterrupt):
        InlineDispatcher().start([first, Interrupted("second")], FUSE)
    assert first.life == ["stopped"]
    assert ActorRegistry.get_by_class(Scripted) == []
    assert ActorRegistry.get_by_class(Interrupted) == []
