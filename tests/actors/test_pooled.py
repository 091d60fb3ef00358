"""Actors on a pool have as many threads as it takes, and no round outlasts its deadline."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.future import Future
from antiphon.actors.workers import pool as pool_module
from antiphon.actors.workers.pool import blocking
from antiphon.coordination.outcome import Status
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.actors.pooling import FAR, FUSE, Echo, Idle, Start, dispatchers

start = pytest.fixture(dispatchers)


def groups_that_meet(kind: type[Agent], sizes: list[int], **limits: Any) -> None:
    """Play rounds in which agents wait until all of their group are there."""
    gates = [threading.Barrier(size) for size in sizes]

    class Meets(kind):  # type: ignore[misc, valid-type]
        def act(self, observation: Any, context: Context) -> int:
            self.meet(gates[observation])
            return 1

    with Society(dispatcher="pooled", timeout=FUSE, **limits) as society:
        ids = society.add(Meets, sum(sizes))
        members = [group for group, size in enumerate(sizes) for _ in range(size)]
        for _ in range(3):
            outcome = society.step(dict(zip(ids, members, strict=True)))
            assert outcome.counts == {"acted": sum(sizes)}


class Waits(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        raise NotImplementedError

    def meet(self, gate: threading.Barrier) -> None:
        gate.wait(FUSE)


class Declares(Waits):
    blocking = True


class Marks(Waits):
    def meet(self, gate: threading.Barrier) -> None:
        with blocking():
            gate.wait(FUSE)


@pytest.mark.parametrize("sizes", [[2], [30], [3, 7, 20]])
@pytest.mark.parametrize(
    ("kind", "interval"), [(Waits, 0.002), (Declares, FAR), (Marks, FAR)], ids=str
)
def test_agents_that_wait_for_one_another_meet(
    kind: type[Agent], interval: float, sizes: list[int]
) -> None:
    # Where they say that they wait, nobody has to look.
    groups_that_meet(kind, sizes, pool_interval=interval)


def test_an_agent_that_was_seen_to_wait_is_called_apart_until_it_is_looked_at_anew() -> None:
    let_go = threading.Event()

    class Sees(Agent):
        def act(self, observation: Any, context: Context) -> int:
            if observation:
                let_go.wait(0.02)
            return 1

    with Society(dispatcher="pooled", timeout=FUSE) as society:
        ids = society.add(Sees, 5)
        society.step(dict.fromkeys(ids, 0))
        hosts = {h.name: h for h in society._running.ensemble._actors if isinstance(h, AgentActor)}
        # A machine that is busy with something else may hide it once.
        for _ in range(20):
            society.step({**dict.fromkeys(ids, 0), ids[2]: 1})
            if hosts[ids[2]].blocks:
                break
        assert hosts[ids[2]].blocks
        for _ in range(70):
            society.step(dict.fromkeys(ids, 0))
        assert not any(host.blocks for host in hosts.values())
        let_go.set()


def test_what_is_learnt_while_a_round_is_divided_loses_no_member(start: Start) -> None:
    class Fickle(AgentActor):
        """Found to block while it is looked at."""

        asked = 0

        @property
        def blocks(self) -> bool:
            self.asked += 1
            return self.asked > 1

        @blocks.setter
        def blocks(self, blocks: bool) -> None:
            pass

    class Call:
        members: list[int]

    hosts = [Fickle(Seat(f"agent-{n}", Idle)) for n in range(3)]
    dispatcher = start(hosts)
    dispatcher._any_declared = True
    for host in hosts:
        host.asked = 0
    visited: list[int] = []
    dispatcher._sweep = lambda call, hosts, indices, kind: visited.extend(indices)  # type: ignore[method-assign,assignment]
    dispatcher.visit(Call(), hosts, range(3))  # type: ignore[arg-type]
    assert sorted(visited) == [0, 1, 2]


def test_an_actor_that_asks_another_hands_its_place_on(start: Start) -> None:
    class Asks(Actor):
        def on_receive(self, message: Any) -> Any:
            return Address(other).ask(message, FUSE)

    asker, other = Asks("asker"), Echo("other")
    start([asker, other], interval=FAR)
    assert Address(asker).ask("who", FUSE) == "who"


def test_a_chain_of_asks_gets_a_worker_each(start: Start) -> None:
    class Passes(Actor):
        def __init__(self, number: int) -> None:
            super().__init__(f"link-{number}")
            self.number = number

        def on_receive(self, message: Any) -> Any:
            if self.number == len(links) - 1:
                return message
            return Address(links[self.number + 1]).ask(message, FUSE)

    links = [Passes(number) for number in range(30)]
    start(links, interval=FAR)
    assert Address(links[0]).ask("all the way", FUSE) == "all the way"


def test_an_answer_that_stands_costs_nobody_a_place(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[object] = []

    class Reads(Actor):
        def on_receive(self, message: Any) -> Any:
            future: Future[int] = Future()
            future.set(3)
            return future.get(timeout=FUSE), future.get()

    reader = Reads()
    start([reader])
    monkeypatch.setattr(pool_module.Pool, "hand_place_on", lambda pool, worker: handed.append(1))
    assert Address(reader).ask("read", FUSE) == (3, 3)
    assert handed == []


@pytest.mark.parametrize("maximum", [1, 4])
def test_a_round_ends_by_its_deadline_though_every_worker_is_stuck(
    maximum: int, let_go: threading.Event
) -> None:
    class Hangs(Agent):
        def act(self, observation: Any, context: Context) -> int:
            if observation == "hang":
                let_go.wait(FUSE)
            return 1

    settings = {"timeout": 0.1, "pool_maximum": maximum, "grace": 0.1}
    with Society(dispatcher="pooled", **settings) as society:
        ids = society.add(Hangs, 10)
        society.step(dict.fromkeys(ids, "act"), timeout=FUSE)
        before = time.monotonic()
        first = society.step(dict.fromkeys(ids, "hang"))
        assert set(first.status.values()) == {Status.TIMED_OUT}
        second = society.step(dict.fromkeys(ids, "act"))
        # Nobody came by those for whom there was no worker, and so they are not at work.
        assert second.counts == {"busy": maximum, "timed_out": 10 - maximum}
        assert time.monotonic() - before < FUSE / 2
        let_go.set()
        for _ in range(200):
            if society.step(dict.fromkeys(ids, "act")).counts == {"acted": 10}:
                return
    pytest.fail("those that came back were not called again")
