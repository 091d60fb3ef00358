"""What a bench found: a table for people, JSON for programs."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from ..clock import Clock, SystemClock
from ..coordination.records.manifest import fingerprint
from .harness import Bench, Figure, Measured, Spread, Watcher, measure

# Whom we are measured against, beside the packages that a run depends on.
_PEERS = ("inferactively-pymdp",)


@dataclass(frozen=True, slots=True)
class Report:
    """The results of one bench, with where and how they came about."""

    name: str
    question: str
    small: bool
    environment: Mapping[str, Any]
    measured: Sequence[Measured]

    @property
    def ratios(self) -> dict[str, float]:
        """The median of each ratio and quantity that could be measured, by name."""
        return {figure.name: spread.median for figure, spread in self._figures()}

    @property
    def skipped(self) -> dict[str, str]:
        """Why the others could not be measured here, by name."""
        return {
            figure.name: why
            for measured in self.measured
            for figure in measured.case.ratios
            if (why := measured.lacks(figure))
        }

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            "bench": self.name,
            "question": self.question,
            "small": self.small,
            "environment": dict(self.environment),
            "cases": [_case(measured) for measured in self.measured],
            "ratios": self.ratios,
            "meanings": {figure.name: figure.meaning for figure, _ in self._figures()},
            "spreads": {figure.name: _quartiles(spread) for figure, spread in self._figures()},
            "targets": {
                figure.name: _target(figure, figure.target, spread)
                for figure, spread in self._figures()
                if figure.target is not None
            },
            "skipped": self.skipped,
        }

    def show(self, console: Console) -> None:
        """Print the tables."""
        console.print(f"\n[bold]{self.name}[/bold]: {self.question}", highlight=False)
        console.print(_times_table(self.measured))
        console.print(_figures_table(self._figures()))
        for name, why in self.skipped.items():
            console.print(f"{name} was skipped: {why}", highlight=False)
        load, after = self.environment["load_before"], self.environment["load_after"]
        console.print(
            f"{self.environment['implementation']} {self.environment['python']}, "
            f"{self.environment['cores']} cores, load {load} before and {after} after, "
            f"{self.environment['seconds']:.0f} s",
            highlight=False,
        )

    def _figures(self) -> list[tuple[Figure, Spread]]:
        return [figure for measured in self.measured for figure in measured.figures()]


def run_bench(
    name: str, bench: Bench, *, small: bool, watcher: Watcher, clock: Clock | None = None
) -> Report:
    """Measure every case of a bench.

    Raises:
        WorkError: a variant did not do its work; there are no results then.
        MissingExtraError: whom it measures against is not installed.
    """
    clock = clock or SystemClock()
    cases = bench.cases(small=small)
    load, started = _load(), clock.now()
    try:
        measured = [measure(case, clock, watcher) for case in cases]
    finally:
        watcher.end()
    environment = {
        **fingerprint(),
        "peers": {peer: _version(peer) for peer in _PEERS},
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "clock_resolution": time.get_clock_info("monotonic").resolution,
        "switch_interval": sys.getswitchinterval(),
        "gc_threshold": gc.get_threshold(),
        "load_before": load,
        "load_after": _load(),
        "seconds": clock.now() - started,
    }
    return Report(name, question(bench), small, environment, measured)


def question(bench: Bench) -> str:
    """Give the first line of a bench's docstring."""
    return (bench.__doc__ or "").strip().partition("\n")[0]


def _load() -> float | None:
    """The load average of the last minute, where the system tells."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _case(measured: Measured) -> dict[str, Any]:
    variants = {
        name: {
            "units": measured.units[name],
            **_quartiles(Spread.of(_in_ms(seconds))),
            "repeats": _in_ms(seconds),
        }
        for name, seconds in measured.seconds.items()
    }
    case = measured.case
    return {"case": case.name, "unit": f"ms per {case.unit}", "variants": variants}


def _quartiles(spread: Spread) -> dict[str, float]:
    return spread._asdict()


def _in_ms(seconds: Sequence[float]) -> list[float]:
    return [one * 1000 for one in seconds]


def _times_table(measured: Sequence[Measured]) -> Table:
    table = _table("case", "variant")
    for column in ("median", "quartiles", "repeats"):
        table.add_column(column, justify="right")
    for one in measured:
        for name, seconds in one.seconds.items():
            unit, factor = ("µs", 1e6) if Spread.of(seconds).median < 1e-3 else ("ms", 1e3)
            spread = Spread.of([second * factor for second in seconds])
            middle = f"{spread.median:,.2f} {unit}/{one.case.unit}"
            table.add_row(one.case.name, name, middle, _between(spread), _count(one, name))
        table.add_section()
    return table


def _figures_table(figures: Sequence[tuple[Figure, Spread]]) -> Table:
    table = _table("ratio")
    for column in ("median", "quartiles", "target"):
        table.add_column(column, justify="right")
    for figure, spread in figures:
        verdict = "" if figure.target is None else _verdict(figure, figure.target, spread)
        table.add_row(figure.name, f"{spread.median:,.2f}", _between(spread), verdict)
    return table


def _table(*left: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for column in left:
        table.add_column(column, overflow="fold")
    return table


def _between(spread: Spread) -> str:
    return f"{spread.low:,.2f} to {spread.high:,.2f}"


def _count(measured: Measured, variant: str) -> str:
    return f"{len(measured.seconds[variant])} x {measured.units[variant]:,}"


def _target(figure: Figure, target: float, spread: Spread) -> dict[str, Any]:
    reached = figure.better.holds(spread.median, target)
    return {"better": figure.better.name.lower(), "target": target, "reached": reached}


def _verdict(figure: Figure, target: float, spread: Spread) -> str:
    word = "reached" if figure.better.holds(spread.median, target) else "missed"
    return f"{figure.better} {target:g}, {word}"
