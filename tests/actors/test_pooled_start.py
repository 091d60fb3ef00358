"""Actors on a pool start all or none, and nothing told or set at the start is lost."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import Seat
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.pooled import PooledDispatcher
from antiphon.errors import StartError
from antiphon.tests.actors.pooling import FUSE, Host, Idle, Start, dispatchers, wait_all
from pykka import ActorRegistry

start = pytest.fixture(dispatchers)


def refuse_threads(patch: pytest.MonkeyPatch, prefix: str, error: Exception) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(prefix):
            raise error
        start(thread)

    patch.setattr(threading.Thread, "start", refuse)


@pytest.mark.parametrize("taken_over", [False, True])
@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
@pytest.mark.parametrize("prefix", ["worker", "pool-watch"])
def test_without_a_thread_nobody_starts_and_the_caller_knows_at_once(
    prefix: str,
    error: Exception,
    taken_over: bool,  # noqa: FBT001  a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = [Host(Seat(f"agent-{n}", Idle)) for n in range(5)]
    if taken_over:
        inline = InlineDispatcher()
        inline.start(hosts, FUSE)
        inline.release(hosts, FUSE)
        Address(hosts[2]).tell("a letter under way")
    refuse_threads(monkeypatch, prefix, error)
    before = time.monotonic()
    with pytest.raises(StartError, match="agent-0 did not start, so nothing did"):
        PooledDispatcher().start(hosts, FUSE)
    assert time.monotonic() - before < FUSE / 2
    assert ActorRegistry.get_all() == []
    assert [host.stops for host in hosts] == [int(taken_over)] * 5


def test_a_start_that_comes_back_after_it_was_given_up_still_ends(
    let_go: threading.Event,
) -> None:
    class Late(Host):
        def on_start(self) -> None:
            super().on_start()
            if self.name == "agent-1":
                let_go.wait(FUSE)

    hosts = [Late(Seat(f"agent-{n}", Idle)) for n in range(3)]
    with pytest.raises(StartError, match="agent-1 did not start"):
        PooledDispatcher().start(hosts, 0.2)
    # Who lived already does not wait for who hangs.
    wait_all(hosts[0].stopped)
    assert not hosts[1].stopped.is_set()
    let_go.set()
    wait_all(hosts[1].stopped)
    assert [host.stops for host in hosts] == [1, 1, 0]
    assert ActorRegistry.get_all() == []


def test_a_time_set_at_the_start_is_kept(start: Start) -> None:
    woken = threading.Event()

    class Wakes(Actor):
        def on_start(self) -> None:
            self.wake_at = self.clock.now() + 0.01

        def on_wake(self) -> None:
            woken.set()

    start([Wakes()])
    wait_all(woken)


def test_what_actors_that_start_tell_one_another_arrives(start: Start) -> None:
    heard = threading.Event()

    class Greets(Actor):
        def on_start(self) -> None:
            Address(greeted).tell("here I am")

    class Greeted(Actor):
        def on_receive(self, message: Any) -> None:
            heard.set()

    greeted = Greeted()
    start([Greets(), greeted])
    wait_all(heard)
