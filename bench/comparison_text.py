"""A comparison as people read it in a terminal."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..report.wording import visible
from .compare import Comparison, Row, Verdict

MEANING = (
    "First and second are medians; the change is the geometric mean over pairs of repeats, or, "
    "of what may be nothing or negative, the mean difference as a share of the first."
)
"""Why the change need not be that from the first to the second."""
_NARROWEST = 10
_STYLES = {Verdict.WORSE: "bold red", Verdict.BETTER: "green"}


def show(comparison: Comparison, console: Console) -> None:
    """Print what was compared, what came of it, and what stands against it."""
    console.print(_table(comparison))
    for line in remarks(comparison):
        console.print(Text(visible(line)))


def remarks(comparison: Comparison) -> list[str]:
    """Give the sentences that go with the table, the verdict last."""
    lines = [f"only in {path}: {name}" for name, path in comparison.missing.items()]
    lines += [f"not alike: {line}" for line in comparison.unlike]
    return [*lines, MEANING, rule(comparison), *hints(comparison), verdict(comparison)]


def rule(comparison: Comparison) -> str:
    """Say when a difference counts."""
    margin, confidence = _percent(comparison.margin), _percent(comparison.confidence)
    return (
        f"A difference counts if its interval excludes none and it is beyond {margin}; all "
        f"intervals hold at once with a confidence of {confidence} (paired bootstrap over the "
        "repeats)."
    )


def hints(comparison: Comparison) -> list[str]:
    """Say how more could be told, where that is known."""
    few = any(row.verdict is Verdict.TOO_FEW for row in comparison.rows)
    if not (few and comparison.small):
        return []
    return ["Small runs have too few repeats: run without --small for a verdict."]


def verdict(comparison: Comparison) -> str:
    """Say what came of it, in a sentence."""
    counts = {kind: sum(row.verdict is kind for row in comparison.rows) for kind in Verdict}
    found = [f"{n} {kind}" for kind, n in counts.items() if n and kind in _STYLES]
    if counts[Verdict.TOO_FEW]:
        found.append(f"{counts[Verdict.TOO_FEW]} with too few repeats to tell")
    said = ", ".join(found) or "no difference"
    first, second = comparison.sides
    return f"{first} and {second}: {said}, of {len(comparison.rows)} metrics"


def change(share: float) -> str:
    """Give a change with its sign, as in +12.3 %."""
    return f"{share:+,.1%}".replace("%", " %")


def between(row: Row) -> str:
    """Give the interval of a change; nothing where nothing can be told."""
    return "" if math.isinf(row.low) else f"{change(row.low)} to {change(row.high)}"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _table(comparison: Comparison) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("metric", overflow="fold", min_width=_NARROWEST)
    for column in ("first", "second", "change", "interval", "pairs"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("better", no_wrap=True)
    table.add_column("", min_width=_NARROWEST)
    for row in comparison.rows:
        table.add_row(
            Text(visible(row.name)),
            f"{row.first:,.4g}",
            f"{row.second:,.4g}",
            change(row.change),
            between(row),
            str(row.pairs),
            row.better.name.lower(),
            Text(str(row.verdict), style=_STYLES.get(row.verdict, "")),
        )
    return table
