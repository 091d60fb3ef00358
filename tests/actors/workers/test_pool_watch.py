"""Work waits for no worker that waits itself: the watch brings others in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from antiphon.actors.workers.pool import Pool, PoolLimits
from antiphon.actors.workers.pool_watch import PoolWatch
from antiphon.tests.actors.workers.tasks import FUSE, Piece, Task
from antiphon.tests.actors.workers.watching import RecordingPool, Times, clocks

times = pytest.fixture(clocks)


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
    watched: Callable[..., tuple[Pool, PoolWatch]], let_go: threading.Event
) -> None:
    (pool, watch), done = watched(maximum=2), threading.Event()
    stuck = [Task(let_go.wait) for _ in range(5)]
    for task in stuck:
        pool.submit(task)
    watch.call()
    assert all(task.begun.wait(FUSE) for task in stuck[:2])
    pool.submit_urgent(Piece(done.set))
    watch.call()
    assert done.wait(FUSE)


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
