"""Pictures of figures as inline SVG, each with a title and a description for those who hear it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .markup import Markup, joined, tag
from .scale import Point, Scale, thinned, ticks
from .story import AgentStory, Consolidation, Kind, Note, Size
from .wording import count, cut, size, unit_of

WIDTH, HEIGHT = 720, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 24, 44
_LANE = 13
"""Below the axis: where consolidations are marked, apart from the line."""
_BARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A line over rounds, with all that is marked on it."""

    number: str
    """Tells its title and description from those of other charts on the page."""
    title: str
    description: str
    points: Sequence[Point]
    limit: float | None = None
    consolidations: Sequence[Consolidation] = ()
    alerts: Sequence[Note] = ()
    caption: str = "experiences"
    """What the figures are of."""
    unit: float = 1.0
    """By which they are divided to be told beside the axis."""
    height: int = HEIGHT


def size_chart(story: AgentStory, number: str) -> Markup:
    """Draw how many experiences an agent held whole."""
    return drawn(
        Chart(
            number=number,
            title="Experiences held, over rounds",
            description=_described([one.live for one in story.sizes], story),
            points=[(one.round, one.live) for one in story.sizes],
            limit=story.limit,
            consolidations=story.consolidations,
            alerts=story.alerts,
        )
    )


def bytes_chart(story: AgentStory, number: str) -> Markup:
    """Draw how many bytes an agent's memory took."""
    unit, name = unit_of(max((one.bytes for one in story.sizes), default=0))
    return drawn(
        Chart(
            number=number,
            title="Bytes held, over rounds",
            description=_described([one.bytes for one in story.sizes], story),
            points=[(one.round, one.bytes) for one in story.sizes],
            consolidations=story.consolidations,
            caption=name,
            unit=unit,
            height=150,
        )
    )


def total_chart(agents: Sequence[AgentStory], number: str) -> Markup:
    """Draw how many experiences all agents held together."""
    done = [one for agent in agents for one in agent.consolidations]
    return drawn(
        Chart(
            number=number,
            title="Experiences held by all agents together, over rounds",
            description=f"{count(len(done), 'consolidation')} are marked below the line.",
            points=_together(agents),
            consolidations=done,
        )
    )


def drawn(chart: Chart) -> Markup:
    """Draw a chart; a line of text where there is nothing to draw."""
    if not chart.points:
        return tag("p", f"{chart.title}: nothing was recorded.", class_="faint")
    x, y = _scales(chart)
    base = chart.height - _BOTTOM
    line = [(x(at), y(value)) for at, value in thinned(chart.points, WIDTH - _LEFT - _RIGHT)]
    path = "M" + "L".join(f"{at:.1f} {value:.1f}" for at, value in line)
    return _svg(
        chart,
        *_axes(chart, x, y),
        tag("path", d=f"{path}L{line[-1][0]:.1f} {base}L{line[0][0]:.1f} {base}Z", class_="area"),
        tag("path", d=path, class_="line"),
        *_marks(chart.consolidations, x, base),
        *_alerts(chart.alerts, x, y.end),
    )


def spark(story: AgentStory, number: str) -> Markup:
    """Draw an agent's sizes in the height of a line, consolidations as ticks below."""
    sizes = story.sizes
    if not sizes:
        return Markup("")
    x = Scale(sizes[0].round, sizes[-1].round, 2, 142)
    y = Scale(0, max(1, story.peak), 22, 2)
    places = [(x(at), y(held)) for at, held in thinned([(s.round, s.live) for s in sizes], 140)]
    path = "M" + "L".join(f"{at:.1f} {held:.1f}" for at, held in places)
    columns = sorted({round(x(one.round)) for one in story.consolidations})
    return tag(
        "svg",
        tag("title", "Experiences held, over rounds", id=f"{number}-title"),
        tag("path", d=path, class_="line"),
        *(tag("path", d=f"M{at} 24V29", class_="mark") for at in columns),
        role="img",
        aria_labelledby=f"{number}-title",
        view_box="0 0 144 30",
        class_="spark",
    )


def kinds_chart(kinds: Sequence[Kind], number: str) -> Markup:
    """Draw how many experiences the items of each kind stand for."""
    if not kinds:
        return tag("p", "Nothing was consolidated, so there are no items.", class_="faint")
    rows = kinds[:_BARS]
    most = max(one.experiences for one in rows) or 1
    bars = [_bar(one, place, most) for place, one in enumerate(rows)]
    rest = f"; {len(kinds) - _BARS:,} more kinds are not drawn" if len(kinds) > _BARS else ""
    return tag(
        "svg",
        tag("title", "Kinds of items", id=f"{number}-title"),
        tag("desc", f"{count(len(kinds), 'kind')}{rest}", id=f"{number}-desc"),
        *bars,
        role="img",
        aria_labelledby=f"{number}-title {number}-desc",
        view_box=f"0 0 340 {len(rows) * 34}",
    )


def _bar(kind: Kind, place: int, most: int) -> Markup:
    top = place * 34
    told = f"{count(kind.items, 'item')} for {count(kind.experiences, 'experience')}"
    return joined(
        tag("text", cut(kind.kind, 30), x=0, y=top + 12),
        tag("text", told, x=340, y=top + 12, text_anchor="end"),
        tag(
            "rect",
            x=0,
            y=top + 17,
            width=f"{max(2.0, 340 * kind.experiences / most):.1f}",
            height=9,
            rx=2,
            class_="bar",
        ),
    )


def _svg(chart: Chart, *children: Markup) -> Markup:
    return tag(
        "svg",
        tag("title", chart.title, id=f"{chart.number}-title"),
        tag("desc", chart.description, id=f"{chart.number}-desc"),
        *children,
        role="img",
        aria_labelledby=f"{chart.number}-title {chart.number}-desc",
        view_box=f"0 0 {WIDTH} {chart.height}",
    )


def _scales(chart: Chart) -> tuple[Scale, Scale]:
    marked = [one.round for one in chart.consolidations] + [one.round for one in chart.alerts]
    rounds = [at for at, _ in chart.points] + marked
    highest = max(value for _, value in chart.points)
    highest = max(highest * 1.05, chart.limit or 0.0, 1.0)
    x = Scale(min(rounds), max(rounds), _LEFT, WIDTH - _RIGHT)
    return x, Scale(0.0, highest, chart.height - _BOTTOM, _TOP)


def _axes(chart: Chart, x: Scale, y: Scale) -> list[Markup]:
    base = chart.height - _BOTTOM
    parts = [tag("text", chart.caption, x=0, y=9)]
    for value in ticks(y.high, about=chart.height // 50, unit=chart.unit):
        at = f"{y(value):.1f}"
        parts.append(tag("path", d=f"M{_LEFT} {at}H{WIDTH - _RIGHT}", class_="grid"))
        words = f"{value / chart.unit:,.0f}"
        parts.append(tag("text", words, x=_LEFT - 8, y=f"{y(value) + 4:.1f}", text_anchor="end"))
    parts.append(tag("text", "round", x=0, y=base + _LANE + 16))
    parts += [_round_label(value, x, base) for value in ticks(x.high, about=8, low=x.low)]
    if chart.limit is not None:
        at = f"{y(chart.limit):.1f}"
        parts.append(tag("path", d=f"M{_LEFT} {at}H{WIDTH - _RIGHT}", class_="limit"))
    return parts


def _round_label(value: float, x: Scale, base: int) -> Markup:
    at = x(value)
    anchor = "end" if at > WIDTH - 30 else "middle"
    words = f"{value:,.0f}"
    return tag("text", words, x=f"{at:.1f}", y=base + _LANE + 16, text_anchor=anchor)


def _marks(consolidations: Iterable[Consolidation], x: Scale, base: int) -> list[Markup]:
    """Draw a tick for each consolidation; those that fall into one place share one."""
    marks: list[Markup] = []
    ordered = sorted(consolidations)
    for at, group in itertools.groupby(ordered, key=lambda one: round(x(one.round))):
        marks.append(
            tag(
                "path",
                tag("title", _told_marks(list(group))),
                d=f"M{at} {base + 2}V{base + 2 + _LANE}",
                class_="mark",
            )
        )
    return marks


def _told_marks(group: Sequence[Consolidation]) -> str:
    experiences, items = sum(one.experiences for one in group), sum(one.items for one in group)
    first, last = group[0].round, group[-1].round
    when = f"round {first:,}" if first == last else f"rounds {first:,} to {last:,}"
    before, after = sum(g.bytes_before for g in group), sum(g.bytes_after for g in group)
    return (
        f"{when}: {count(experiences, 'experience')} became {count(items, 'item')}, "
        f"{size(before)} became {size(after)}"
    )


def _alerts(alerts: Iterable[Note], x: Scale, top: float) -> list[Markup]:
    seen: set[tuple[int, str]] = set()
    dots: list[Markup] = []
    for one in alerts:
        place = (round(x(one.round)), "critical" if one.severity == "critical" else "warning")
        if place in seen:
            continue
        seen.add(place)
        told = tag("title", f"round {one.round:,}: {cut(one.severity, 20)}")
        dots.append(
            tag("circle", told, cx=place[0], cy=f"{top - 8:.1f}", r=4, class_=f"rung-{place[1]}")
        )
    return dots


def _described(values: Sequence[int], story: AgentStory) -> str:
    if not values:
        return "Nothing was recorded."
    return (
        f"From {values[0]:,} to {values[-1]:,}, at most {max(values):,}; "
        f"{count(len(story.consolidations), 'consolidation')} and "
        f"{count(len(story.alerts), 'alert')} are marked."
    )


def _together(agents: Sequence[AgentStory]) -> list[Point]:
    """Add up the sizes of all agents at every round at which one of them was looked at."""
    changes = sorted(
        (one.round, place, one.live)
        for place, agent in enumerate(agents)
        for one in _last_of_round(agent.sizes)
    )
    held, total = [0] * len(agents), 0
    points: list[Point] = []
    for at, group in itertools.groupby(changes, key=lambda change: change[0]):
        for _, place, live in group:
            total += live - held[place]
            held[place] = live
        points.append((at, total))
    return points


def _last_of_round(sizes: Sequence[Size]) -> list[Size]:
    return list({one.round: one for one in sizes}.values())
