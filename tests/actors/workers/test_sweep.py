"""A sweep calls every idle agent once, under its own turn, and harms nobody else's."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.actors.actor import TURN, Actor
from antiphon.actors.address import Address
from antiphon.actors.messages import Perceive
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.turn import is_taken, take
from antiphon.actors.workers.pool import Pool, PoolLimits
from antiphon.actors.workers.sweep import STRETCH, BlockingSweep, Sweep
from antiphon.clock import ManualClock
from antiphon.tests.actors.workers.sweeping import (
    FUSE,
    SweptRecorder,
    hosts_of,
    sweep,
    visit_at_once,
)


def test_everyone_is_called_with_its_own_observation() -> None:
    hosts, call = hosts_of(5), SweptRecorder(5)
    sweep(call, hosts).take_turn()
    assert call.actions == [0, 10, 20, 30, 40]
    assert all(s <= f for s, f in zip(call.started, call.finished, strict=True))  # type: ignore[operator]
    assert call.settled == [5]
    assert not any(is_taken(host.turn) for host in hosts)


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
    take(hosts[1].turn)
    Address(hosts[2]).tell("a letter")
    sweep(call, hosts).take_turn()
    assert call.posted == [1, 2]
    assert call.actions == [0, None, None, 30]
    assert call.settled == [2]
    assert [is_taken(host.turn) for host in hosts] == [False, True, False, False]


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
    assert not any(is_taken(host.turn) for host in hosts)


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


@pytest.mark.usefixtures("restless")
def test_any_number_of_visitors_call_everyone_once() -> None:
    calls: list[int] = []
    hosts = hosts_of(400, calls.append)
    for _ in range(5):
        calls.clear()
        call = SweptRecorder(400)
        visit_at_once(sweep(call, hosts))
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
        take(actor.turn)
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
