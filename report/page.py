"""A report as a page: what one agent remembers, or all of a society."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from . import charts
from .document import document
from .markup import Markup, joined, tag
from .sentences import LONGEST_NAME, about_agent, about_society, ranked
from .story import AgentStory, Consolidation, Note, SocietyStory, Told
from .wording import count, cut, figure, ranges, share, size, times

DETAILED = 20
"""Agents of a society that are told of in full."""
_ROWS = 500
"""Agents in the table of a society."""
_LATEST = 30
"""Rows of the other tables."""
_LONGEST_TEXT = 600
_SIGNS = {"growing": "▲", "stable": "■", "shrinking": "▼", "unknown": "?"}

_KEYS = {"line": "held", "mark": "consolidated", "limit": "limit", "alert": "alert"}


def agent_page(story: AgentStory) -> str:
    """Give the page about one agent's memory."""
    body = [
        tag("h1", "Memory of ", _name(story)),
        *_sentences(about_agent(story)),
        *_sections(story, "agent-1", "h2"),
    ]
    return document(f"Memory of {cut(story.name, LONGEST_NAME)}", body)


def society_page(story: SocietyStory, *, detailed: int = DETAILED) -> str:
    """Give the page about the memories of a society.

    Args:
        detailed: how many agents are told of in full: those that grow, then those that rang.
    """
    agents = ranked(story.agents)
    numbers = {id(one): f"agent-{n}" for n, one in enumerate(agents[:detailed], start=1)}
    facts = [
        tag("div", tag("dt", cut(k, 80)), tag("dd", cut(v, 200))) for k, v in story.facts.items()
    ]
    body = [
        tag("h1", cut(story.title, 200)),
        *_sentences(about_society(story)),
        tag("dl", *facts) if facts else None,
        tag(
            "section",
            tag("h2", "All agents"),
            charts.total_chart(agents, "all"),
            _legend("line", "mark"),
        ),
        tag("section", *_overview(agents, numbers)),
        *(_chapter(one, numbers[id(one)]) for one in agents[:detailed]),
    ]
    return document(cut(story.title, 200), body)


def _chapter(story: AgentStory, number: str) -> Markup:
    return tag(
        "section",
        tag("h2", _name(story)),
        *_sentences(about_agent(story)),
        *_sections(story, number, "h3", plain=True),
        id=number,
    )


def _sections(story: AgentStory, number: str, level: str, *, plain: bool = False) -> list[Markup]:
    parts = [
        (_heading(level, "Size over time"), *_size(story, number)),
        (_pair(_kinds(story, number, level), _consolidations(story.consolidations, level)),),
        (_heading(level, "What was kept"), *_items(story)),
        (_heading(level, "Alerts"), _alerts(story.alerts)),
    ]
    if plain:
        return [joined(*part) for part in parts]
    return [tag("section", *part) for part in parts]


def _size(story: AgentStory, number: str) -> list[Markup]:
    return [
        charts.size_chart(story, f"{number}-size"),
        _legend(*_KEYS),
        charts.bytes_chart(story, f"{number}-bytes"),
        _figures(story),
    ]


def _figures(story: AgentStory) -> Markup:
    """Give some of a chart's figures, for those who do not see it."""
    step = max(1, len(story.sizes) // 20)
    rows = [[f"{s.round:,}", f"{s.live:,}", size(s.bytes)] for s in story.sizes[::step]]
    return tag(
        "details",
        tag("summary", "The figures as a table", class_="small faint"),
        _table(["Round", "Experiences", "Bytes"], rows, numbers=3),
    )


def _kinds(story: AgentStory, number: str, level: str) -> Markup:
    rows = [[cut(k.kind, 60), f"{k.items:,}", f"{k.experiences:,}"] for k in story.kinds[:_LATEST]]
    return tag(
        "div",
        _heading(level, "Kinds of items"),
        charts.kinds_chart(story.kinds, f"{number}-kinds"),
        _table(["Kind", "Items", "Stand for"], rows, numbers=2) if rows else None,
    )


def _consolidations(done: Sequence[Consolidation], level: str) -> Markup:
    rows = [
        [
            f"{one.round:,}",
            f"#{one.first:,}-#{one.last:,}",
            count(one.items, "item"),
            f"{size(one.bytes_before)} → {size(one.bytes_after)}",
        ]
        for one in reversed(done[-_LATEST:])
    ]
    more = len(done) - len(rows)
    return tag(
        "div",
        _heading(level, "When it was consolidated"),
        _table(["Round", "Experiences", "Became", "Bytes"], rows) if rows else _none("Never."),
        _none(f"The latest {len(rows):,}; {more:,} earlier ones are in the JSON.")
        if more
        else None,
    )


def _items(story: AgentStory) -> list[Markup]:
    if not story.items:
        return [_none("No items.")]
    shown = f"{len(story.items):,} of {count(story.items_kept, 'item')}, the most important first."
    listed = tag("ol", *(_item(item) for item in story.items), class_="items")
    return [_none(shown), listed]


def _item(item: Told) -> Markup:
    facts = (
        f"{cut(item.kind, 60)} · importance {figure(item.importance)} · stands for "
        f"{count(item.count, 'experience')} ({ranges(item.members)}) · "
        f"until round {item.round:,} · {cut(item.id, 60)}"
    )
    samples = [tag("li", tag("bdi", cut(line, _LONGEST_TEXT))) for line in item.samples]
    kept = f"{count(len(samples), 'experience')} kept whole"
    return tag(
        "li",
        tag("p", tag("bdi", cut(item.text, _LONGEST_TEXT)), class_="said"),
        tag("p", facts, class_="faint small"),
        tag("details", tag("summary", kept), tag("ul", *samples), class_="small")
        if samples
        else None,
    )


def _alerts(alerts: Sequence[Note]) -> Markup:
    if not alerts:
        return _none("None.")
    rows = [
        [f"{one.round:,}", _severity(one.severity), cut(one.message, _LONGEST_TEXT)]
        for one in reversed(alerts[-_LATEST:])
    ]
    more = len(alerts) - len(rows)
    table = _table(["Round", "Severity", "What"], rows)
    return joined(table, _none(f"{more:,} earlier ones are in the JSON.") if more else None)


def _severity(severity: str) -> Markup:
    known = severity if severity in {"warning", "critical"} else None
    return tag("span", cut(severity, 20), class_=known)


def _overview(agents: Sequence[AgentStory], numbers: dict[int, str]) -> list[Markup | None]:
    heads = ["Agent", "Over rounds", "Trend", "Now", "Most", "Consolidated", "Kept", "Alerts"]
    rows = [_row(one, numbers.get(id(one)), n) for n, one in enumerate(agents[:_ROWS], start=1)]
    more = len(agents) - len(rows)
    return [
        tag("h2", "Agent by agent"),
        _none("Growing ones first. Ticks below a line are consolidations."),
        tag("div", _table(heads, rows), class_="wide"),
        _none(f"{more:,} more agents are in the JSON.") if more else None,
    ]


def _row(story: AgentStory, number: str | None, place: int) -> list[Any]:
    done, trend = story.consolidations, str(story.trend.direction)
    last = f", last in round {done[-1].round:,}" if done else ""
    limit = "" if story.limit is None else f" of {story.limit:,}"
    held = story.sizes[-1].live if story.sizes else story.live
    return [
        tag("a", _name(story), href=f"#{number}") if number else _name(story),
        charts.spark(story, f"row-{place}"),
        tag("span", f"{_SIGNS[trend]} {trend}", class_=trend),
        tag("span", f"{held:,}{limit}", class_="figure"),
        tag("span", f"{story.peak:,}", class_="figure"),
        f"{times(len(done))}{last}" if done else "never",
        f"{count(story.items_kept, 'item')}, {share(story.bytes_share)} of the bytes"
        if done
        else "",
        f"{len(story.alerts):,}",
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]], *, numbers: int = 0) -> Markup:
    """Give a table.

    Args:
        numbers: how many columns, from the right, are figures.
    """
    first = len(heads) - numbers

    def cells(name: str, row: Sequence[Any]) -> list[Markup]:
        scope = "col" if name == "th" else None
        return [
            tag(name, cell, class_="number" if place >= first else None, scope=scope)
            for place, cell in enumerate(row)
        ]

    body = (tag("tr", *cells("td", row)) for row in rows)
    return tag("table", tag("thead", tag("tr", *cells("th", heads))), tag("tbody", *body))


def _legend(*keys: str) -> Markup:
    parts = (joined(tag("span", class_=f"key key-{key}"), _KEYS[key]) for key in keys)
    return tag("p", *parts, class_="faint small")


def _sentences(sentences: Iterable[str]) -> list[Markup]:
    return [tag("p", sentence) for sentence in sentences]


def _heading(level: str, words: str) -> Markup:
    return tag(level, words)


def _pair(left: Markup, right: Markup) -> Markup:
    return tag("div", left, right, class_="pair")


def _name(story: AgentStory) -> Markup:
    return tag("bdi", cut(story.name, LONGEST_NAME))


def _none(words: str) -> Markup:
    return tag("p", words, class_="faint small")
