"""A sweep calls every idle agent once, under its own turn, and harms nobody else's."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, Self

import pytest
from antiphon.actors.actor import TURN, Actor
from antiphon.actors.address import Address
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.inline import InlineDispatcher
from antiphon.actors.mailbox import Letter
from antiphon.actors.messages import Deliver, Perceive
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.workers.pool import Pool, PoolLimits
from antiphon.actors.workers.sweep import STRETCH, BlockingSweep, Sweep
from antiphon.clock import Clock, ManualClock, SystemClock
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.testing import RecordingCall

FUSE = 10.0


class Does(Agent):
    def __init__(self, act: Callable[[Any], Any]) -> None:
        self._act = act
        self.seeds = 0

    def act(self, observation: Any, context: Context) -> Any:
        return self._act(observation)

    def reset(self, seed: int | None = None) -> None:
        self.seeds += 1


class SweptRecorder(RecordingCall):
    """A round's slots, and what a visitor says besides."""

    polled = False

    def __init__(self, members: int, **options: Any) -> None:
        super().__init__(**options)
        self.mail: Any = {}
        self.observations = list(range(members))
        self.actions: list[Any] = [None] * members
        self.started: list[float | None] = [None] * members
        self.finished: list[float | None] = [None] * members
        self.posted: list[int] = []
        self.late: list[int] = []
        self.settled: list[int] = []

    @property
    def slots(self) -> SweptRecorder:
        return self

    def mail_of(self, agent_id: str) -> Any:
        return ()

    def observation_of(self, index: int) -> Any:
        return self.observations[index]

    def post(self, index: int) -> None:
        self.posted.append(index)

    def settle(self, count: int) -> None:
        self.settled.append(count)

    def return_late(self, index: int) -> None:
        self.late.append(index)

    def of(self, how: str) -> list[int]:
        return [answer.index for answer in self.answers if answer.how == how]


def hosts_of(
    count: int, act: Callable[[Any], Any] = lambda seen: seen * 10, clock: Clock | None = None
) -> list[AgentActor]:
    seats = [
        Seat(f"agent-{n}", lambda: Does(act), clock=clock or SystemClock()) for n in range(count)
    ]
    hosts = [AgentActor(seat) for seat in seats]
    for host in hosts:
        assert host.begin()
    return hosts


def sweep(
    call: SweptRecorder,
    hosts: Sequence[AgentActor],
    indices: Sequence[int] | None = None,
    *,
    kind: type[Sweep] = Sweep,
    again: Callable[[Sweep], None] = lambda sweep: None,
    slow: Callable[[AgentActor], None] = lambda host: None,
) -> Sweep:
    indices = range(len(hosts)) if indices is None else indices
    return kind(call, hosts, indices, clock=hosts[0].clock, again=again, slow=slow)


def test_everyone_is_called_with_its_own_observation() -> None:
    hosts, call = hosts_of(5), SweptRecorder(5)
    sweep(call, hosts).take_turn()
    assert call.actions == [0, 10, 20, 30, 40]
    assert all(s <= f for s, f in zip(call.started, call.finished, strict=True))  # type: ignore[operator]
    assert call.settled == [5]
    assert not any(host.turn.locked() for host in hosts)


def test_only_those_named_are_called() -> None:
    hosts, call = hosts_of(5), SweptRecorder(5)
    sweep(call, [hosts[3], hosts[1]], [3, 1]).take_turn()
    assert call.actions == [None, 10, None, 30, None]
    assert call.settled == [2]


def test_one_turn_is_one_stretch_and_the_rest_is_offered_to_others() -> None:
    count = STRETCH + 10
    offered: list[Sweep] = []
    call = SweptRecorder(count)
    work = sweep(call, hosts_of(count), again=offered.append)
    assert work.left == count
    work.take_turn()
    assert (offered, work.left, call.settled) == ([work], 10, [STRETCH])
    work.take_turn()
    work.take_turn()
    assert (len(offered), work.left, call.settled) == (2, 0, [STRETCH, 10])
    assert None not in call.actions


def test_who_is_occupied_or_has_letters_gets_a_letter() -> None:
    hosts, call = hosts_of(4), SweptRecorder(4)
    hosts[1].turn.acquire()
    Address(hosts[2]).tell("a letter")
    sweep(call, hosts).take_turn()
    assert call.posted == [1, 2]
    assert call.actions == [0, None, None, 30]
    assert call.settled == [2]
    assert [host.turn.locked() for host in hosts] == [False, True, False, False]


def test_who_gets_a_letter_while_it_is_called_is_announced_afterwards() -> None:
    announced: list[str] = []
    hosts = hosts_of(3, lambda seen: Address(hosts[1]).tell("a letter"))
    for host in hosts:
        host.actor_inbox.notify = lambda mailbox: announced.append(mailbox.owner.name)
    sweep(SweptRecorder(3), [hosts[1]], [1]).take_turn()
    # Once when it was put, and once when whoever ran it let go.
    assert announced == ["agent-1", "agent-1"]


def test_an_agent_that_raises_has_failed_and_the_others_go_on() -> None:
    def act(seen: int) -> int:
        if seen == 1:
            raise ValueError("no")
        if seen == 2:
            raise SystemExit
        return seen

    hosts, call = hosts_of(4, act), SweptRecorder(4)
    sweep(call, hosts).take_turn()
    assert call.actions == [0, None, None, 3]
    assert call.of("fail") == [1, 2]
    assert call.settled == [2]
    assert not any(host.turn.locked() for host in hosts)


def test_in_a_new_episode_agents_are_reset_first() -> None:
    hosts = hosts_of(2)
    for _ in range(2):
        sweep(SweptRecorder(2, episode=1), hosts).take_turn()
    assert [host.agent.seeds for host in hosts] == [2, 2]  # type: ignore[attr-defined]


def test_past_the_deadline_calls_are_dropped_unread() -> None:
    clock = ManualClock(100.0)
    hosts = hosts_of(4, lambda seen: clock.advance(1.0), clock)
    call = SweptRecorder(4, deadline=102.0)
    sweep(call, hosts).take_turn()
    assert call.finished == [101.0, 102.0, None, None]
    assert call.of("skip") == [2, 3]
    assert call.settled == [2]


def test_an_answer_after_the_end_is_late_and_those_behind_are_not_visited() -> None:
    def act(seen: int) -> int:
        call.over = seen == 1
        return seen

    call = SweptRecorder(STRETCH + 5)
    work = sweep(call, hosts_of(STRETCH + 5, act))
    work.take_turn()
    assert (call.late, call.settled, work.left) == ([1], [1], 0)
    assert call.of("skip") == list(range(2, STRETCH))
    work.take_turn()
    assert call.finished.count(None) == STRETCH + 3


def test_who_took_long_is_told_of() -> None:
    slow: list[list[str]] = []
    never = threading.Event()
    hosts = hosts_of(3, lambda seen: never.wait(0.05) if seen == 1 else seen)

    def note(work: Sweep) -> None:
        slow.append([host.name for host in work.slow_ones()])

    sweep(SweptRecorder(3), hosts, slow=note).take_turn()
    assert "agent-1" in slow[0]
    assert "agent-2" not in slow[0]


def test_of_a_quick_sweep_nobody_is_told() -> None:
    told: list[Sweep] = []
    for _ in range(5):
        told.clear()
        sweep(SweptRecorder(3), hosts_of(3), slow=told.append).take_turn()
        if not told:
            return
    pytest.fail("agents that answer at once were taken for slow ones")


@pytest.fixture
def restless() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("restless")
def test_any_number_of_visitors_call_everyone_once() -> None:
    calls: list[int] = []
    hosts = hosts_of(400, calls.append)
    for _ in range(5):
        calls.clear()
        call = SweptRecorder(400)
        work = sweep(call, hosts)

        def help_out(work: Sweep = work) -> None:
            while work.left:
                work.take_turn()

        helpers = [threading.Thread(target=help_out) for _ in range(6)]
        for helper in helpers:
            helper.start()
        for helper in helpers:
            helper.join(FUSE)
        assert sorted(calls) == list(range(400))
        assert sum(call.settled) == 400
        assert call.posted == []


def test_agents_that_block_have_a_worker_each_though_nobody_looks_after_the_pool() -> None:
    together = threading.Barrier(10)
    hosts = hosts_of(10, lambda seen: together.wait(FUSE) >= 0)
    call = SweptRecorder(10)
    pool = Pool(PoolLimits())
    pool.start()
    pool.submit(sweep(call, hosts, kind=BlockingSweep, again=pool.ready.append))
    while sum(call.settled) < 10:
        assert not together.broken
    pool.stop()
    for worker in pool.workers:
        if worker.thread is not None:
            worker.thread.join(FUSE)
    assert call.actions == [True] * 10


# Ctrl-C, which comes between any two instructions of the main thread


class Interrupts:
    """Raises KeyboardInterrupt at the nth place in a function where Python lets signals in."""

    def __init__(self, function: Any, nth: int) -> None:
        self._code = function.__code__
        self._left = nth
        self.raised = False

    def __enter__(self) -> Self:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code is not self._code:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and not self.raised:
            self._left -= 1
            if self._left < 0:
                self.raised = True
                raise KeyboardInterrupt
        return self._trace


@pytest.fixture
def inline() -> Iterator[Callable[[list[Any]], InlineDispatcher]]:
    started: list[tuple[InlineDispatcher, list[Any]]] = []

    def start(actors: list[Any]) -> InlineDispatcher:
        dispatcher = InlineDispatcher()
        dispatcher.start(actors, FUSE)
        started.append((dispatcher, actors))
        return dispatcher

    yield start
    for dispatcher, actors in started:
        dispatcher.stop(actors, FUSE)


def test_ctrl_c_at_any_instruction_leaves_no_turn_taken(
    inline: Callable[[list[Any]], InlineDispatcher],
) -> None:
    hosts = [AgentActor(Seat(f"agent-{n}", lambda: Does(lambda seen: seen))) for n in range(3)]
    dispatcher = inline(hosts)
    nth, interrupted = 0, True
    while interrupted:
        with Interrupts(Sweep._visit_some, nth) as interrupts, suppress(KeyboardInterrupt):
            dispatcher.visit(SweptRecorder(3), hosts, range(3))
        interrupted = interrupts.raised
        assert not any(host.turn.locked() for host in hosts), f"at instruction {nth}"
        nth += 1
    assert nth > 100


def test_ctrl_c_gives_no_turn_of_a_stopped_agent_away(
    inline: Callable[[list[Any]], InlineDispatcher],
) -> None:
    def act(seen: int) -> int:
        if seen == 1:
            raise KeyboardInterrupt
        return seen

    hosts = [AgentActor(Seat(f"agent-{n}", lambda: Does(act))) for n in range(3)]
    dispatcher = inline(hosts)
    hosts[2].turn.acquire()
    hosts[2].finish()
    with pytest.raises(KeyboardInterrupt):
        dispatcher.visit(SweptRecorder(3), hosts, range(3))
    assert [host.turn.locked() for host in hosts] == [False, False, True]


def test_a_society_goes_on_pooled_after_ctrl_c_inline() -> None:
    class Adds(Agent):
        def act(self, observation: Any, context: Context) -> Any:
            return observation

    at = 0
    places = len(inspect.getsource(Sweep._visit_some).splitlines())
    for at in range(0, places * 8, 37):
        with Society(dispatcher="inline") as society:
            ids = society.add(Adds, 3)
            society.start()
            with Interrupts(Sweep._visit_some, at), suppress(KeyboardInterrupt):
                society.step(dict.fromkeys(ids, 1))
            assert society.step(dict.fromkeys(ids, 2)).counts == {"acted": 3}
            society._choose_dispatcher("pooled")
            assert society.step(dict.fromkeys(ids, 3), timeout=FUSE).counts == {"acted": 3}


# What a turn is on the pool


@pytest.mark.parametrize("how", ["pykka's stop", "itself"])
def test_an_actor_ends_with_the_letter_that_stops_it_wherever_in_a_turn_that_comes(
    how: str,
) -> None:
    class Leaves(Actor):
        def on_receive(self, message: Any) -> None:
            if message == "leave":
                self.stop()

    for letters in range(TURN - 2, TURN + 3):
        actor = Leaves()
        dispatcher = PooledDispatcher()
        dispatcher.start([actor], FUSE)
        actor.turn.acquire()
        for _ in range(letters):
            Address(actor).tell("stay")
        if how == "itself":
            Address(actor).tell("leave")
        else:
            actor.actor_ref.stop(block=False)
        actor.release_turn()
        ended = actor.ended.wait(FUSE / 10)
        dispatcher.stop([actor], FUSE)
        assert ended, f"after {letters} letters"


def test_perceive_is_what_a_posted_member_gets() -> None:
    hosts = hosts_of(1)
    call = SweptRecorder(1)
    call.post = lambda index: Address(hosts[0]).tell(Perceive(call, index))  # type: ignore[method-assign]
    Address(hosts[0]).tell("a letter")
    sweep(call, hosts).take_turn()
    waiting = [letter.message for letter in hosts[0].actor_inbox.letters]
    assert [type(message).__name__ for message in waiting] == ["str", "Perceive"]


class Polled(SweptRecorder):
    """A round whose protocol has enough after so many answers."""

    polled = True

    def __init__(self, members: int, enough: int) -> None:
        super().__init__(members)
        self.enough = enough

    def accept(self, index: int, action: Any, started: float, finished: float) -> None:
        super().accept(index, action, started, finished)
        self.over = len(self.of("accept")) >= self.enough


def test_where_a_protocol_is_asked_each_answer_is_handed_over_by_itself() -> None:
    hosts, call = hosts_of(5), Polled(5, enough=9)
    sweep(call, hosts).take_turn()
    assert [(one.index, one.value) for one in call.answers] == [(k, 10 * k) for k in range(5)]
    assert call.settled == []
    assert call.actions == [None] * 5
    assert None not in call.started
    assert not any(host.turn.locked() for host in hosts)


def test_once_there_are_enough_nobody_is_visited() -> None:
    hosts, call = hosts_of(10), Polled(10, enough=3)
    work = sweep(call, hosts)
    work.take_turn()
    assert [one.how for one in call.answers] == ["accept"] * 3
    assert call.started[3:] == [None] * 7
    assert work.left == 0
    assert not any(host.turn.locked() for host in hosts)


def test_there_too_the_occupied_get_a_letter_and_failures_are_their_own() -> None:
    def act(seen: Any) -> Any:
        if seen == 2:
            raise ValueError("no")
        return seen

    hosts, call = hosts_of(4, act), Polled(4, enough=9)
    assert hosts[0].turn.acquire()
    hosts[1].actor_inbox.put(Letter(Deliver(1, "hello", "outside")))
    sweep(call, hosts).take_turn()
    assert call.posted == [0, 1]
    assert (call.of("fail"), call.of("accept")) == ([2], [3])
    assert [host.turn.locked() for host in hosts] == [True, False, False, False]
