"""A pool does each piece of work once, on no more threads than it may, whatever crosses what.

The first part runs it on threads; the second moves its threads line by line in many orders,
and holds the same check against pools with one rule taken out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from antiphon.actors.statistics import PoolStatistics
from antiphon.actors.workers import pool as pool_module
from antiphon.actors.workers.pool import Pool, PoolLimits, Worker, blocking
from antiphon.tests.actors.stepping import Stepper, at_random, caught_by, file_of, stepping

FUSE = 10.0
NEVER = 10_000.0
"""Seconds: nobody leaves for want of work."""


class Task:
    """Work that says when it has begun, waits if told to, and says when it is done."""

    def __init__(self, does: Callable[[], object] = lambda: None) -> None:
        self._does = does
        self.begun = threading.Event()
        self.done = threading.Event()
        self.times = 0
        self.thread: threading.Thread | None = None

    def take_turn(self) -> None:
        self.times += 1
        self.thread = threading.current_thread()
        self.begun.set()
        try:
            self._does()
        finally:
            self.done.set()


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def pools() -> Iterator[Callable[..., Pool]]:
    made: list[Pool] = []

    def make(**limits: Any) -> Pool:
        pool = Pool(PoolLimits(**{"patience": NEVER, **limits}))
        pool.start()
        made.append(pool)
        return pool

    yield make
    for pool in made:
        close(pool)


def close(pool: Pool) -> None:
    pool.stop()
    for worker in pool.workers:
        if worker.thread is not None:
            worker.thread.join(FUSE)
    assert pool.workers == []


def widen(pool: Pool) -> None:
    pool.widen()
    while pool.bring_in(16):
        pass


def hold_up(pool: Pool, tasks: list[Task]) -> None:
    """Have each of them begun, by a worker of its own."""
    for task in tasks:
        pool.submit(task)
    for task in tasks:
        while not task.begun.wait(0.01):
            widen(pool)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + FUSE
    while not condition():
        assert time.monotonic() < end


def at_rest(pool: Pool) -> PoolStatistics:
    """Give the statistics once nobody works any more."""
    nothing = Task()
    pool.submit(nothing)
    assert nothing.done.wait(FUSE)
    until(lambda: pool.statistics().idle == pool.statistics().workers)
    return pool.statistics()


# On threads


def test_each_piece_of_work_is_done_once(pools: Callable[..., Pool]) -> None:
    pool = pools()
    tasks = [Task() for _ in range(200)]
    for number, task in enumerate(tasks):
        (pool.submit_urgent if number % 3 == 0 else pool.submit)(task)
    assert all(task.done.wait(FUSE) for task in tasks)
    assert at_rest(pool).waiting == 0
    assert [task.times for task in tasks] == [1] * 200


def test_one_worker_does_what_never_waits(pools: Callable[..., Pool]) -> None:
    pool = pools()
    at_rest(pool)
    tasks = [Task() for _ in range(50)]
    for task in tasks:
        pool.submit(task)
    assert all(task.done.wait(FUSE) for task in tasks)
    assert len({task.thread for task in tasks}) == 1


def test_what_is_urgent_goes_first(pools: Callable[..., Pool], let_go: threading.Event) -> None:
    pool, order = pools(), list[str]()
    at_rest(pool)
    first = Task(lambda: let_go.wait(FUSE))
    pool.submit(first)
    assert first.begun.wait(FUSE)
    pool.submit(Task(lambda: order.append("plain")))
    pool.submit_urgent(Task(lambda: order.append("urgent")))
    let_go.set()
    at_rest(pool)
    assert order == ["urgent", "plain"]


def test_widen_lets_twice_as_many_work_as_before(
    pools: Callable[..., Pool], let_go: threading.Event
) -> None:
    pool = pools()
    tasks = [Task(lambda: let_go.wait(FUSE)) for _ in range(20)]
    for task in tasks:
        pool.submit(task)
    begun = 0
    for more in (1, 2, 4, 8):
        begun += more
        # Work that waits longest is begun first.
        assert all(task.begun.wait(FUSE) for task in tasks[:begun])
        assert (pool.statistics().workers, pool.statistics().waiting) == (begun, 20 - begun)
        widen(pool)
    assert tasks[-1].begun.wait(FUSE)
    let_go.set()
    assert at_rest(pool).awake == 0


def test_narrow_takes_the_places_of_half_of_them(
    pools: Callable[..., Pool], let_go: threading.Event
) -> None:
    pool = pools()
    held = [Task(lambda: let_go.wait(FUSE)) for _ in range(3)]
    hold_up(pool, held)
    pool.narrow()
    let_go.set()
    at_rest(pool)
    tasks = [Task() for _ in range(30)]
    for task in tasks:
        pool.submit(task)
    assert all(task.done.wait(FUSE) for task in tasks)
    assert len({task.thread for task in tasks}) == 1


def test_there_are_never_more_than_the_maximum(
    pools: Callable[..., Pool], let_go: threading.Event
) -> None:
    pool = pools(maximum=3)
    tasks = [Task(lambda: let_go.wait(FUSE)) for _ in range(6)]
    hold_up(pool, tasks[:3])
    for task in tasks[3:]:
        pool.submit(task)
    for _ in range(5):
        widen(pool)
    assert pool.statistics() == PoolStatistics(
        workers=3, awake=0, idle=0, waiting=3, peak=3, maximum=pool.limits.maximum
    )
    let_go.set()
    assert all(task.done.wait(FUSE) for task in tasks)
    assert at_rest(pool).peak == 3


def test_who_marks_that_it_waits_lets_another_work(
    pools: Callable[..., Pool], let_go: threading.Event
) -> None:
    pool = pools()

    def wait() -> None:
        with blocking():
            let_go.wait(FUSE)

    waiting, other = Task(wait), Task()
    pool.submit(waiting)
    assert waiting.begun.wait(FUSE)
    pool.submit(other)
    assert other.done.wait(FUSE)
    assert not waiting.done.is_set()


def test_who_marks_that_it_waits_lets_those_work_that_came_before(
    pools: Callable[..., Pool], let_go: threading.Event
) -> None:
    pool, there = pools(), threading.Event()

    def wait() -> None:
        there.wait(FUSE)
        with blocking():
            let_go.wait(FUSE)

    waiting, other = Task(wait), Task()
    pool.submit(waiting)
    assert waiting.begun.wait(FUSE)
    pool.submit(other)
    there.set()
    assert other.done.wait(FUSE)


def test_marking_changes_nothing_on_other_threads() -> None:
    with blocking():
        pass


def test_work_that_raises_harms_no_other(pools: Callable[..., Pool]) -> None:
    pool = pools(maximum=1)

    def fail() -> None:
        raise SystemExit

    failing = [Task(fail) for _ in range(3)]
    for task in failing:
        pool.submit(task)
    assert at_rest(pool).workers == 1
    assert [task.times for task in failing] == [1, 1, 1]


def test_the_last_to_rest_is_the_first_to_wake(
    pools: Callable[..., Pool], let_go: threading.Event
) -> None:
    pool, turn = pools(initial=3), [threading.Event() for _ in range(3)]
    at_rest(pool)
    tasks = [Task(lambda n=n: turn[n].wait(FUSE)) for n in range(3)]
    hold_up(pool, tasks)
    for idle, n in enumerate((1, 2, 0), 1):
        turn[n].set()
        until(lambda idle=idle: pool.statistics().idle == idle)
    pool.narrow()
    last = Task()
    pool.submit(last)
    assert last.done.wait(FUSE)
    assert last.thread is tasks[0].thread


def test_workers_without_work_leave_down_to_the_minimum(pools: Callable[..., Pool]) -> None:
    pool = pools(minimum=2, initial=5, patience=0.001)
    until(lambda: pool.statistics().workers == 2)
    task = Task()
    pool.submit(task)
    assert task.done.wait(FUSE)
    assert pool.statistics().peak >= 5


def test_at_the_end_those_who_rest_do_what_is_left(let_go: threading.Event) -> None:
    pool = Pool(PoolLimits(patience=NEVER))
    pool.start()
    stuck = Task(lambda: let_go.wait(FUSE))
    pool.submit(stuck)
    assert stuck.begun.wait(FUSE)
    left = [Task() for _ in range(3)]
    for task in left:
        pool.submit(task)
    pool.stop()
    let_go.set()
    assert all(task.done.wait(FUSE) for task in left)
    close(pool)


def test_what_nobody_has_begun_can_be_taken_back(
    pools: Callable[..., Pool], let_go: threading.Event
) -> None:
    pool = pools(maximum=1)
    stuck, plain, urgent = Task(lambda: let_go.wait(FUSE)), Task(), Task()
    pool.submit(stuck)
    assert stuck.begun.wait(FUSE)
    pool.submit(plain)
    pool.submit_urgent(urgent)
    assert list(pool.withdraw()) == [urgent, plain]
    let_go.set()
    at_rest(pool)
    assert plain.times == urgent.times == 0


@pytest.mark.parametrize("patience", [NEVER, float("inf"), 1e300])
def test_any_patience_is_one_that_locks_can_have(
    patience: float, pools: Callable[..., Pool]
) -> None:
    pool = pools(patience=patience)
    at_rest(pool)
    at_rest(pool)


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        ({"minimum": 0}, r"minimum must be in \[1, 1024\], got 0"),
        ({"initial": 0}, r"initial must be in \[1, 1024\], got 0"),
        ({"minimum": 9, "maximum": 8}, r"minimum must be in \[1, 8\], got 9"),
        ({"initial": 9, "maximum": 8}, r"initial must be in \[1, 8\], got 9"),
        ({"threshold": 0.0}, r"threshold must be > 0, got 0.0"),
        ({"interval": -1.0}, r"interval must be > 0, got -1.0"),
        ({"patience": float("nan")}, r"patience must be > 0, got nan"),
    ],
)
def test_limits_that_cannot_hold_are_refused(limits: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        PoolLimits(**limits)


# A system that gives no threads


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_without_new_threads_those_that_there_are_go_on(
    error: Exception,
    pools: Callable[..., Pool],
    let_go: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = pools()
    at_rest(pool)

    def refuse(thread: threading.Thread) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        stuck, waiting = Task(lambda: let_go.wait(FUSE)), Task()
        pool.submit(stuck)
        assert stuck.begun.wait(FUSE)
        pool.submit(waiting)
        widen(pool)
        widen(pool)
        assert pool.statistics() == PoolStatistics(
            workers=1, awake=0, idle=0, waiting=1, peak=1, maximum=pool.limits.maximum
        )
    # Once there are threads again, the next look brings one in.
    widen(pool)
    assert waiting.done.wait(FUSE)


def test_without_a_single_thread_a_pool_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    pool = Pool(PoolLimits(initial=3))
    with pytest.raises(RuntimeError, match="no threads"):
        pool.start()
    assert pool.workers == []


# Line by line


def check_permits(pool: Pool) -> None:
    """The permits out are those that the pool counts; asked while nobody changes them."""
    if not pool._lock.locked():
        with_permit = [w for w in pool._workers if w.permit == pool._epoch]
        assert pool._awake == len(with_permit)
        assert len(pool._workers) <= pool.limits.maximum


class Play:
    """Some who submit, some work that waits for other work, and somebody who looks after it."""

    def __init__(self, kind: type[Pool], seed: int) -> None:
        self.seed = seed
        files = [file_of(pool_module), __file__]
        self.stepper = Stepper(files, at_random(seed, 180), patience=seed % 4, always=self.check)
        self.pool: Pool | None = None
        self.done: list[int] = []
        self.make = lambda: kind(PoolLimits(maximum=2 + seed % 2))

    def check(self) -> None:
        if self.pool is not None:
            check_permits(self.pool)

    def run(self) -> None:
        with stepping(self.stepper, pool_module):
            self.pool = pool = self.make()
            pool.start()
            number = self.send()
            if self.seed % 3 == 0:
                self.stepper.start(self.look_after)
            if self.seed % 5 == 0:
                self.stepper.start(self.end)
            self.stepper.run()
            if self.seed % 5 != 0:
                assert sorted(self.done) == list(range(number))
                assert pool.statistics().awake == 0
                assert pool.statistics().idle == len(pool.workers)
                self.stepper.start(self.end)
                self.stepper.run()
            assert not self.stepper.stuck
            assert pool.workers == []

    def send(self) -> int:
        """Have some submit; give how many pieces there are."""
        gate = self.stepper.event()
        if self.seed % 5 == 0:
            # What is submitted after the end is never done, so nobody is to wait for it.
            gate.set()
        self.stepper.start(self.submit, [self.plain(0), self.waits(1, gate)])
        self.stepper.start(self.submit, [self.opens(2, gate)])
        if self.seed % 2:
            return 3
        self.stepper.start(self.submit, [self.plain(3), self.plain(4)])
        return 5

    def submit(self, works: list[Any]) -> None:
        assert self.pool is not None
        for work in works:
            if work is works[-1] and self.seed % 7 == 0:
                self.pool.submit_urgent(work)
            else:
                self.pool.submit(work)

    def look_after(self) -> None:
        assert self.pool is not None
        widen(self.pool)
        self.pool.narrow()

    def end(self) -> None:
        """Stop it, and wait for every thread that it has and will have."""
        assert self.pool is not None
        self.pool.stop()
        threads = len(self.stepper.movers)
        for worker in self.pool.workers:
            if worker.thread is not None:
                worker.thread.join()
        assert len(self.stepper.movers) == threads

    def plain(self, number: int) -> Any:
        return Piece(lambda: self.done.append(number))

    def waits(self, number: int, gate: Any) -> Any:
        def wait() -> None:
            with blocking():
                gate.wait()
            self.done.append(number)

        return Piece(wait)

    def opens(self, number: int, gate: Any) -> Any:
        def open_it() -> None:
            gate.set()
            self.done.append(number)

        return Piece(open_it)


class Piece:
    def __init__(self, take_turn: Callable[[], None]) -> None:
        self.take_turn = take_turn


def hold(kind: type[Pool]) -> Callable[[int], None]:
    def check(seed: int) -> None:
        try:
            Play(kind, seed).run()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error

    return check


def test_nothing_is_lost_in_any_order_of_steps() -> None:
    for seed in range(150):
        hold(Pool)(seed)


@pytest.mark.soak
def test_nothing_is_lost_in_twenty_thousand_orders_of_steps() -> None:
    for seed in range(20_000):
        hold(Pool)(seed)


class LooksBeforeItSubmits(Pool):
    def submit(self, work: Any) -> None:
        free = self._awake < self._window
        self.ready.append(work)
        if free:
            self._summon(1)


class LooksBeforeItRests(Pool):
    def _rest(self, worker: Worker) -> bool:
        if self.ready or self.urgent:
            self._summon(1)
        with self._lock:
            self._take_permit_from(worker)
            if self._stopped:
                self._workers.discard(worker)
                return False
            self._idle.append(worker)
        worker.bell.acquire()
        return True


class RestsWithItsPermit(Pool):
    def _rest(self, worker: Worker) -> bool:
        permit = worker.permit
        rests = super()._rest(worker)
        worker.permit = worker.permit or permit
        return rests


class TakesPermitsOfOtherEpochs(Pool):
    def _take_permit_from(self, worker: Worker) -> None:
        if worker.permit:
            self._awake -= 1
        worker.permit = 0


class KeepsThePlaceOfWhoWaits(Pool):
    def hand_place_on(self, worker: Worker) -> None:
        pass


class HandsOnAndCallsNobody(Pool):
    def hand_place_on(self, worker: Worker) -> None:
        with self._lock:
            self._take_permit_from(worker)


class LeavesWhenCalled(Pool):
    def _is_superfluous(self, worker: Worker) -> bool:
        with self._lock:
            leaves = len(self._workers) > self.limits.minimum
            if leaves:
                if worker in self._idle:
                    self._idle.remove(worker)
                self._workers.discard(worker)
        return leaves


class StopsWithoutRinging(Pool):
    def stop(self) -> None:
        self._stopped = True


class HiresBeyondTheEnd(Pool):
    """Those who stop it do not wait for who is just being hired."""

    def stop(self) -> None:
        self._hiring = pool_module.allocate_lock()
        super().stop()


class GivesPermitsWithoutLimit(Pool):
    def _gets_permit(self, worker: Worker) -> bool:
        worker.permit = self._epoch
        return True


@pytest.mark.parametrize(
    "mutant",
    [
        LooksBeforeItSubmits,
        LooksBeforeItRests,
        RestsWithItsPermit,
        TakesPermitsOfOtherEpochs,
        KeepsThePlaceOfWhoWaits,
        HandsOnAndCallsNobody,
        LeavesWhenCalled,
        StopsWithoutRinging,
        GivesPermitsWithoutLimit,
    ],
)
def test_a_pool_with_one_rule_taken_out_is_caught(mutant: type[Pool]) -> None:
    # Most are caught by the first few, and one by the 1,487th.
    assert caught_by(hold(mutant), [*range(60), *range(1450, 3000)])


def test_an_end_that_does_not_wait_for_who_is_being_hired_is_caught() -> None:
    # In every fifth play the end comes while others submit.
    assert caught_by(hold(HiresBeyondTheEnd), range(0, 3000, 5))
