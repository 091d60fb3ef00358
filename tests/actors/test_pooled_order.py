"""Actors on a pool: one thread at a time in each, in the order of its letters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.actors.pooling import FAR, FUSE, Echo, Start, dispatchers, wait_all

start = pytest.fixture(dispatchers)


class Strict:
    """Asserts that it is alone, and that each sender's numbers come in order."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self.last: dict[int, int] = {}
        self.faults: list[str] = []

    def hear(self, sender: int, number: int) -> None:
        if not self._alone.acquire(blocking=False):
            self.faults.append("two threads in one actor")
            return
        if number != self.last.get(sender, -1) + 1:
            self.faults.append(f"{number} of {sender} after {self.last.get(sender)}")
        self.last[sender] = number
        self._alone.release()


class StrictActor(Actor):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.strict = Strict()

    def on_receive(self, message: Any) -> Any:
        if message == "faults":
            return self.strict.faults
        self.strict.hear(*message)
        return None


def fire(addresses: list[Any], senders: int, each: int, message: Callable[..., Any]) -> None:
    """Have so many threads tell every actor their numbers."""

    def send(sender: int) -> None:
        gate.wait(FUSE)
        for number in range(each):
            for address in addresses:
                address.tell(message(sender, number))

    gate = threading.Barrier(senders)
    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(senders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("maximum", [1, 8])
def test_each_actor_is_alone_and_hears_each_sender_in_order(start: Start, maximum: int) -> None:
    actors = [StrictActor(f"actor-{n}") for n in range(20)]
    start(actors, maximum=maximum, initial=maximum, threshold=1e9, interval=0.0001)
    addresses = [Address(actor) for actor in actors]
    fire(addresses, senders=6, each=100, message=lambda sender, number: (sender, number))
    assert [address.ask("faults", FUSE) for address in addresses] == [[]] * 20
    assert all(actor.strict.last == dict.fromkeys(range(6), 99) for actor in actors)


class StrictAgent(Agent):
    def __init__(self) -> None:
        self.strict = Strict()
        self.rounds = 0

    def act(self, observation: Any, context: Context) -> int:
        # One more sender, who counts the rounds.
        self.strict.hear(-1, self.rounds)
        self.rounds += 1
        return observation

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.strict.hear(*message)

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return self.strict.faults, dict(self.strict.last)


@pytest.mark.usefixtures("restless")
def test_each_agent_is_alone_while_letters_and_rounds_cross() -> None:
    with Society(dispatcher="pooled", timeout=FUSE, delivery="immediate") as society:
        ids = society.add(StrictAgent, 20)
        society.start()

        def talk(sender: int) -> None:
            for number in range(40):
                for agent_id in ids:
                    society.tell(agent_id, (sender, number))

        threads = [threading.Thread(target=talk, args=(sender,)) for sender in range(3)]
        for thread in threads:
            thread.start()
        rounds = 0
        while any(thread.is_alive() for thread in threads):
            outcome = society.step(dict.fromkeys(ids, rounds))
            assert set(outcome.actions.values()) == {rounds}
            rounds += 1
        society.step(dict.fromkeys(ids, rounds))
        for agent_id in ids:
            faults, last = society.ask(agent_id, None, timeout=FUSE)
            assert faults == []
            assert last == {-1: rounds, 0: 39, 1: 39, 2: 39}


def test_a_flood_for_one_actor_does_not_keep_the_others(start: Start) -> None:
    order: list[str] = []

    class Notes(Actor):
        def on_receive(self, message: Any) -> None:
            order.append(self.name)
            if len(order) == 220:
                done.set()

    done = threading.Event()
    flooded, others = Notes("flooded"), [Notes(f"other-{n}") for n in range(20)]
    holder, held = Echo("holder"), threading.Event()
    gate = threading.Event()
    holder.on_receive = lambda message: held.set() or gate.wait(FUSE)  # type: ignore[method-assign]
    start([holder, flooded, *others], maximum=1, interval=FAR)
    Address(holder).tell("hold")
    wait_all(held)
    for number in range(200):
        Address(flooded).tell(number)
    for other in others:
        Address(other).tell(0)
    gate.set()
    wait_all(done)
    last = max(order.index(other.name) for other in others)
    assert last < 100
