"""What functions of yours cost: how often, how long, and how much memory they really take."""

from __future__ import annotations

import functools
import inspect
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, ParamSpec, TypeVar, cast

import psutil

from ..clock import Clock, SystemClock

OTHERS = "(others)"
"""Where functions are counted for which there was no room."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class FunctionStatistics:
    """What one function has cost so far.

    Memory is that of the whole process: what other threads took meanwhile is in it.
    """

    calls: int
    """How often it ended, those that raised included."""
    failed: int
    """How often it raised."""
    total_ms: float
    avg_ms: float
    min_ms: float
    max_ms: float
    rss_bytes: int
    """By how much the process has grown over all calls; negative where it shrank."""
    rss_max_bytes: int
    """The same for the call that took most."""
    traced_calls: int
    """Calls during the whole of which tracemalloc was on; the next two are of these."""
    traced_bytes: int | None
    """What Python objects took and did not give back, over all calls; None if never traced."""
    traced_peak_bytes: int | None
    """The most that one call took at any moment above what there was at its start."""


class _Costs:
    __slots__ = ("calls", "failed", "max", "min", "rss", "rss_max", "total", "traced")

    def __init__(self) -> None:
        self.calls = self.failed = self.rss = 0
        self.total, self.min, self.max = 0.0, float("inf"), 0.0
        self.rss_max: int | None = None
        self.traced: list[int] = [0, 0, 0]
        """Calls, bytes kept, peak."""

    def add(self, seconds: float, rss: int, traced: tuple[int, int] | None) -> None:
        self.calls += 1
        self.total += seconds
        self.min, self.max = min(self.min, seconds), max(self.max, seconds)
        self.rss += rss
        self.rss_max = rss if self.rss_max is None else max(self.rss_max, rss)
        if traced is not None:
            calls, kept, peak = self.traced
            self.traced = [calls + 1, kept + traced[0], max(peak, traced[1])]

    def statistics(self) -> FunctionStatistics:
        traced, kept, peak = self.traced
        return FunctionStatistics(
            calls=self.calls,
            failed=self.failed,
            total_ms=self.total * 1000,
            avg_ms=self.total / self.calls * 1000,
            min_ms=self.min * 1000,
            max_ms=self.max * 1000,
            rss_bytes=self.rss,
            rss_max_bytes=self.rss_max or 0,
            traced_calls=traced,
            traced_bytes=kept if traced else None,
            traced_peak_bytes=peak if traced else None,
        )


class _Trace:
    """What tracemalloc saw of one call."""

    __slots__ = ("before", "peak")

    def __init__(self, before: int) -> None:
        self.before = self.peak = before


class MemoryProfiler:
    """Decorates functions, and keeps what their calls cost.

    Any thread may call and ask, and calls may lie within each other. The room it takes grows
    neither with the calls nor, past ``max_functions``, with the functions. Python objects are
    measured while tracemalloc is on, which is the caller's to start; it resets that one's
    peak. A call costs some 20 µs more.

    ::

        profiler = MemoryProfiler()

        @profiler.profile
        def play(): ...

        print(profiler.report())
    """

    def __init__(self, *, max_functions: int = 1000, clock: Clock | None = None) -> None:
        """Make one that knows nothing yet.

        Raises:
            ValueError: there is no room for a single function.
        """
        if max_functions < 1:
            raise ValueError(f"max_functions must be >= 1, got {max_functions!r}")
        self._max_functions = max_functions
        self._clock = clock or SystemClock()
        self._process = psutil.Process()
        self._costs: dict[str, _Costs] = {}
        self._open: set[_Trace] = set()
        self._lock = threading.Lock()

    def profile(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """Wrap a function, so that each call is measured, also one that raises.

        A coroutine function is measured from its start to its end, the time included in which
        it waited and others ran.

        Raises:
            TypeError: it is a generator function, whose call does not run it, or no function.
        """
        if not callable(function) or isinstance(function, type):
            raise TypeError(f"only a function can be profiled, got {function!r}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"a call of the generator function {function!r} does not run it")
        name = getattr(function, "__qualname__", type(function).__qualname__)
        if inspect.iscoroutinefunction(function):
            return cast("Callable[_P, _R]", self._profiled_coroutine(name, function))

        @functools.wraps(function)
        def profiled(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            with self._measured(name):
                return function(*args, **kwargs)

        return profiled

    def _profiled_coroutine(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def profiled(*args: Any, **kwargs: Any) -> Any:
            with self._measured(name):
                return await function(*args, **kwargs)

        return profiled

    def statistics(self) -> dict[str, FunctionStatistics]:
        """Give the figures of each function that has ended at least once, by name."""
        with self._lock:
            return {name: costs.statistics() for name, costs in self._costs.items()}

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Give the same as JSON values."""
        return {name: asdict(figures) for name, figures in self.statistics().items()}

    def report(self) -> str:
        """Give a table for a person, what took longest in all first."""
        rows = sorted(self.statistics().items(), key=lambda row: (-row[1].total_ms, row[0]))
        if not rows:
            return "nothing was profiled"
        width = max(len("function"), *(len(name) for name, _ in rows))
        columns = ("calls", "failed", "total ms", "avg ms", "min ms", "max ms", "rss MiB", "py MiB")
        lines = [f"{'function':<{width}}" + "".join(f"{column:>12}" for column in columns)]
        lines += [f"{name:<{width}}{_cells(figures)}" for name, figures in rows]
        return "\n".join(lines)

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        trace, rss = self._trace_from_here(), self._process.memory_info().rss
        started, failed = self._clock.now(), True
        try:
            yield
            failed = False
        finally:
            seconds = self._clock.now() - started
            grown = self._process.memory_info().rss - rss
            traced = self._traced(trace)
            with self._lock:
                costs = self._find(name)
                costs.add(seconds, grown, traced)
                costs.failed += failed

    def _find(self, name: str) -> _Costs:
        if name not in self._costs and len(self._costs) >= self._max_functions:
            name = OTHERS
        return self._costs.setdefault(name, _Costs())

    def _trace_from_here(self) -> _Trace | None:
        with self._lock:
            if not tracemalloc.is_tracing():
                return None
            trace = _Trace(self._note_peak())
            self._open.add(trace)
            return trace

    def _traced(self, trace: _Trace | None) -> tuple[int, int] | None:
        if trace is None:
            return None
        with self._lock:
            # Switched off meanwhile, it counts from nothing: what it says is of no call.
            now = self._note_peak() if tracemalloc.is_tracing() else None
            self._open.discard(trace)
            return None if now is None else (now - trace.before, trace.peak - trace.before)

    def _note_peak(self) -> int:
        """Begin a new peak, for there is but one, and have all open calls keep the old one."""
        now, peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        for trace in self._open:
            trace.peak = max(trace.peak, peak)
        return now


def _cells(figures: FunctionStatistics) -> str:
    times = (figures.total_ms, figures.avg_ms, figures.min_ms, figures.max_ms)
    python = figures.traced_bytes
    return (
        f"{figures.calls:>12,}{figures.failed:>12,}"
        + "".join(f"{time:>12.3f}" for time in times)
        + f"{figures.rss_bytes / 2**20:>12.3f}"
        + (f"{'-':>12}" if python is None else f"{python / 2**20:>12.3f}")
    )
