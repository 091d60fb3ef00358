"""Promise 6: all actors start, or none: a typed error, and nothing is left of the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import pykka
import pytest
from antiphon.actors import threaded
from antiphon.actors.actor import Actor
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.limits import ThreadLimit, thread_limit
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.actors.workers.pool import Pool
from antiphon.errors import StartError, TooManyActorsError
from antiphon.models.agent import Agent, Context
from antiphon.tests.actors.workers.sweeping import Interrupts
from pykka import ActorRegistry

COUNT = 50
FUSE = 5.0
HANG = 0.05
"""Seconds after which a start that hangs is given up."""


class Idle(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        return 0


class Host(AgentActor):
    def on_start(self) -> None:
        super().on_start()
        started.append(self.name)

    def on_stop(self) -> None:
        stopped.append(self.name)


started: list[str] = []
stopped: list[str] = []


def crew(k: int, create: Callable[[], Agent] = Idle, host: type[Host] = Host) -> list[Actor]:
    """Fifty hosts, the kth of which is another."""
    started.clear()
    stopped.clear()
    return [
        (host if n == k else Host)(Seat(f"agent-{n}", create if n == k else Idle))
        for n in range(COUNT)
    ]


class Baseline:
    """What this process holds, before and after."""

    def __init__(self) -> None:
        self.before = self.now()

    def now(self) -> tuple[Any, ...]:
        return set(ActorRegistry.get_all()), psutil.Process().num_fds()

    def check(self) -> None:
        assert self.now() == self.before
        self.join()

    def join(self) -> None:
        left = [t for t in threading.enumerate() if t.name.startswith("agent-")]
        for thread in left:
            thread.join(FUSE)
        assert not any(thread.is_alive() for thread in left)


@pytest.fixture(params=[ThreadedDispatcher, PooledDispatcher, InlineDispatcher])
def dispatcher(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.mark.parametrize(
    "error", [ValueError("why"), pykka.Timeout("why"), SystemExit("why"), GeneratorExit("why")]
)
@pytest.mark.parametrize("place", ["constructor", "on_start"])
@pytest.mark.parametrize("k", [0, 1, 25, COUNT - 1])
def test_when_the_kth_raises_nothing_is_left(
    k: int, place: str, error: BaseException, dispatcher: Any
) -> None:
    def create() -> Agent:
        raise error

    class Failing(Host):
        def on_start(self) -> None:
            raise error

    actors = crew(k, create) if place == "constructor" else crew(k, host=Failing)
    baseline = Baseline()
    with pytest.raises(StartError, match=f"agent-{k} did not start, so nothing did: ") as caught:
        dispatcher.start(actors, FUSE)
    assert caught.value.actor == f"agent-{k}"
    assert caught.value.__cause__ is error
    baseline.check()
    # One after another, in order; who was started is stopped, and nobody else is touched.
    assert started == [f"agent-{n}" for n in range(k)]
    assert sorted(stopped) == sorted(started)


@pytest.mark.parametrize("k", [0, 25, COUNT - 1])
@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_when_the_kth_gets_no_thread_nothing_is_left(
    k: int, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    actors = crew(k)
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == f"agent-{k}":
            raise error
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    baseline = Baseline()
    with pytest.raises(StartError, match=f"agent-{k} did not start") as caught:
        ThreadedDispatcher().start(actors, FUSE)
    assert caught.value.__cause__ is error
    baseline.check()


@pytest.mark.parametrize("place", ["constructor", "on_start"])
@pytest.mark.parametrize("k", [0, 25, COUNT - 1])
@pytest.mark.parametrize("threads", [ThreadedDispatcher, PooledDispatcher])
def test_when_the_kth_hangs_it_is_given_up_in_time(threads: Any, k: int, place: str) -> None:
    let_go, hung = threading.Event(), threading.Event()

    def create() -> Agent:
        hung.set()
        let_go.wait(FUSE)
        return Idle()

    class Hanging(Host):
        def on_start(self) -> None:
            hung.set()
            let_go.wait(FUSE)

    actors = crew(k, create) if place == "constructor" else crew(k, host=Hanging)
    baseline = Baseline()
    # Many starts share the time; a slow machine is not to spend it before the kth.
    with pytest.raises(StartError, match=f"agent-{k} did not start.*: not ready after") as caught:
        threads().start(actors, HANG if k == 0 else 0.5)
    assert hung.is_set()
    assert caught.value.actor == f"agent-{k}"
    assert ActorRegistry.get_all() == []
    let_go.set()
    baseline.check()


@pytest.mark.parametrize("k", [1, 25])
def test_ctrl_c_while_actors_start_is_ctrl_c_and_nothing_is_left(
    k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    actors = crew(k)
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        if thread.name == f"agent-{k}":
            raise KeyboardInterrupt
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    baseline = Baseline()
    with pytest.raises(KeyboardInterrupt):
        ThreadedDispatcher().start(actors, FUSE)
    baseline.check()


STARTS = {
    ThreadedDispatcher: [ThreadedDispatcher.start, ThreadedDispatcher._start],
    PooledDispatcher: [
        PooledDispatcher.start,
        PooledDispatcher._open,
        PooledDispatcher._run,
        Pool._start_thread_of,
    ],
    InlineDispatcher: [
        InlineDispatcher.start,
        InlineDispatcher._start,
        InlineDispatcher._run_those_who_have_letters,
    ],
}
"""What brings actors to life on the main thread, by dispatcher, but for what has a ``with`` in it:
between the last instruction of that and the call that ends it Python lets no signal in."""
_RETURN = 2
"""Instructions by which a function returns nothing; in between Python lets no signal in."""


def play_interrupted_start(kind: Any, nth: int) -> int | None:
    """Have Ctrl-C come at an instruction; how many were left after it, None if all lived."""
    actors, baseline, dispatcher = crew(-1)[:4], Baseline(), kind()
    with Interrupts(STARTS[kind], nth) as interrupts, suppress(KeyboardInterrupt):
        dispatcher.start(actors, FUSE)
    if not interrupts.raised:
        dispatcher.stop(actors, FUSE)
        return interrupts._left
    assert ActorRegistry.get_all() == []
    baseline.check()
    assert sorted(stopped) == sorted(started), f"at instruction {nth}"
    return None


@pytest.mark.parametrize("kind", STARTS)
def test_ctrl_c_at_any_instruction_of_a_start_leaves_nobody(kind: Any) -> None:
    many = 10_000
    left = play_interrupted_start(kind, many)
    assert left is not None
    for nth in range(many - left - _RETURN):
        assert play_interrupted_start(kind, nth) is None


def test_when_a_take_over_fails_nobody_is_left_either(monkeypatch: pytest.MonkeyPatch) -> None:
    actors = crew(-1)
    inline = InlineDispatcher()
    inline.start(actors, FUSE)
    inline.release(actors, FUSE)
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "agent-25":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    baseline = Baseline()
    with pytest.raises(StartError, match="agent-25 did not start"):
        ThreadedDispatcher().start(actors, FUSE)
    assert ActorRegistry.get_all() == []
    baseline.join()
    assert sorted(stopped) == sorted(actor.name for actor in actors)


# More than the machine bears


def test_more_actors_than_threads_are_refused_before_one_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threaded, "thread_limit", lambda: ThreadLimit(49, "a test says so"))
    actors = crew(-1)
    with pytest.raises(TooManyActorsError, match=r"50 threaded actors.*about 49 more") as caught:
        ThreadedDispatcher().start(actors, FUSE)
    assert started == []
    assert "dispatcher='inline'" in str(caught.value)
    assert (caught.value.wanted, caught.value.limit) == (50, 49)


def test_the_machine_says_how_many_threads_it_bears() -> None:
    limit = thread_limit()
    assert 0 < limit.threads < 10_000_000
    assert limit.reason


def test_all_start_in_order_and_stop_within_the_grace(dispatcher: Any) -> None:
    actors = crew(-1)
    baseline = Baseline()
    dispatcher.start(actors, FUSE)
    assert started == [actor.name for actor in actors]
    assert len(ActorRegistry.get_all()) == COUNT
    assert dispatcher.stop(actors, FUSE) == []
    assert sorted(stopped) == sorted(started)
    baseline.check()
