"""How long operations of yours take: a decorator and a ``with`` block that keep the times."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from ...clock import Clock, SystemClock
from .operation import Operation, OperationStatistics

OTHERS = "(others)"
"""Where operations are counted for which there was no room."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Measure:
    """Times a function, as its decorator, or one ``with`` block."""

    __slots__ = ("_clock", "_operation", "_started")

    def __init__(self, operation: Operation, clock: Clock) -> None:
        self._operation = operation
        self._clock = clock
        self._started: float | None = None

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """Wrap a function, so that each call is timed, also one that raises.

        A coroutine function is timed from its call to its end, the time included in which
        it waited and others ran.

        Raises:
            TypeError: it is a generator function, whose call does not run it, or no plain
                function.
        """
        code = _checked(function)
        if inspect.iscoroutinefunction(code):
            return cast("Callable[_P, _R]", self._timed_coroutine(function))
        operation, now = self._operation, self._clock.now

        @functools.wraps(function)
        def timed(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            started, failed = now(), True
            try:
                result = function(*args, **kwargs)
                failed = False
            finally:
                operation.add(now() - started, failed=failed)
            return result

        return timed

    def _timed_coroutine(self, function: Callable[..., Any]) -> Callable[..., Any]:
        operation, now = self._operation, self._clock.now

        @functools.wraps(function)
        async def timed(*args: Any, **kwargs: Any) -> Any:
            started, failed = now(), True
            try:
                result = await function(*args, **kwargs)
                failed = False
            finally:
                operation.add(now() - started, failed=failed)
            return result

        return timed

    def __enter__(self) -> Self:
        if self._started is not None:
            # It holds one start: two blocks at once would give each other's times.
            raise RuntimeError("this block is open already; call measure(...) for each block")
        self._started = self._clock.now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        started, self._started = self._started, None
        if started is not None:
            self._operation.add(self._clock.now() - started, failed=kind is not None)


class PerformanceMonitor:
    """Keeps count, total, average, extremes and quantiles of the operations you name.

    Any thread may measure and ask, and no call is lost. The memory is bounded: for each
    operation it does not grow with the calls, and there are only so many operations; those
    that come when there is no room are counted together as ``OTHERS``.

    ::

        monitor = PerformanceMonitor()

        @monitor.measure("choose")
        def choose(options): ...

        with monitor.measure("load"):
            ...

        print(monitor.report())
    """

    def __init__(self, *, max_operations: int = 1000, clock: Clock | None = None) -> None:
        """Make one that knows nothing yet.

        Raises:
            ValueError: there is no room for a single operation.
        """
        if max_operations < 1:
            raise ValueError(f"max_operations must be >= 1, got {max_operations!r}")
        self._max_operations = max_operations
        self._clock = clock or SystemClock()
        self._operations: dict[str, Operation] = {}
        self._lock = threading.Lock()

    def measure(self, operation: str) -> Measure:
        """Give what times an operation: a decorator, or a ``with`` block.

        Raises:
            ValueError: the name is empty or cannot be printed.
        """
        return Measure(self._find(operation), self._clock)

    def record(self, operation: str, seconds: float) -> None:
        """Add a time that was taken elsewhere.

        Raises:
            ValueError: it is negative or no number, or the name is as in ``measure``.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"seconds must be a finite number >= 0, got {seconds!r}")
        self._find(operation).add(seconds)

    def _find(self, name: str) -> Operation:
        if not isinstance(name, str) or not name or not name.isprintable():
            raise ValueError(f"an operation is named by a line of text, got {name!r}")
        with self._lock:
            # A name more than there is room for: all others come under one.
            if name not in self._operations and len(self._operations) >= self._max_operations:
                name = OTHERS
            return self._operations.setdefault(name, Operation())

    def statistics(self) -> dict[str, OperationStatistics]:
        """Give the figures of each operation that has ended at least once, by name."""
        with self._lock:
            operations = list(self._operations.items())
        found = ((name, operation.statistics()) for name, operation in operations)
        return {name: figures for name, figures in found if figures is not None}

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Give the same as JSON values."""
        return {name: asdict(figures) for name, figures in self.statistics().items()}

    def report(self) -> str:
        """Give a table for a person, what took longest in all first."""
        rows = sorted(self.statistics().items(), key=lambda row: (-row[1].total_ms, row[0]))
        if not rows:
            return "nothing was measured"
        width = max(len("operation"), *(len(name) for name, _ in rows))
        columns = ("count", "failed", "total ms", "avg ms", "min ms", "p50 ms", "p99 ms", "max ms")
        lines = [f"{'operation':<{width}}" + "".join(f"{column:>12}" for column in columns)]
        lines += [f"{name:<{width}}{_cells(figures)}" for name, figures in rows]
        return "\n".join(lines)


def _cells(figures: OperationStatistics) -> str:
    times = (
        figures.total_ms,
        figures.avg_ms,
        figures.min_ms,
        figures.p50_ms,
        figures.p99_ms,
        figures.max_ms,
    )
    counts = f"{figures.count:>12,}{figures.failed:>12,}"
    return counts + "".join(f"{time:>12,.3f}" for time in times)


def _checked(function: Any) -> Any:
    """Give what runs when this is called, if that can be timed."""
    if isinstance(function, (staticmethod, classmethod)):
        raise TypeError("measure goes below @staticmethod and @classmethod, next to the function")
    if inspect.isclass(function) or not callable(function):
        raise TypeError(f"measure times functions, got {function!r}")
    plain = inspect.isroutine(function) or isinstance(function, functools.partial)
    code = function if plain else type(function).__call__
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise TypeError(
            f"{function!r} is a generator function: calling it runs nothing; "
            "measure a with block round what uses it"
        )
    return code
