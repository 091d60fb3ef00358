"""Actors go from a pool to another dispatcher with all their letters, never in two threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.actors import pooled as pooled_module
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.messages import Question
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.actors.turn import is_taken
from antiphon.actors.workers import pool as pool_module
from antiphon.actors.workers import pool_watch as watch_module
from antiphon.actors.workers.pool import PoolLimits
from antiphon.models.agent import Context
from antiphon.tests.actors.pooling import FAR, FUSE, Echo, Idle, Start, dispatchers, wait_all
from antiphon.tests.actors.stepping import Stepper, at_random, caught_by, file_of, stepping

start = pytest.fixture(dispatchers)


class Keeps(Actor):
    """Keeps what it is told; waits first if it has to."""

    gate: threading.Event | None = None

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.kept: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if message == "kept":
            return list(self.kept)
        if message == "wait":
            assert self.gate is not None
            self.gate.wait(FUSE)
        self.kept.append(message)
        return None


@pytest.mark.parametrize("then", [InlineDispatcher, ThreadedDispatcher, PooledDispatcher])
def test_letters_that_wait_for_a_worker_are_the_next_dispatchers(then: Any) -> None:
    busy, keeper = Keeps("busy"), Keeps("keeper")
    actors = [busy, keeper]
    before = PooledDispatcher(PoolLimits(maximum=1, interval=FAR))
    before.start(actors, FUSE)
    gate = busy.gate = threading.Event()
    Address(busy).tell("wait")
    for number in range(100):
        Address(keeper).tell(number)
    threading.Timer(0.05, gate.set).start()
    assert before.release(actors, FUSE) == []
    after = then()
    after.start(actors, FUSE)
    assert Address(keeper).ask("kept", FUSE) == list(range(100))
    assert Address(busy).ask("kept", FUSE) == ["wait"]
    assert after.stop(actors, FUSE) == []


def test_who_has_stopped_by_itself_does_not_count_as_busy(start: Start) -> None:
    class Leaves(Actor):
        def on_receive(self, message: Any) -> None:
            self.request_stop()

    gone, other = Leaves("gone"), Echo("other")
    dispatcher = start([gone, other])
    Address(gone).tell("go")
    wait_all(gone.ended)
    assert dispatcher.release([gone, other], FUSE) == []


def test_who_is_at_work_when_it_is_released_is_never_in_two_threads(
    let_go: threading.Event,
) -> None:
    inside, crossed = threading.Event(), list[str]()

    class Listens(AgentActor):
        def on_stop(self) -> None:
            if inside.is_set():
                crossed.append("on_stop")
            ended.set()

    class Agent1(Idle):
        def answer(self, question: Any, sender: str, context: Context) -> None:
            inside.set()
            begun.set()
            let_go.wait(FUSE)
            inside.clear()

    begun, ended = threading.Event(), threading.Event()
    actor = Listens(Seat("agent-1", Agent1))
    dispatcher = PooledDispatcher()
    dispatcher.start([actor], FUSE)
    Address(actor).tell(Question("long?", "outside"))
    wait_all(begun)
    assert dispatcher.release([actor], 0.05) == ["agent-1"]
    assert dispatcher.stop([actor], 0.05) == ["agent-1"]
    let_go.set()
    wait_all(ended)
    assert crossed == []


class Handover:
    """A letter that is put while the actors change hands, stepped line by line."""

    def __init__(self, kind: type[PooledDispatcher], seed: int) -> None:
        self.kind = kind
        modules = (pool_module, watch_module, pooled_module)
        files = [file_of(module) for module in modules]
        self.stepper = Stepper(files, at_random(seed), patience=200)
        self.modules = modules

    def run(self) -> None:
        with stepping(self.stepper, *self.modules):
            self.actor = Keeps("keeper")
            self.dispatchers = [self.kind(PoolLimits(patience=threading.TIMEOUT_MAX)) for _ in "ab"]
            self.gate = self.stepper.event()
            first, second = self.dispatchers
            first._open([self.actor])
            self.actor.begin()
            first._run([self.actor])
            self.stepper.start(self.put)
            self.stepper.start(self.hand_over, first, second)
            self.stepper.run()
            assert self.actor.kept == [1, 2]
            assert not is_taken(self.actor.turn)
            self.stepper.start(self.end, second)
            self.stepper.run()
            assert not self.stepper.stuck

    def put(self) -> None:
        Address(self.actor).tell(1)
        Address(self.actor).tell(2)

    def hand_over(self, first: PooledDispatcher, second: PooledDispatcher) -> None:
        # A letter in the middle of being announced keeps the turn for a moment.
        assert first.release([self.actor], FAR) == []
        second._open([self.actor])
        second._run([self.actor])

    def end(self, dispatcher: PooledDispatcher) -> None:
        dispatcher._watch.stop()
        dispatcher._pool.stop()


def test_a_letter_put_while_actors_change_hands_is_read_whatever_the_order_of_steps() -> None:
    for seed in range(80):
        Handover(PooledDispatcher, seed).run()


class KeepsWhatItSubmitted(PooledDispatcher):
    def _withdraw(self) -> None:
        pass


def test_a_dispatcher_that_keeps_what_nobody_has_begun_is_caught() -> None:
    assert caught_by(lambda seed: Handover(KeepsWhatItSubmitted, seed).run(), range(1000))
