"""The performance monitor: every call is counted, whoever makes it, in bounded memory."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import sys
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.vitals.monitor import OTHERS, PerformanceMonitor
from antiphon.coordination.vitals.operation import OperationStatistics

FUSE = 10.0


def timed_by_hand() -> tuple[PerformanceMonitor, ManualClock]:
    clock = ManualClock()
    return PerformanceMonitor(clock=clock), clock


def test_a_decorated_function_has_count_total_average_and_extremes() -> None:
    monitor, clock = timed_by_hand()

    @monitor.measure("work")
    def work(seconds: float, *, result: str) -> str:
        """Works."""
        clock.advance(seconds)
        return result

    assert [work(s, result="done") for s in (0.001, 0.002, 0.006)] == ["done"] * 3
    figures = monitor.statistics()["work"]
    assert (figures.count, figures.failed) == (3, 0)
    assert figures.total_ms == pytest.approx(9)
    assert figures.avg_ms == pytest.approx(3)
    assert (figures.min_ms, figures.max_ms) == pytest.approx((1, 6))
    assert figures.p50_ms == pytest.approx(2, rel=0.01)
    assert figures.p99_ms == pytest.approx(6, rel=0.01)
    assert (work.__name__, work.__doc__) == ("work", "Works.")


def test_a_block_and_a_time_taken_elsewhere_count_alike() -> None:
    monitor, clock = timed_by_hand()
    with monitor.measure("load"):
        clock.advance(0.5)
    monitor.record("load", 1.5)
    assert monitor.statistics()["load"].total_ms == pytest.approx(2000)


def test_what_raises_is_counted_and_goes_on_raising() -> None:
    monitor, clock = timed_by_hand()

    def breaks() -> None:
        clock.advance(0.25)
        raise KeyError("lost")

    def breaks_in_a_block() -> None:
        with monitor.measure("breaks"):
            breaks()

    for broken in (monitor.measure("breaks")(breaks), breaks_in_a_block):
        with pytest.raises(KeyError):
            broken()
    figures = monitor.statistics()["breaks"]
    assert (figures.count, figures.failed, figures.total_ms) == (2, 2, 500)


def test_methods_and_nested_and_recursive_calls_are_timed_each_for_itself() -> None:
    monitor, clock = timed_by_hand()

    class Planner:
        @monitor.measure("plan")
        def plan(self, depth: int) -> int:
            clock.advance(1.0)
            return depth if depth == 0 else self.plan(depth - 1)

        @staticmethod
        @monitor.measure("static")
        def rest() -> None:
            clock.advance(1.0)

    assert Planner().plan(2) == 0
    Planner.rest()
    figures = monitor.statistics()
    assert (figures["plan"].count, figures["plan"].total_ms) == (3, 6000)
    assert figures["static"].count == 1


def test_a_coroutine_is_timed_to_its_end() -> None:
    monitor, clock = timed_by_hand()

    @monitor.measure("ask")
    async def ask() -> str:
        clock.advance(1.0)
        await asyncio.sleep(0)
        clock.advance(1.0)
        return "answer"

    class Client:
        async def __call__(self) -> str:
            return await ask()

    assert asyncio.run(ask()) == "answer"
    assert monitor.statistics()["ask"].total_ms == pytest.approx(2000)
    timed: Any = monitor.measure("client")(Client())
    assert asyncio.run(timed()) == "answer"
    assert monitor.statistics()["client"].total_ms == pytest.approx(2000)


def generator() -> Iterator[int]:
    yield 1


async def stream() -> AsyncIterator[int]:
    yield 1


class Yields:
    def __call__(self) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        (generator, "generator function"),
        (stream, "generator function"),
        (functools.partial(generator), "generator function"),
        (Yields(), "generator function"),
        (Yields, "times functions"),
        (staticmethod(generator), "below @staticmethod"),
        (classmethod(generator), "below @staticmethod"),
        ("text", "times functions, got 'text'"),
    ],
    ids=["generator", "stream", "partial", "object", "class", "static", "of class", "text"],
)
def test_what_cannot_be_timed_by_its_call_is_refused(thing: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        PerformanceMonitor().measure("it")(thing)


def test_a_block_is_not_opened_twice() -> None:
    monitor, clock = timed_by_hand()
    block = monitor.measure("block")
    with block:
        clock.advance(1.0)
        with pytest.raises(RuntimeError, match="open already"), block:
            pass
    with block:  # but again once it is closed
        clock.advance(1.0)
    assert monitor.statistics()["block"].total_ms == pytest.approx(2000)


class Half(float):
    """Half a second that takes its time to be added, so that others come between."""

    def __radd__(self, other: float) -> float:
        for _ in range(20):
            pass
        return other + 0.5


@pytest.fixture
def _hasty_threads() -> Iterator[None]:
    """Threads take turns all the time, and so meet in the middle of everything."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hasty_threads")
def test_no_call_is_lost_between_threads() -> None:
    monitor = PerformanceMonitor()
    calls, threads = 1000, 8
    together = threading.Barrier(threads)

    @monitor.measure("shared")
    def shared() -> None:
        pass

    def run(name: str) -> None:
        together.wait(FUSE)
        for _ in range(calls):
            shared()
            with monitor.measure(name):
                pass
            monitor.record("halves", Half(0.5))

    running = [threading.Thread(target=run, args=(f"own-{k % 2}",)) for k in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(FUSE)
    counts = {name: figures.count for name, figures in monitor.statistics().items()}
    total = threads * calls
    assert counts == {"shared": total, "halves": total, "own-0": total / 2, "own-1": total / 2}
    assert monitor.statistics()["halves"].total_ms == 500 * total


def test_while_a_time_is_added_nobody_else_adds_to_the_same_operation() -> None:
    # The test above meets others by luck; this one looks where they would have to meet.
    monitor = PerformanceMonitor()
    monitor.record("halves", 0.5)
    operation = monitor._find("halves")
    locked = []

    class Looks(float):
        def __radd__(self, other: float) -> float:
            locked.append(operation._lock.locked())
            return other + 0.5

    monitor.record("halves", Looks(0.5))
    assert locked == [True]


def test_operations_beyond_the_bound_are_counted_together() -> None:
    monitor = PerformanceMonitor(max_operations=2)
    for name in ("a", "b", "c", "d", "a"):
        monitor.record(name, 0.001)
    assert {n: f.count for n, f in monitor.statistics().items()} == {"a": 2, "b": 1, OTHERS: 2}


def test_memory_does_not_grow_with_the_calls() -> None:
    monitor, clock = timed_by_hand()

    @monitor.measure("work")
    def work(seconds: float) -> None:
        clock.advance(seconds)

    spread = [1e-9 * 1.3**k for k in range(100)]
    for seconds in spread:
        work(seconds)
    gc.collect()
    tracemalloc.start()
    for seconds in spread * 100:
        work(seconds)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 5_000


def test_the_report_is_a_table_with_what_took_longest_first() -> None:
    monitor = PerformanceMonitor()
    assert monitor.report() == "nothing was measured"
    assert monitor.measure("never called")
    monitor.record("short", 0.001)
    monitor.record("z, a long name indeed", 2.0)
    lines = monitor.report().splitlines()
    assert lines[0].split()[:3] == ["operation", "count", "failed"]
    assert [line.split("  ")[0] for line in lines[1:]] == ["z, a long name indeed", "short"]
    assert len({len(line) for line in lines}) == 1
    assert "2,000.000" in lines[1]


def test_figures_are_json_values_under_the_names_of_the_statistics() -> None:
    monitor = PerformanceMonitor()
    monitor.record("a", 0.002)
    (figures,) = json.loads(json.dumps(monitor.to_dict())).values()
    assert set(figures) == set(OperationStatistics.__slots__)
    assert figures["avg_ms"] == pytest.approx(2)
    assert figures["p50_ms"] == figures["p99_ms"] == figures["max_ms"]


@pytest.mark.parametrize("name", ["", "two\nlines", "\x1b[31m", 7])
def test_a_name_is_a_line_of_text(name: Any) -> None:
    with pytest.raises(ValueError, match="named by a line of text"):
        PerformanceMonitor().measure(name)


def test_numbers_that_make_no_sense_are_refused() -> None:
    for seconds in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="seconds must be"):
            PerformanceMonitor().record("a", seconds)
    with pytest.raises(ValueError, match="max_operations must be >= 1, got 0"):
        PerformanceMonitor(max_operations=0)
