"""What protocols came to: a table for each world, a line in it for each of them."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from ..coordination.outcome import Status
from .harness import Measured, Spread
from .report import Report, where
from .trial import Risks

_NUMBERS = ("return", "rounds/s", "p50 ms", "p99 ms", "messages")
_MESSAGES = "messages of a round are its calls, its answers, and what agents hear of each other"


def figure_name(case: str, variant: str, reading: str) -> str:
    """Give the name under which a reading of a variant is reported."""
    return f"{case}, {variant}: {reading}"


def show(report: Report, console: Console, risks: Risks) -> None:
    """Print medians over the seeds; of what could not be measured it says why.

    Args:
        risks: what befell the agents, without which nobody can read the figures.
    """
    console.print(f"\n[bold]{report.name}[/bold]: {report.question}", highlight=False)
    console.print(f"{risks}; {_MESSAGES}", highlight=False)
    for measured in report.measured:
        if measured.seconds:
            console.print(f"\n{measured.case.name}", highlight=False, markup=False)
            console.print(_table(measured))
        else:
            console.print(_skipped(measured), highlight=False, markup=False, soft_wrap=True)
    console.print(where(report.environment), highlight=False)


def _skipped(measured: Measured) -> str:
    """Give one line; what to do stands last in an error, and all of it in the JSON."""
    whys = {why.rpartition(": ")[2] for why in measured.absent.values()}
    return f"{measured.case.name} was skipped: {', '.join(sorted(whys))}"


def _table(measured: Measured) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1))
    table.add_column("protocol, dispatcher", no_wrap=True)
    for column in _NUMBERS:
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("outcomes", overflow="fold")
    for variant in measured.seconds:
        table.add_row(variant, *_cells(measured, variant))
    return table


def _cells(measured: Measured, variant: str) -> list[str]:
    def median(name: str) -> float:
        values = measured.quantities[figure_name(measured.case.name, variant, name)]
        return Spread.of(values).median

    return [
        f"{median('return'):,.3f}",
        f"{1 / Spread.of(measured.seconds[variant]).median:,.0f}",
        f"{median('p50_ms'):,.2f}",
        f"{median('p99_ms'):,.2f}",
        f"{median('messages'):,.1f}",
        _outcomes({str(status): median(str(status)) for status in Status}),
    ]


def _outcomes(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{how} {share:.1%}" for how, share in shares.items() if share)
