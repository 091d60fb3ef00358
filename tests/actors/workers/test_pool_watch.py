"""Work waits for no worker that waits itself, and whoever is to be woken is woken in time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.workers import pool as pool_module
from antiphon.actors.workers import pool_watch as watch_module
from antiphon.actors.workers.pool import Pool, PoolLimits
from antiphon.actors.workers.pool_watch import PoolWatch
from antiphon.clock import ManualClock
from antiphon.tests.actors.stepping import Stepper, at_random, caught_by, file_of, stepping

FUSE = 10.0


class Piece:
    def __init__(self, take_turn: Callable[[], None] = lambda: None) -> None:
        self.take_turn = take_turn


class Times:
    """The machine's clocks, moved by hand."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def monotonic(self) -> float:
        return self.wall

    def process_time(self) -> float:
        return self.cpu

    def advance(self, share: float) -> None:
        """Let 2 ms pass, of which the process computes a share."""
        self.wall += 0.002
        self.cpu += 0.002 * share


class RecordingPool(Pool):
    """Has no threads, and notes what the watch has it do."""

    def __init__(self) -> None:
        super().__init__(PoolLimits())
        self.told: list[str] = []

    def widen(self) -> None:
        self.told.append("widen")

    def narrow(self) -> None:
        self.told.append("narrow")

    def _summon(self, count: int) -> int:
        return 0


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    times = Times()
    monkeypatch.setattr(watch_module, "time", times)
    return times


# Looks, by hand


@pytest.mark.parametrize(("share", "told"), [(0.0, "widen"), (0.84, "widen"), (0.86, "narrow")])
def test_the_pool_is_widened_when_work_waits_and_the_processor_does_not(
    share: float, told: str, times: Times
) -> None:
    pool = RecordingPool()
    watch = PoolWatch(pool)
    pool.ready.append(Piece())
    watch._look()
    pool.told.clear()
    times.advance(share)
    assert watch._look()
    assert pool.told == [told]


def test_when_nothing_waits_the_pool_is_narrowed(times: Times) -> None:
    pool = RecordingPool()
    watch = PoolWatch(pool)
    times.advance(0.0)
    assert not watch._look()
    assert pool.told == ["narrow"]


def test_whoever_keeps_the_processor_work_that_nobody_begins_widens_the_pool(
    times: Times,
) -> None:
    # A thread that is none of ours computes, and our worker waits inside an agent.
    pool = RecordingPool()
    watch = PoolWatch(pool)
    pool.ready.append(Piece())
    for _ in range(200):
        times.advance(1.0)
        watch._look()
    assert "widen" in pool.told[:150]
    pool.begun += 1
    pool.told.clear()
    for _ in range(50):
        times.advance(1.0)
        watch._look()
    assert set(pool.told) == {"narrow"}


def test_agents_that_compute_and_get_on_have_one_worker(times: Times) -> None:
    pool = RecordingPool()
    watch = PoolWatch(pool)
    pool.ready.append(Piece())
    for _ in range(500):
        times.advance(1.0)
        pool.begun += 1
        watch._look()
    assert "widen" not in pool.told[1:]


@pytest.mark.usefixtures("times")
def test_urgent_work_that_no_worker_does_is_done_by_the_watch() -> None:
    pool, done = RecordingPool(), list[int]()
    watch = PoolWatch(pool)
    pool.urgent.extend([Piece(lambda: done.append(1)), Piece(lambda: done.append(2))])
    watch._look()
    assert done == [1, 2]


@pytest.mark.usefixtures("times")
def test_urgent_work_that_comes_again_and_again_does_not_keep_the_watch() -> None:
    pool = RecordingPool()
    watch = PoolWatch(pool)

    def come_again() -> None:
        pool.urgent.append(piece)

    piece = Piece(come_again)
    pool.urgent.append(piece)
    watch._look()
    assert list(pool.urgent) == [piece]


@pytest.mark.usefixtures("times")
@pytest.mark.parametrize("error", [IndexError(), SystemExit()])
def test_urgent_work_that_fails_harms_neither_the_watch_nor_other_work(
    error: BaseException,
) -> None:
    pool, done = RecordingPool(), list[int]()
    watch = PoolWatch(pool)

    def fail() -> None:
        raise error

    pool.urgent.extend([Piece(fail), Piece(lambda: done.append(1))])
    watch._look()
    assert done == [1]


# Actors that want to be woken


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
    assert not sleeper.turn.locked()


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
    assert sleeper.turn.acquire()
    for _ in range(3):
        watch._ring()
    # Whoever ran it has looked at the time just before it came.
    sleeper.turn.release()
    watch._ring()
    for work in pool.ready:
        work.take_turn()
    assert sleeper.woken == 1


def test_whoever_runs_it_may_note_the_time_too_and_it_is_woken_once(clock: ManualClock) -> None:
    watch, sleeper = PoolWatch(RecordingPool()), Sleeper(clock, urgent=True)
    sleeper.alarms = watch.alarms
    watch.alarms.note(sleeper)
    clock.advance(1.0)
    assert sleeper.turn.acquire()
    watch._ring()
    watch.alarms.note(sleeper)
    sleeper.turn.release()
    watch._ring()
    watch._ring()
    assert sleeper.woken == 1


def test_who_has_stopped_is_not_waited_for(clock: ManualClock) -> None:
    watch, sleeper = PoolWatch(RecordingPool()), Sleeper(clock, urgent=True)
    watch.alarms.note(sleeper)
    clock.advance(1.0)
    sleeper.turn.acquire()
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


# On its thread


@pytest.fixture
def watched() -> Iterator[Callable[..., tuple[Pool, PoolWatch]]]:
    made: list[tuple[Pool, PoolWatch]] = []

    def make(**limits: Any) -> tuple[Pool, PoolWatch]:
        pool = Pool(PoolLimits(**limits))
        watch = PoolWatch(pool)
        made.append((pool, watch))
        watch.start()
        pool.start()
        return pool, watch

    yield make
    for pool, watch in made:
        watch.stop()
        pool.stop()
        for worker in pool.workers:
            if worker.thread is not None:
                worker.thread.join(FUSE)


def test_agents_that_wait_for_one_another_all_get_a_worker(
    watched: Callable[..., tuple[Pool, PoolWatch]],
) -> None:
    pool, watch = watched()
    everybody = threading.Barrier(40)
    met: list[int] = []
    for number in range(40):
        pool.submit(Piece(lambda n=number: met.append(n) if everybody.wait(FUSE) >= 0 else None))
    watch.call()
    everybody_met = threading.Event()
    pool.submit(Piece(everybody_met.set))
    assert everybody_met.wait(FUSE)
    assert pool.statistics().peak >= 40


def test_at_the_maximum_the_watch_does_what_is_urgent(
    watched: Callable[..., tuple[Pool, PoolWatch]],
) -> None:
    pool, watch = watched(maximum=2)
    let_go, done = threading.Event(), threading.Event()
    for _ in range(5):
        pool.submit(Piece(lambda: let_go.wait(FUSE) and None))
    pool.submit_urgent(Piece(done.set))
    watch.call()
    assert done.wait(FUSE)
    let_go.set()


def test_a_watch_that_never_started_can_be_stopped() -> None:
    PoolWatch(Pool()).stop()


@pytest.mark.parametrize("interval", [1e300, float("inf")])
def test_any_interval_is_one_that_events_can_wait(
    interval: float, watched: Callable[..., tuple[Pool, PoolWatch]]
) -> None:
    pool, watch = watched(interval=interval)
    done = threading.Event()
    for _ in range(2):
        watch.call()
    pool.submit(Piece(done.set))
    assert done.wait(FUSE)
    assert watch._thread.is_alive()


# Line by line


class Play:
    """Work that waits for other work, which comes in just when the watch goes to sleep."""

    def __init__(self, kind: type[PoolWatch], seed: int, *, calls: bool = True) -> None:
        files = [file_of(pool_module), file_of(watch_module), __file__]
        self.stepper = Stepper(files, at_random(seed), patience=10**6)
        self.kind, self.seed, self.calls = kind, seed, calls
        self.done: list[str] = []

    def run(self) -> None:
        with stepping(self.stepper, pool_module, watch_module) as patch:
            patch.setattr(watch_module, "time", Times())
            patch.setattr(watch_module, "_DORMANT_AFTER", 1)
            # A worker's patience never ends; the watch's looks come whenever they come.
            self.pool = Pool(PoolLimits(patience=threading.TIMEOUT_MAX, maximum=3))
            self.watch = self.kind(self.pool)
            self.watch.start()
            self.pool.start()
            gate = self.stepper.event()
            self.stepper.start(self.submit, Piece(lambda: self.wait(gate)))
            self.stepper.run()
            self.stepper.choose = at_random(self.seed, 80)
            self.stepper.start(self.watch.call)
            self.stepper.start(self.submit, Piece(lambda: self.open(gate)))
            self.stepper.run()
            assert sorted(self.done) == ["opened", "waited"]
            self.stepper.start(self.end)
            self.stepper.run()
            assert not self.stepper.stuck

    def submit(self, piece: Piece) -> None:
        self.pool.submit(piece)
        if self.calls and not self.watch.awake:
            self.watch.call()

    def wait(self, gate: Any) -> None:
        gate.wait()
        self.done.append("waited")

    def open(self, gate: Any) -> None:
        gate.set()
        self.done.append("opened")

    def end(self) -> None:
        self.watch.stop()
        self.pool.stop()


def test_the_watch_never_sleeps_while_work_waits_whatever_the_order_of_steps() -> None:
    for seed in range(60):
        Play(PoolWatch, seed).run()


def stop_while_called(kind: type[PoolWatch], seed: int) -> None:
    stepper = Stepper([file_of(watch_module)], at_random(seed, 40))
    with stepping(stepper, pool_module, watch_module) as patch:
        patch.setattr(watch_module, "time", Times())
        watch = kind(Pool())
        watch.start()
        stepper.start(watch.call)
        stepper.start(watch.stop)
        stepper.run()
        # Nobody's time to wait is ever up here.
        assert not stepper.stuck


def test_a_stop_is_never_lost_whatever_the_order_of_steps() -> None:
    for seed in range(300):
        stop_while_called(PoolWatch, seed)


class ForgetsTheStop(PoolWatch):
    def _doze(self) -> int:
        self._called.wait()
        self._called.clear()
        self._called.wait()
        return 0


def test_a_watch_that_forgets_that_it_is_to_stop_is_caught() -> None:
    assert caught_by(lambda seed: stop_while_called(ForgetsTheStop, seed), range(300))


class LooksBeforeItLiesDown(PoolWatch):
    def _doze(self) -> int:
        waits = self._pool.ready or self._pool.urgent
        self.awake = False
        if not waits:
            self._called.wait()
        self.awake = True
        return 0


def test_a_watch_that_looks_before_it_lies_down_is_caught() -> None:
    assert caught_by(lambda seed: Play(LooksBeforeItLiesDown, seed).run(), range(400))


def test_a_watch_that_nobody_calls_is_caught() -> None:
    assert caught_by(lambda seed: Play(PoolWatch, seed, calls=False).run(), range(300))
