"""Whoever is to be woken is woken in time, once, whatever else the watch has to do."""

from __future__ import annotations

import threading
from collections import deque

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.turn import give_back, is_taken, take
from antiphon.actors.workers.pool import Pool, PoolLimits
from antiphon.actors.workers.pool_watch import PoolWatch
from antiphon.clock import ManualClock
from antiphon.tests.actors.workers.tasks import Piece
from antiphon.tests.actors.workers.watching import RecordingPool, clocks

times = pytest.fixture(clocks)


class Sleeper(Actor):
    def __init__(self, clock: ManualClock, *, urgent: bool) -> None:
        super().__init__("sleeper", clock=clock)
        self.urgent = urgent
        self.wake_at = 101.0
        self.woken = 0

    def on_wake(self) -> None:
        self.woken += 1


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


def test_an_urgent_actor_is_woken_by_the_watch_itself(clock: ManualClock) -> None:
    watch, sleeper = PoolWatch(RecordingPool()), Sleeper(clock, urgent=True)
    watch.alarms.note(sleeper)
    watch._ring()
    assert sleeper.woken == 0
    clock.advance(1.0)
    watch._ring()
    watch._ring()
    assert sleeper.woken == 1
    assert not is_taken(sleeper.turn)


def test_any_other_actor_is_woken_by_a_worker(clock: ManualClock) -> None:
    pool, sleeper = RecordingPool(), Sleeper(clock, urgent=False)
    watch = PoolWatch(pool)
    watch.alarms.note(sleeper)
    clock.advance(1.0)
    watch._ring()
    assert (sleeper.woken, pool.ready) == (0, deque([sleeper]))
    pool.ready.popleft().take_turn()
    assert sleeper.woken == 1


@pytest.mark.parametrize("urgent", [True, False])
def test_who_is_run_when_its_time_comes_is_woken_later_though_no_clock_moves(
    urgent: bool,  # noqa: FBT001  a parameter of the test
    clock: ManualClock,
) -> None:
    pool, sleeper = RecordingPool(), Sleeper(clock, urgent=urgent)
    watch = PoolWatch(pool)
    watch.alarms.note(sleeper)
    clock.advance(1.0)
    assert take(sleeper.turn)
    for _ in range(3):
        watch._ring()
    # Whoever ran it has looked at the time just before it came.
    give_back(sleeper.turn)
    watch._ring()
    for work in pool.ready:
        work.take_turn()
    assert sleeper.woken == 1


def test_whoever_runs_it_may_note_the_time_too_and_it_is_woken_once(clock: ManualClock) -> None:
    watch, sleeper = PoolWatch(RecordingPool()), Sleeper(clock, urgent=True)
    sleeper.alarms = watch.alarms
    watch.alarms.note(sleeper)
    clock.advance(1.0)
    assert take(sleeper.turn)
    watch._ring()
    watch.alarms.note(sleeper)
    give_back(sleeper.turn)
    watch._ring()
    watch._ring()
    assert sleeper.woken == 1


def test_who_has_stopped_is_not_waited_for(clock: ManualClock) -> None:
    watch, sleeper = PoolWatch(RecordingPool()), Sleeper(clock, urgent=True)
    watch.alarms.note(sleeper)
    clock.advance(1.0)
    take(sleeper.turn)
    sleeper.finish()
    watch._ring()
    assert watch._held_up == []


@pytest.mark.usefixtures("times")
def test_to_bring_many_in_keeps_nobody_waiting_whose_time_comes_meanwhile(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool(PoolLimits(maximum=500))
    watch = PoolWatch(pool)
    deadline, request = Sleeper(clock, urgent=True), threading.Event()
    watch.alarms.note(deadline)
    hired: list[threading.Thread] = []
    seen: list[tuple[int, bool]] = []

    def hire(thread: threading.Thread) -> None:
        hired.append(thread)
        seen.append((deadline.woken, request.is_set()))
        if len(hired) == 150:
            clock.advance(1.0)
            pool.urgent.append(Piece(request.set))

    monkeypatch.setattr(threading.Thread, "start", hire)
    pool.ready.append(Piece())
    for _ in range(9):
        watch._look()
    assert len(hired) > 300
    # To hire a thread takes long when the machine is busy.
    assert seen.index((1, True)) <= 170
