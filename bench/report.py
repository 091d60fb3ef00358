"""What a bench found: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from ..clock import Clock, SystemClock
from ..errors import RunInterrupted
from .harness import Bench, Figure, Measured, Spread, Watcher, measure
from .machine import Load, machine


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
            "figures": {
                figure.name: _figure(figure, measured)
                for measured in self.measured
                for figure, _ in measured.figures()
            },
            "meanings": {figure.name: figure.meaning for figure, _ in self._figures()},
            "spreads": {figure.name: _quartiles(spread) for figure, spread in self._figures()},
            "targets": {
                figure.name: _target(figure, figure.target, spread)
                for figure, spread in self._figures()
                if figure.target is not None
            },
            "guides": {
                figure.name: figure.guide
                for figure, _ in self._figures()
                if figure.guide is not None
            },
            "skipped": self.skipped,
        }

    def show(self, console: Console) -> None:
        """Print the tables."""
        console.print(f"\n[bold]{self.name}[/bold]: {self.question}", highlight=False)
        console.print(_times_table(self.measured))
        console.print(_figures_table(self._figures()))
        for name, why in self.skipped.items():
            console.print(f"{name} was skipped: {why}", highlight=False, markup=False)
        console.print(where(self.environment), highlight=False)

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
    load, started = Load(), clock.now()
    measured = []
    try:
        watcher.plan(cases)
        for case in cases:
            measured.append(measure(case, clock, watcher))
            load.sample()
    except RunInterrupted:
        # A run that somebody asked for ends with a summary; to those of a bench it is no end.
        raise KeyboardInterrupt from None
    finally:
        watcher.end()
    environment = {**machine(), **load.told(), "seconds": clock.now() - started}
    return Report(name, question(bench), small, environment, measured)


def question(bench: Bench) -> str:
    """Give the first line of a bench's docstring."""
    return (bench.__doc__ or "").strip().partition("\n")[0]


def _case(measured: Measured) -> dict[str, Any]:
    case = measured.case
    variants = {
        name: {
            "units": measured.units[name],
            **_in_ms(seconds),
            "start_ms": _in_ms(measured.starts[name]) if name in measured.starts else None,
        }
        for name, seconds in measured.seconds.items()
    }
    return {"case": case.name, "unit": f"ms per {case.unit}", "variants": variants}


def _in_ms(seconds: Sequence[float]) -> dict[str, Any]:
    repeats = [one * 1000 for one in seconds]
    return {**_quartiles(Spread.of(repeats)), "repeats": repeats}


def _figure(figure: Figure, measured: Measured) -> dict[str, Any]:
    """Give what a comparison needs: every repeat, in order, and which way is better."""
    return {
        "kind": type(figure).__name__.lower(),
        "case": measured.case.name,
        "variants": list(figure.variants),
        "better": figure.better.name.lower(),
        "repeats": list(figure.values(measured)),
    }


def _quartiles(spread: Spread) -> dict[str, float]:
    return spread._asdict()


def where(environment: Mapping[str, Any]) -> str:
    """Give one line on the machine, and on who else used it."""
    during = environment["load_during"] or {}
    return (
        f"{environment['implementation']} {environment['python']}, {environment['cores']} cores, "
        f"load {environment['load_before']} before, {during.get('median')} during and "
        f"{environment['load_after']} after, others kept {environment['others_cores']} cores "
        f"busy, {environment['seconds']:.0f} s"
    )


def _times_table(measured: Sequence[Measured]) -> Table:
    table = _table("case", "variant")
    started = any(one.starts for one in measured)
    for column in ("median", "quartiles", "repeats", *(["start-up"] if started else [])):
        table.add_column(column, justify="right")
    for one in measured:
        for name, seconds in one.seconds.items():
            unit, factor = _unit(seconds)
            spread = Spread.of([second * factor for second in seconds])
            middle = f"{spread.median:,.2f} {unit}/{one.case.unit}"
            cells = [middle, _between(spread), _count(one, name)]
            table.add_row(one.case.name, name, *cells, *([_start(one, name)] if started else []))
        table.add_section()
    return table


def _unit(seconds: Sequence[float]) -> tuple[str, float]:
    return ("µs", 1e6) if Spread.of(seconds).median < 1e-3 else ("ms", 1e3)


def _start(measured: Measured, variant: str) -> str:
    if variant not in measured.starts:
        return ""
    unit, factor = _unit(measured.starts[variant])
    return f"{Spread.of(measured.starts[variant]).median * factor:,.2f} {unit}"


def _figures_table(figures: Sequence[tuple[Figure, Spread]]) -> Table:
    table = _table("ratio")
    guided = any(figure.guide is not None for figure, _ in figures)
    for column in ("median", "quartiles", *(["the guide's"] if guided else []), "target"):
        table.add_column(column, justify="right")
    for figure, spread in figures:
        verdict = "" if figure.target is None else _verdict(figure, figure.target, spread)
        guide = "" if figure.guide is None else f"{figure.guide:,g}"
        cells = [_number(spread.median), _between(spread), *([guide] if guided else []), verdict]
        table.add_row(figure.name, *cells)
    return table


def _table(*left: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for column in left:
        table.add_column(column, overflow="fold")
    return table


def _between(spread: Spread) -> str:
    return f"{_number(spread.low)} to {_number(spread.high)}"


def _number(value: float) -> str:
    return f"{value:.2g}" if 0.0 < abs(value) < 0.095 else f"{value:,.2f}"


def _count(measured: Measured, variant: str) -> str:
    return f"{len(measured.seconds[variant])} x {measured.units[variant]:,}"


def _target(figure: Figure, target: float, spread: Spread) -> dict[str, Any]:
    reached = figure.better.holds(spread.median, target)
    return {"better": figure.better.name.lower(), "target": target, "reached": reached}


def _verdict(figure: Figure, target: float, spread: Spread) -> str:
    word = "reached" if figure.better.holds(spread.median, target) else "missed"
    return f"{figure.better} {target:g}, {word}"
