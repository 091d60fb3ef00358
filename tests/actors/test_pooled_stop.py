"""Actors on a pool all end, also those that were stuck, and leave nothing behind."""

from __future__ import annotations

import gc
import threading
from typing import Any

import psutil
import pytest
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import Seat
from antiphon.actors.mail.letters import NO_LETTERS
from antiphon.actors.pooled import PooledDispatcher
from antiphon.errors import StoppedError
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.actors.pooling import FAR, FUSE, Echo, Host, Idle, Start, dispatchers, wait_all
from antiphon.tests.actors.workers.sweeping import SweptRecorder

start = pytest.fixture(dispatchers)


def test_who_comes_back_after_it_was_abandoned_still_ends(let_go: threading.Event) -> None:
    class Hangs(Agent):
        def act(self, observation: Any, context: Context) -> int:
            let_go.wait(FUSE)
            return 1

    society = Society(dispatcher="pooled", timeout=0.1, grace=0.05)
    ids = society.add(Hangs, 3, host=Host)
    society.step(dict.fromkeys(ids))
    hosts = [h for h in society._running.ensemble._actors if isinstance(h, Host)]
    society.stop()
    assert sorted(society.abandoned) == sorted(ids)
    assert not any(host.stopped.is_set() for host in hosts)
    let_go.set()
    wait_all(*(host.stopped for host in hosts))
    assert [host.stops for host in hosts] == [1, 1, 1]


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
def test_with_no_grace_at_all_whoever_is_idle_still_ends(dispatcher: str) -> None:
    society = Society(dispatcher=dispatcher, grace=0.0)
    society.add(Idle, 20, host=Host)
    society.start()
    hosts = [h for h in society._running.ensemble._actors if isinstance(h, Host)]
    society.stop()
    wait_all(*(host.stopped for host in hosts))


def test_with_no_grace_those_who_are_stuck_keep_nobody_from_ending(
    let_go: threading.Event,
) -> None:
    class Hangs(Agent):
        def act(self, observation: Any, context: Context) -> int:
            let_go.wait(FUSE)
            return 1

    society = Society(dispatcher="pooled", grace=0.0, timeout=0.05, pool_interval=FAR)
    ids = [*society.add(Hangs, 1, host=Host), *society.add(Idle, 20, host=Host)]
    society.step({ids[0]: None})
    hosts = [h for h in society._running.ensemble._actors if isinstance(h, Host)]
    society.stop()
    wait_all(*(host.stopped for host in hosts[1:]))
    let_go.set()
    wait_all(hosts[0].stopped)


class Visited(SweptRecorder):
    """A round of one agent that is called where it is; knows when its worker has let it go."""

    def __init__(self) -> None:
        super().__init__(1)
        self.freed = threading.Event()

    def settle(self, *counted: Any) -> None:
        super().settle(*counted)
        self.freed.set()


class Waits(Idle):
    """Says that it acts, and goes on when it is let."""

    def __init__(self, let_go: threading.Event) -> None:
        self.acts = threading.Event()
        self._let_go = let_go

    def act(self, observation: Any, context: Context) -> int:
        self.acts.set()
        self._let_go.wait(FUSE)
        return 1


def visiting(host: Host, visit: Visited) -> PooledDispatcher:
    dispatcher = PooledDispatcher()
    dispatcher.start([host], FUSE)
    dispatcher.visit(visit, [host], [0])
    return dispatcher


def test_who_is_called_where_it_is_while_it_is_released_still_ends(
    let_go: threading.Event,
) -> None:
    agent, visit = Waits(let_go), Visited()
    host = Host(Seat("agent-1", lambda: agent))
    dispatcher = visiting(host, visit)
    wait_all(agent.acts)
    assert dispatcher.release([host], 0.0) == ["agent-1"]
    assert dispatcher.stop([host], 0.0) == ["agent-1"]
    assert not host.stopped.is_set()
    let_go.set()
    wait_all(host.stopped, visit.freed)
    assert host.stops == 1


@pytest.mark.parametrize("released", [False, True])
def test_who_comes_back_at_the_moment_in_which_it_is_abandoned_still_ends(
    released: bool,  # noqa: FBT001  a parameter of the test
    let_go: threading.Event,
) -> None:
    class ComesBack(Host):
        def abandon(self) -> None:
            super().abandon()
            let_go.set()
            wait_all(visit.freed)

    agent, visit = Waits(let_go), Visited()
    host = ComesBack(Seat("agent-1", lambda: agent))
    dispatcher = visiting(host, visit)
    wait_all(agent.acts)
    if released:
        dispatcher.release([host], 0.0)
    assert dispatcher.stop([host], 0.0) == ["agent-1"]
    wait_all(host.stopped)
    assert host.stops == 1


def test_an_agent_of_another_society_that_stops_one_waits_out_its_grace(
    let_go: threading.Event,
) -> None:
    begun, ended = threading.Event(), threading.Event()

    class Slow(Agent):
        def act(self, observation: Any, context: Context) -> int:
            begun.set()
            let_go.wait(FUSE)
            ended.set()
            return 1

    class Stops(Agent):
        def act(self, observation: Any, context: Context) -> list[str]:
            threading.Timer(0.2, let_go.set).start()
            other.stop()
            return 1

    other = Society(dispatcher="pooled", timeout=0.05, grace=FUSE)
    other.step(dict.fromkeys(other.add(Slow, 1)))
    wait_all(begun)
    with Society(dispatcher="pooled", timeout=FUSE) as society:
        assert society.step(dict.fromkeys(society.add(Stops, 1))).counts == {"acted": 1}
    assert ended.is_set()
    assert other.abandoned == []


def test_a_dispatcher_that_never_started_can_be_stopped() -> None:
    assert PooledDispatcher().stop([], FUSE) == []


def test_no_thread_is_left_after_the_stop(start: Start) -> None:
    before = set(threading.enumerate())
    actors = [Echo() for _ in range(50)]
    dispatcher = start(actors)
    for actor in actors:
        Address(actor).tell("hello")
    assert dispatcher.stop(actors, FUSE) == []
    assert set(threading.enumerate()) == before


def test_those_who_never_had_a_letter_have_no_queue_made_to_be_stopped(start: Start) -> None:
    idle, told = Echo(), Echo()
    dispatcher = start([idle, told])
    Address(told).tell("hello")
    dispatcher.stop([idle, told], FUSE)
    assert [actor.letters is NO_LETTERS for actor in (idle, told)] == [True, False]
    assert [actor.ended.is_set() for actor in (idle, told)] == [True, True]


class Counts(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        return observation


def what_is_held() -> tuple[int, int, int]:
    gc.collect()
    process = psutil.Process()
    return threading.active_count(), process.num_fds(), process.memory_info().rss


def start_play_stop(count: int, rounds: int) -> None:
    with Society(dispatcher="pooled", timeout=60.0, start_timeout=300.0, grace=60.0) as society:
        ids = society.add(Counts, count)
        for number in range(rounds):
            assert society.step(dict.fromkeys(ids, number)).counts == {"acted": count}
    assert society.abandoned == []


def leave_nothing(count: int, *, rss_bytes: int, rounds: int = 3, times: int = 3) -> None:
    # Once to warm up: the memory that the allocator keeps for the next time.
    start_play_stop(count, rounds)
    threads, descriptors, rss = what_is_held()
    for _ in range(times):
        start_play_stop(count, rounds)
    now = what_is_held()
    assert now[:2] == (threads, descriptors)
    assert now[2] - rss < rss_bytes


def test_a_thousand_actors_start_and_stop_and_leave_nothing() -> None:
    leave_nothing(1000, rss_bytes=4 << 20)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("count", "bounds"),
    [
        (10_000, {"rss_bytes": 16 << 20}),
        # A sixth of what they take; the allocator keeps some of it for the next time.
        (200_000, {"rss_bytes": 64 << 20, "rounds": 1, "times": 1}),
    ],
)
def test_many_thousands_start_and_stop_and_leave_nothing(
    count: int, bounds: dict[str, int]
) -> None:
    leave_nothing(count, **bounds)


def test_a_stopped_society_says_so_to_whoever_asks() -> None:
    actors = [Echo("echo")]
    dispatcher = PooledDispatcher()
    dispatcher.start(actors, FUSE)
    assert dispatcher.stop(actors, FUSE) == []
    with pytest.raises(StoppedError):
        Address(actors[0]).ask("still there?", FUSE)
