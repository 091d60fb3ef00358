"""A pool on threads: each piece of work is done once, on as few workers as it may have."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from antiphon.actors.statistics import PoolStatistics
from antiphon.actors.workers.pool import Pool, PoolLimits, blocking
from antiphon.tests.actors.workers.tasks import (
    FUSE,
    NEVER,
    Task,
    at_rest,
    close,
    hold_up,
    until,
    widen,
)


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
