"""A profile for a terminal: the share of each part as a bar, and the functions that took most."""

from __future__ import annotations

from rich.bar import Bar
from rich.table import Table
from rich.text import Text

from ..wording import cut, visible
from .findings import Findings
from .parts import ABOUT, Part

_BAR = 24
_STYLES = {
    Part.INFERENCE: "blue",
    Part.MAILBOX: "magenta",
    Part.COORDINATION: "green",
    Part.RECORDS: "yellow",
    Part.MEMORY: "bright_magenta",
    Part.WORLD: "red",
    Part.REST: "bright_black",
}
_LONGEST = 40


def parts_table(findings: Findings) -> Table:
    """Show what the time was spent for; memory alone may be missing, for agents need none."""
    table = Table(box=None, header_style="bold", padding=(0, 1))
    table.add_column("part")
    for column in ("share", "ms a step"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", width=_BAR)
    table.add_column("what it is", overflow="fold")
    for part, ms in findings.part_ms.items():
        if part is Part.MEMORY and not ms:
            continue
        share = findings.share(part)
        bar = Bar(1.0, 0.0, share, width=_BAR, color=_STYLES[part])
        table.add_row(part, f"{share:.1%}", f"{ms / findings.steps:.4f}", bar, ABOUT[part])
    return table


def functions_table(findings: Findings, top: int) -> Table:
    """Show the functions with the most time of their own, in the colours of their parts."""
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for column in ("calls", "own ms", "cum. ms", "own/step"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("function", overflow="fold")
    table.add_column("where", overflow="fold")
    for one in findings.functions[:top]:
        figures = (
            f"{one.calls:,}",
            f"{one.own_ms:,.2f}",
            f"{one.cumulative_ms:,.2f}",
            f"{one.own_ms / findings.steps:.4f}",
        )
        # As text: names come from others, and rich reads square brackets as markup.
        name = Text(cut(visible(one.name), _LONGEST), style=_STYLES[one.part])
        table.add_row(*figures, name, Text(_short(visible(one.place))))
    return table


def _short(place: str) -> str:
    """Give folder and file; the folders above them are in what is written as JSON."""
    start, word, path = place.rpartition("from ")
    return f"{start}{word}{'/'.join(path.split('/')[-2:])}"
