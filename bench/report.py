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
from ..coordination.manifest import fingerprint
from .harness import Bench, Measured, Ratio, Spread, Watcher, measure

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
        """The median of each ratio, by name."""
        return {ratio.name: spread.median for ratio, spread in self._ratios()}

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return {
            "bench": self.name,
            "question": self.question,
            "small": self.small,
            "environment": dict(self.environment),
            "cases": [_case(measured) for measured in self.measured],
            "ratios": self.ratios,
            "spreads": {ratio.name: _quartiles(spread) for ratio, spread in self._ratios()},
            "targets": {ratio.name: ratio.target for ratio, _ in self._ratios() if ratio.target},
        }

    def show(self, console: Console) -> None:
        """Print the tables."""
        console.print(f"\n[bold]{self.name}[/bold]: {self.question}", highlight=False)
        console.print(_times_table(self.measured))
        console.print(_ratios_table(self._ratios()))
        load, after = self.environment["load_before"], self.environment["load_after"]
        console.print(
            f"{self.environment['implementation']} {self.environment['python']}, "
            f"{self.environment['cores']} cores, load {load} before and {after} after, "
            f"{self.environment['seconds']:.0f} s",
            highlight=False,
        )

    def _ratios(self) -> list[tuple[Ratio, Spread]]:
        return [
            (ratio, Spread.of(measured.pairs(ratio)))
            for measured in self.measured
            for ratio in measured.case.ratios
        ]


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
            spread = Spread.of(_in_ms(seconds))
            middle = f"{spread.median:,.3f} ms/{one.case.unit}"
            table.add_row(one.case.name, name, middle, _between(spread, ".3f"), _count(one, name))
        table.add_section()
    return table


def _ratios_table(ratios: Sequence[tuple[Ratio, Spread]]) -> Table:
    table = _table("ratio (their time / ours)")
    for column in ("median", "quartiles", "target"):
        table.add_column(column, justify="right")
    for ratio, spread in ratios:
        target = "" if ratio.target is None else _target(ratio.target, spread.median)
        table.add_row(ratio.name, f"{spread.median:,.2f}", _between(spread, ".2f"), target)
    return table


def _table(*left: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for column in left:
        table.add_column(column, overflow="fold")
    return table


def _between(spread: Spread, form: str) -> str:
    return f"{spread.low:,{form}} to {spread.high:,{form}}"


def _count(measured: Measured, variant: str) -> str:
    return f"{len(measured.seconds[variant])} x {measured.units[variant]:,}"


def _target(target: float, reached: float) -> str:
    return f">= {target:g}, {'reached' if reached >= target else 'missed'}"
