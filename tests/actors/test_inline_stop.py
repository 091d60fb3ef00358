"""Actors without threads, stopped by another thread while the main one runs them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.inline import InlineDispatcher
from antiphon.errors import StoppedError
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.actors.pooling import FUSE, Host, Idle, wait_all
from antiphon.tests.society.cast import Does, Ring
from pykka import ActorRegistry


def two_stop(society: Society, when: threading.Event) -> list[threading.Thread]:
    def stop() -> None:
        when.wait(FUSE)
        society.stop()

    stoppers = [threading.Thread(target=stop) for _ in range(2)]
    for stopper in stoppers:
        stopper.start()
    return stoppers


def stopped_at(nth: int, grace: float = FUSE) -> Society:
    """Play until two others, told of the nth call, have stopped the society."""
    now, calls = threading.Event(), [0]

    def act(seen: Any, context: Context) -> int:
        calls[0] += 1
        if calls[0] == nth:
            now.set()
        return 1

    society = Society(Ring(), dispatcher="inline", grace=grace, tables=False)
    society.add(Does, act=act)
    stoppers = two_stop(society, now)
    with pytest.raises(StoppedError):
        society.run(10**6)
    for stopper in stoppers:
        stopper.join(FUSE)
    return society


FIRST = 20
STOPS = [*range(1, FIRST), *[pytest.param(n, marks=pytest.mark.soak) for n in range(FIRST, 214)]]


@pytest.mark.parametrize("nth", STOPS)
@pytest.mark.usefixtures("restless")
def test_a_stop_at_any_moment_of_a_run_ends_it_and_leaves_nobody(nth: int) -> None:
    assert stopped_at(nth).abandoned == []
    assert ActorRegistry.get_all() == []


def test_a_stop_does_not_wait_for_all_who_are_still_to_act() -> None:
    now, acted = threading.Event(), list[str]()

    def act(seen: Any, context: Context) -> int:
        acted.append(context.agent_id)
        now.set()
        assert last.actor_stopped.wait(FUSE)
        return 1

    society = Society(dispatcher="inline", grace=FUSE)
    ids = society.add(Does, 300, act=act)
    society.start()
    last = society._running.ensemble._hosts[ids[-1]]
    stoppers = two_stop(society, now)
    with pytest.raises(StoppedError):
        society.step(dict.fromkeys(ids))
    for stopper in stoppers:
        stopper.join(FUSE)
    assert len(acted) == 1
    assert society.abandoned == []


class Long(Agent):
    """Acts, hears and answers until it is let go."""

    def __init__(self, let_go: threading.Event) -> None:
        self.begun = threading.Event()
        self._let_go = let_go

    def act(self, observation: Any, context: Context) -> int:
        self.begun.set()
        self._let_go.wait(FUSE)
        return 1

    def answer(self, question: Any, sender: str, context: Context) -> int:
        return self.act(question, context)


def step(society: Society) -> None:
    society.step({"long": None, "idle": None})


def ask(society: Society) -> None:
    society.ask("long", "how are you?")


@pytest.mark.parametrize("use", [step, ask])
def test_who_does_not_come_back_is_abandoned_and_ends_when_it_does(
    use: Callable[[Society], None], let_go: threading.Event
) -> None:
    agent = Long(let_go)
    society = Society(dispatcher="inline", grace=0.05)
    society.add(Does, ids=["idle"], host=Host)
    society.add(Idle, ids=["long"], host=Host)
    society.start()
    idle, long = (society._running.ensemble._hosts[name] for name in ("idle", "long"))
    long.agent, long.act = agent, agent.act
    seen: list[Any] = []

    def stop() -> None:
        agent.begun.wait(FUSE)
        society.stop()
        seen.extend((society.abandoned, idle.stops, long.stops))
        let_go.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with suppress(StoppedError):
        use(society)
    stopper.join(FUSE)
    # While somebody is in it, no other thread runs its hooks.
    assert seen == [["long"], 1, 0]
    wait_all(long.stopped)
    assert (idle.stops, long.stops) == (1, 1)


def test_who_tells_while_another_thread_runs_them_does_not_wait_and_is_heard(
    let_go: threading.Event,
) -> None:
    class Keeps(Actor):
        def on_receive(self, message: Any) -> None:
            if message == "wait":
                waiting.set()
                let_go.wait(FUSE)
            heard.append(message)

    heard: list[Any] = []
    waiting = threading.Event()
    actor = Keeps()
    dispatcher = InlineDispatcher()
    dispatcher.start([actor], FUSE)
    runner = threading.Thread(target=Address(actor).tell, args=["wait"])
    runner.start()
    wait_all(waiting)
    Address(actor).tell("go on")
    assert heard == []
    let_go.set()
    runner.join(FUSE)
    assert heard == ["wait", "go on"]
    assert dispatcher.stop([actor], FUSE) == []


def test_what_is_told_when_another_thread_has_just_run_them_all_is_heard() -> None:
    class Crossed(InlineDispatcher):
        def _run_all(self) -> None:
            super()._run_all()
            if not crossing:
                # It holds the lock still, and has seen that nothing is left.
                crossing.append(threading.Thread(target=Address(actor).tell, args=["second"]))
                crossing[0].start()
                crossing[0].join(FUSE)

    class Keeps(Actor):
        def on_receive(self, message: Any) -> None:
            heard.append(message)

    crossing: list[threading.Thread] = []
    heard: list[Any] = []
    actor = Keeps()
    dispatcher = Crossed()
    dispatcher.start([actor], FUSE)
    Address(actor).tell("first")
    assert heard == ["first", "second"]
    assert dispatcher.stop([actor], FUSE) == []


@pytest.mark.usefixtures("restless")
def test_whatever_several_threads_tell_is_all_heard() -> None:
    heard: list[Any] = []

    class Keeps(Actor):
        def on_receive(self, message: Any) -> None:
            heard.append(message)

    actors = [Keeps() for _ in range(3)]
    dispatcher = InlineDispatcher()
    dispatcher.start(actors, FUSE)

    def tell(actor: Actor) -> None:
        for number in range(500):
            Address(actor).tell(number)

    tellers = [threading.Thread(target=tell, args=[actor]) for actor in actors for _ in "ab"]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join(FUSE)
    # Whoever has told the last has also seen to it that all were read.
    assert sorted(heard) == sorted(6 * [*range(500)])
    assert dispatcher.stop(actors, FUSE) == []
