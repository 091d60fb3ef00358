"""All ratios of a run as one picture: how far each lies from even, its spread, its target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..report.markup import Markup, joined, tag
from ..report.scale import Scale
from ..report.wording import cut
from .harness import Better, Ratio, Spread
from .report import Report

_ROW, _HEAD, _FOOT = 22, 62, 54
_SCALE, _RIGHT = 450, 110
_LETTER, _SHORTEST, _LONGEST = 7.3, 36, 120
"""Pixels of a letter, as broad as one is on average in fonts that are rather broad; how many of
them there is room for at least, and beyond how many a name is cut."""
_STYLE = """
svg { color-scheme: light dark; background: #ffffff; }
text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #5b6675; }
.title { font-size: 15px; font-weight: 600; fill: #1b2330; } .name, .value { fill: #1b2330; }
.grid { stroke: #dde2e9; } .even { stroke: #8a94a3; stroke-width: 1.5; }
.spread { stroke: #1f66c1; stroke-width: 6; stroke-opacity: .35; }
.median { fill: #1f66c1; } .target { stroke: #8a3fc4; stroke-width: 2.5; }
.missed { fill: #c22a2a; }
@media (prefers-color-scheme: dark) {
  svg { background: #1a202a; } text { fill: #9aa6b6; }
  .title, .name, .value { fill: #e6eaf0; } .grid { stroke: #303a48; } .even { stroke: #7d8898; }
  .spread { stroke: #72aefc; } .median { fill: #72aefc; } .target { stroke: #cf9bff; }
  .missed { fill: #ff7d7d; }
}
"""


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    better: Better
    spread: Spread
    target: float | None

    @property
    def missed(self) -> bool:
        return self.target is not None and not self.better.holds(self.spread.median, self.target)


def plot(reports: Sequence[Report]) -> str:
    """Draw the ratios of these reports; quantities have units and stay in the tables."""
    lines = list(_lines(reports))
    left = _left(lines)
    width = round(left + _SCALE + _RIGHT)
    height = _HEAD + _ROW * len(lines) + _FOOT
    picture = tag(
        "svg",
        tag("title", "Ratios"),
        tag("desc", *(f"{line.name}: {line.spread.median:.3g}. " for line in lines)),
        tag("style", Markup(_STYLE)),
        tag("text", _title(reports), class_="title", x=16, y=26),
        *(_drawn(lines, height, left) if lines else [_said("No ratio was measured.", 16, 48)]),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        view_box=f"0 0 {width} {height}",
        role="img",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{picture}\n'


def _lines(reports: Sequence[Report]) -> Iterator[_Line]:
    for report in reports:
        for measured in report.measured:
            for figure, spread in measured.figures():
                # Where a clock stood still there is no logarithm, and nothing to be seen.
                if isinstance(figure, Ratio) and spread.low > 0.0:
                    yield _Line(figure.name, figure.better, spread, figure.target)


def _left(lines: Sequence[_Line]) -> float:
    """Give the room for all names: those of a bench often differ in their ends alone."""
    longest = max((len(cut(line.name, _LONGEST)) for line in lines), default=0)
    # A sign goes with each.
    return 24 + _LETTER * (2 + max(longest, _SHORTEST))


def _title(reports: Sequence[Report]) -> str:
    small = ", small" if any(report.small for report in reports) else ""
    return cut(f"Ratios of {', '.join(report.name for report in reports)}{small}", 100)


def _drawn(lines: Sequence[_Line], height: int, left: float) -> Iterator[Markup]:
    ends = [end for line in lines for end in (*line.spread, line.target or 1.0, 1.0)]
    low, high = math.floor(math.log10(min(ends))), math.ceil(math.log10(max(ends)))
    x = Scale(low, max(high, low + 1), left, left + _SCALE)
    bottom = _HEAD + _ROW * len(lines)
    for power in range(low, max(high, low + 1) + 1):
        yield _upright("even" if power == 0 else "grid", x(power), _HEAD - 8, bottom)
        yield _said(f"{10.0**power:,g}", x(power), bottom + 18, anchor="middle")
    for place, line in enumerate(lines):
        yield from _row(line, x, left, _HEAD + _ROW * place + _ROW / 2)
    legend = (
        "Axis: ratio, logarithmic. Dot: median. Bar: quartiles. Mark: what is to be reached. "
        "▸ of speeds: more is better. ◂ of times: less is better."
    )
    yield _said(legend, 16, height - 12)


def _row(line: _Line, x: Scale, left: float, y: float) -> Iterator[Markup]:
    middle, low, high = (x(math.log10(one)) for one in line.spread)
    sign = "▸" if line.better is Better.MORE else "◂"
    yield _said(f"{cut(line.name, _LONGEST)} {sign}", left - 12, y + 4, anchor="end", kind="name")
    yield tag("line", class_="spread", x1=_at(low), x2=_at(high), y1=y, y2=y)
    yield tag("circle", class_="median", cx=_at(middle), cy=y, r=4)
    if line.target is not None:
        yield _upright("target", x(math.log10(line.target)), y - 8, y + 8)
    words = f"{line.spread.median:,.3g}{', missed' if line.missed else ''}"
    kind = "missed" if line.missed else "value"
    yield _said(words, left + _SCALE + 12, y + 4, kind=kind)


def _upright(kind: str, x: float, y1: float, y2: float) -> Markup:
    return tag("line", class_=kind, x1=_at(x), x2=_at(x), y1=y1, y2=y2)


def _said(
    words: str, x: float, y: float, *, anchor: str | None = None, kind: str | None = None
) -> Markup:
    return tag("text", joined(words), x=_at(x), y=y, text_anchor=anchor, class_=kind)


def _at(place: float) -> float:
    return round(place, 1)
