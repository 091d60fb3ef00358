from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import Iterator

import pytest
from antiphon.clock import ManualClock
from antiphon.memory.profiler import OTHERS, FunctionStatistics, MemoryProfiler

FUSE = 10.0
"""Seconds; a wait that lasts as long has failed."""
MIB = 2**20


@pytest.fixture
def tracing() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def only(profiler: MemoryProfiler) -> FunctionStatistics:
    (figures,) = profiler.statistics().values()
    return figures


def test_calls_and_times_are_counted() -> None:
    clock = ManualClock()
    profiler = MemoryProfiler(clock=clock)

    @profiler.profile
    def play(seconds: float) -> float:
        """Play."""
        clock.advance(seconds)
        return seconds * 2

    assert [play(1.0), play(0.5), play(3.0)] == [2.0, 1.0, 6.0]
    figures = only(profiler)
    assert (figures.calls, figures.failed) == (3, 0)
    assert (figures.total_ms, figures.avg_ms) == (4500, 1500)
    assert (figures.min_ms, figures.max_ms) == (500, 3000)
    assert play.__doc__ == "Play."


def test_a_call_that_raises_counts_and_raises() -> None:
    profiler = MemoryProfiler(clock=ManualClock())

    @profiler.profile
    def fail() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        fail()
    assert (only(profiler).calls, only(profiler).failed) == (1, 1)


def test_memory_that_the_process_took_is_seen() -> None:
    profiler, kept = MemoryProfiler(), []

    @profiler.profile
    def take() -> None:
        # Ones, for pages of zeros take no memory until somebody writes into them.
        kept.append(b"\x01" * (64 * MIB))

    take()
    assert only(profiler).rss_bytes > 60 * MIB
    assert only(profiler).rss_max_bytes == only(profiler).rss_bytes


@pytest.mark.usefixtures("tracing")
def test_python_objects_are_seen_while_they_are_traced() -> None:
    profiler, kept = MemoryProfiler(), []

    @profiler.profile
    def take() -> None:
        bytearray(5 * MIB)
        kept.append(bytearray(MIB))

    take()
    take()
    figures = only(profiler)
    assert figures.traced_calls == 2
    assert figures.traced_bytes == pytest.approx(2 * MIB, rel=0.05)
    assert figures.traced_peak_bytes == pytest.approx(5 * MIB, rel=0.05)


def test_nothing_is_said_of_python_objects_that_nobody_traced() -> None:
    profiler = MemoryProfiler()
    profiler.profile(len)("four")
    assert only(profiler).calls == 1
    assert only(profiler).traced_bytes is None
    assert only(profiler).traced_peak_bytes is None


def test_a_call_in_which_tracing_was_switched_is_not_counted_as_traced() -> None:
    profiler = MemoryProfiler()
    switch_off = profiler.profile(tracemalloc.stop)
    switch_on = profiler.profile(tracemalloc.start)
    tracemalloc.start()
    try:
        switch_off()
        switch_on()
    finally:
        tracemalloc.stop()
    assert [figures.traced_calls for figures in profiler.statistics().values()] == [0, 0]


@pytest.mark.usefixtures("tracing")
def test_a_call_inside_another_does_not_hide_the_outer_ones_peak() -> None:
    profiler = MemoryProfiler()

    @profiler.profile
    def inner() -> None:
        bytearray(2 * MIB)

    @profiler.profile
    def outer() -> None:
        bytearray(8 * MIB)
        inner()

    outer()
    peaks = {
        name.rpartition(".")[2]: figures.traced_peak_bytes
        for name, figures in profiler.statistics().items()
    }
    assert peaks["inner"] == pytest.approx(2 * MIB, rel=0.05)
    assert peaks["outer"] == pytest.approx(8 * MIB, rel=0.05)


def test_a_coroutine_is_measured_to_its_end() -> None:
    clock = ManualClock()
    profiler = MemoryProfiler(clock=clock)

    @profiler.profile
    async def wait() -> str:
        await asyncio.sleep(0)
        clock.advance(2.0)
        return "done"

    assert asyncio.run(wait()) == "done"
    assert only(profiler).total_ms == 2000


def test_no_call_is_lost_between_threads() -> None:
    profiler = MemoryProfiler()
    touch = profiler.profile(lambda: None)

    def run() -> None:
        for _ in range(300):
            touch()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    assert only(profiler).calls == 1200


def test_functions_past_the_bound_are_counted_together() -> None:
    profiler = MemoryProfiler(max_functions=2, clock=ManualClock())

    def named(name: str) -> None:
        def function() -> None: ...

        function.__qualname__ = name
        profiler.profile(function)()

    for name in "abcde":
        named(name)
    calls = {name: figures.calls for name, figures in profiler.statistics().items()}
    assert calls == {"a": 1, "b": 1, OTHERS: 3}


def test_the_report_names_every_function() -> None:
    clock = ManualClock()
    profiler = MemoryProfiler(clock=clock)
    assert profiler.report() == "nothing was profiled"

    def quick() -> None:
        clock.advance(0.001)

    def slow() -> None:
        clock.advance(1.0)

    profiler.profile(quick)()
    profiler.profile(slow)()
    head, first, second = profiler.report().splitlines()
    assert "total ms" in head
    assert "slow" in first
    assert "1000.000" in first
    assert "quick" in second


def test_what_cannot_be_profiled_is_refused() -> None:
    def generate() -> Iterator[int]:
        yield 1

    profiler = MemoryProfiler()
    for wrong in (generate, "play", int):
        with pytest.raises(TypeError, match="function"):
            profiler.profile(wrong)
    with pytest.raises(ValueError, match="max_functions must be >= 1, got 0"):
        MemoryProfiler(max_functions=0)
