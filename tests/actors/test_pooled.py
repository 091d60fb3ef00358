"""Actors on a pool: one thread at a time in each, in the order of its letters, to the end."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from antiphon.actors import pooled as pooled_module
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.future import Future
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.mail.letters import NO_LETTERS
from antiphon.actors.messages import Question
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.threaded import ThreadedDispatcher
from antiphon.actors.workers import pool as pool_module
from antiphon.actors.workers import pool_watch as watch_module
from antiphon.actors.workers.pool import PoolLimits, blocking
from antiphon.coordination.outcome import Status
from antiphon.errors import StartError, StoppedError
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.actors.stepping import Stepper, at_random, caught_by, file_of, stepping
from pykka import ActorRegistry

FUSE = 10.0
FAR = 1000.0
"""Seconds between two looks of a watch that is not to help."""


class Echo(Actor):
    def on_receive(self, message: Any) -> Any:
        return message


Start = Callable[..., PooledDispatcher]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[tuple[PooledDispatcher, list[Any]]] = []

    def start(actors: list[Any], **limits: Any) -> PooledDispatcher:
        dispatcher = PooledDispatcher(PoolLimits(**limits))
        dispatcher.start(actors, FUSE)
        started.append((dispatcher, actors))
        return dispatcher

    yield start
    for dispatcher, actors in started:
        dispatcher.stop(actors, FUSE)


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads change places as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def wait_all(*events: Any) -> None:
    assert all(event.wait(FUSE) for event in events)


# One at a time, in order


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
        over = threading.Event()

        def talk(sender: int) -> int:
            for number in range(40):
                for agent_id in ids:
                    society.tell(agent_id, (sender, number))
            return sender

        threads = [threading.Thread(target=talk, args=(sender,)) for sender in range(3)]
        for thread in threads:
            thread.start()
        rounds = 0
        while any(thread.is_alive() for thread in threads):
            outcome = society.step(dict.fromkeys(ids, rounds))
            assert set(outcome.actions.values()) == {rounds}
            rounds += 1
        over.set()
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


# As many threads as it takes


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


class Idle(Agent):
    def act(self, observation: Any, context: Context) -> int:
        return 1


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


# Deadlines, with every thread stuck


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


# Starting


class Counts(Agent):
    def act(self, observation: Any, context: Context) -> Any:
        return observation


class Host(AgentActor):
    """Says when it has ended."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.stopped = threading.Event()
        self.stops = 0

    def on_stop(self) -> None:
        self.stops += 1
        self.stopped.set()


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


# Stopping


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


# Handing over


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
            assert not self.actor.turn.locked()
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


# Nothing stays behind


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


def leave_nothing(count: int, *, rss_bytes: int) -> None:
    start_play_stop(count, 3)
    threads, descriptors, rss = what_is_held()
    for _ in range(3):
        start_play_stop(count, 3)
    now = what_is_held()
    assert now[:2] == (threads, descriptors)
    assert now[2] - rss < rss_bytes


def test_a_thousand_actors_start_and_stop_and_leave_nothing() -> None:
    leave_nothing(1000, rss_bytes=4 << 20)


@pytest.mark.soak
def test_ten_thousand_actors_start_and_stop_and_leave_nothing() -> None:
    leave_nothing(10_000, rss_bytes=16 << 20)


@pytest.mark.soak
def test_two_hundred_thousand_actors_start_play_and_stop() -> None:
    start_play_stop(200_000, 1)
    assert Counter(thread.name for thread in threading.enumerate())["pool-watch"] == 0


def test_a_stopped_society_says_so_to_whoever_asks() -> None:
    actors = [Echo("echo")]
    dispatcher = PooledDispatcher()
    dispatcher.start(actors, FUSE)
    assert dispatcher.stop(actors, FUSE) == []
    with pytest.raises(StoppedError):
        Address(actors[0]).ask("still there?", FUSE)
