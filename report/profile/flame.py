"""A flame graph: who called whom, each as wide as the time it took, as one SVG file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..markup import Markup, tag
from ..wording import count, cut, visible
from .call_tree import Node
from .code import Code, name_of, place_of
from .parts import ABOUT, Part

WIDTH = 1200
_MARGIN, _ROW, _HEAD, _FOOT = 12, 18, 78, 14
_LETTER = 6.7
"""How wide a letter is drawn, at 11 px of a font with one width."""
_NARROWEST = 0.4
_LEGEND = 130
_COLOURS = {
    Part.INFERENCE: ("#bcd6f7", "#27548a"),
    Part.MAILBOX: ("#e3cdf5", "#663c86"),
    Part.COORDINATION: ("#bfe6d0", "#22633f"),
    Part.RECORDS: ("#f6dfb0", "#775212"),
    Part.MEMORY: ("#f6c9d8", "#84304f"),
    Part.WORLD: ("#f7c6b9", "#8a3a26"),
    Part.REST: ("#d9dee5", "#454f5d"),
}
"""In the light and in the dark, each a ground on which the ink can be read."""


def _fills(tone: int) -> str:
    return " ".join(f".{part} {{ fill: {tones[tone]}; }}" for part, tones in _COLOURS.items())


_STYLE = f"""
svg {{ color-scheme: light dark; background: #ffffff; }}
text {{ font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1b2330; }}
.title {{ font: 600 15px system-ui, "DejaVu Sans", sans-serif; }}
.said {{ font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #5b6675; }}
rect {{ stroke: #ffffff; stroke-width: .6; }}
g:hover > rect {{ stroke: #1b2330; stroke-width: 1.5; }}
{_fills(0)}
g > text {{ pointer-events: none; }}
@media (prefers-color-scheme: dark) {{
  svg {{ background: #1a202a; }} text {{ fill: #f2f5f9; }} .said {{ fill: #9aa6b6; }}
  rect {{ stroke: #1a202a; }} g:hover > rect {{ stroke: #f2f5f9; }}
  {_fills(1)}
}}
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A function as it is drawn; places are in pixels from the left, rows from the top."""

    node: Node
    part: Part
    seconds: float
    x: float
    width: float
    row: int


def flame(root: Node, part_of: Callable[[Code], Part | None], *, title: str, steps: int) -> str:
    """Draw a tree of calls, callers above those they called."""
    boxes = list(boxes_of(root, part_of))
    height = _HEAD + _ROW * (1 + max(box.row for box in boxes)) + _FOOT
    all_ms = boxes[0].seconds * 1000
    said = (
        f"{all_ms / steps:,.3g} ms a step while calls were watched. Callers stand above those "
        "they call, as wide as their time; point at one to read it whole."
    )
    picture = tag(
        "svg",
        tag("title", title),
        tag("desc", said),
        tag("style", Markup(_STYLE)),
        tag("text", cut(title, 130), class_="title", x=_MARGIN, y=24),
        tag("text", said, class_="said", x=_MARGIN, y=43),
        *_legend({box.part for box in boxes}),
        *(_drawn(box, steps, all_ms) for box in boxes),
        xmlns="http://www.w3.org/2000/svg",
        width=WIDTH,
        height=height,
        view_box=f"0 0 {WIDTH} {height}",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{picture}\n'


def boxes_of(root: Node, part_of: Callable[[Code], Part | None]) -> Iterator[Box]:
    """Lay a tree out; what would be too narrow to be seen is left out with all below it."""
    seconds = _seconds(root)
    scale = (WIDTH - 2 * _MARGIN) / (seconds[root] or 1.0)
    waiting = [(root, Part.REST, float(_MARGIN), 0)]
    while waiting:
        node, above, x, row = waiting.pop()
        part = part_of(node.code) or above
        yield Box(node, part, seconds[node], x, seconds[node] * scale, row)
        for child in sorted(node, key=lambda one: -seconds[one]):
            if seconds[child] * scale < _NARROWEST:
                break
            waiting.append((child, part, x, row + 1))
            x += seconds[child] * scale


def _seconds(root: Node) -> dict[Node, float]:
    """Give what each took with all below it; a tree may be deeper than the stack."""
    order = [root]
    for node in order:
        order.extend(node)
    seconds: dict[Node, float] = {}
    for node in reversed(order):
        seconds[node] = node.own + sum(seconds[child] for child in node)
    return seconds


def _drawn(box: Box, steps: int, all_ms: float) -> Markup:
    name, y = visible(name_of(box.node.code)), _HEAD + _ROW * box.row
    letters = int((box.width - 6) / _LETTER)
    return tag(
        "g",
        tag("title", _told(box, steps, all_ms)),
        tag(
            "rect",
            x=round(box.x, 2),
            y=y,
            width=round(box.width, 2),
            height=_ROW - 1,
            rx=2,
            class_=box.part,
        ),
        tag("text", cut(name, letters), x=round(box.x + 4, 2), y=y + 12) if letters > 2 else None,
    )


def _told(box: Box, steps: int, all_ms: float) -> str:
    ms = box.seconds * 1000
    facts = f"{ms / steps:,.3g} ms a step, {ms / all_ms if all_ms else 1.0:.1%} of all"
    lines = [name_of(box.node.code), place_of(box.node.code), facts]
    if box.node.calls:
        own = box.node.own * 1000 / steps
        lines.append(f"{own:,.3g} ms a step of its own, {count(box.node.calls, 'call')}")
        lines.append(box.part)
    return "\n".join(line for line in lines if line)


def _legend(present: set[Part]) -> Iterator[Markup]:
    for place, part in enumerate(part for part in Part if part in present):
        x = _MARGIN + place * _LEGEND
        yield tag(
            "g",
            tag("title", ABOUT[part]),
            tag("rect", x=x, y=_HEAD - 24, width=12, height=12, rx=2, class_=part),
            tag("text", part, x=x + 18, y=_HEAD - 14),
        )
