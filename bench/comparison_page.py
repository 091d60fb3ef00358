"""A comparison as a page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..report.document import document
from ..report.markup import Markup, joined, tag
from ..report.scale import Scale
from ..report.wording import cut
from .compare import Comparison, Row, Verdict
from .comparison_text import MEANING, between, change, hints, rule, verdict

_HEADS = ("Metric", "Verdict", "First", "Second", "Change", "Interval", "", "Pairs", "Better")
_CLASSES = {Verdict.WORSE: "critical", Verdict.BETTER: "stable", Verdict.TOO_FEW: "faint"}
_WIDTH, _HEIGHT = 160, 18
_WIDEST = 1.0
"""A change to which a picture's edge is moved at most, as a logarithm: to 2.7 times."""
_LONGEST = 120


def comparison_page(comparison: Comparison) -> str:
    """Give the page."""
    body = [
        tag("h1", "Two runs compared"),
        tag("p", tag("strong", verdict(comparison))),
        *(tag("p", line) for line in hints(comparison)),
        tag("p", MEANING, class_="faint"),
        tag("p", rule(comparison), class_="faint"),
        tag("section", tag("div", _table(comparison), class_="wide")),
        _listed("Only in one of them", [f"{n}: {p}" for n, p in comparison.missing.items()]),
        _listed("In what they are not alike", comparison.unlike),
    ]
    return document("Two runs compared", body)


def _table(comparison: Comparison) -> Markup:
    numbers = {"First", "Second", "Change", "Interval", "Pairs"}
    heads = [
        tag("th", head, scope="col", class_="number" if head in numbers else None)
        for head in _HEADS
    ]
    edge = _edge(comparison.rows)
    rows = [_row(row, comparison.margin, edge) for row in comparison.rows]
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))


def _row(row: Row, margin: float, edge: float) -> Markup:
    numbers = (f"{row.first:,.4g}", f"{row.second:,.4g}", change(row.change), between(row))
    return tag(
        "tr",
        tag("td", cut(row.name, _LONGEST)),
        tag("td", str(row.verdict), class_=f"verdict {_CLASSES.get(row.verdict, '')}".strip()),
        *(tag("td", number, class_="number") for number in numbers),
        tag("td", _picture(row, margin, edge)),
        tag("td", row.pairs, class_="number"),
        tag("td", row.better.name.lower()),
    )


def _picture(row: Row, margin: float, edge: float) -> Markup:
    """Draw where the change lies, beside the margin round no change."""
    x = Scale(-edge, edge, 2, _WIDTH - 2)
    left, right = x(_place(1 / (1 + margin) - 1, edge)), x(_place(margin, edge))
    y = _HEIGHT / 2
    return tag(
        "svg",
        tag("rect", class_="area", x=left, y=0, width=right - left, height=_HEIGHT),
        tag("line", class_="grid", x1=x(0), x2=x(0), y1=0, y2=_HEIGHT),
        _interval(row, x, edge, y),
        tag("circle", class_="bar", cx=x(_place(row.change, edge)), cy=y, r=3),
        role="img",
        aria_label=f"{change(row.change)}, {between(row) or row.verdict}",
        class_="spark",
        view_box=f"0 0 {_WIDTH} {_HEIGHT}",
    )


def _interval(row: Row, x: Scale, edge: float, y: float) -> Markup | None:
    if math.isinf(row.low):
        return None
    low, high = (x(_place(end, edge)) for end in (row.low, row.high))
    return tag("line", class_="line", x1=low, x2=high, y1=y, y2=y)


def _place(share: float, edge: float) -> float:
    """Give a share's logarithm, brought to the edge if it is beyond."""
    if share <= -1.0:
        return -edge
    return max(-edge, min(edge, math.log1p(share))) if math.isfinite(share) else edge


def _edge(rows: Sequence[Row]) -> float:
    ends = [end for row in rows for end in (row.low, row.change, row.high) if math.isfinite(end)]
    return max(0.1, *(abs(_place(end, _WIDEST)) for end in ends))


def _listed(heading: str, lines: Sequence[str]) -> Markup | None:
    if not lines:
        return None
    items = (tag("li", cut(line, 300)) for line in lines)
    return tag("section", tag("h2", heading), joined(tag("ul", *items)))
