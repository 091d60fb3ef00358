"""A report for a terminal: the same facts in lines of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .scale import Scale
from .sentences import about_agent, about_society, ranked, shown
from .story import AgentStory, SocietyStory, Told
from .wording import count, cut, figure, ranges, visible

_COLUMNS = 64
_LEVELS = "▁▂▃▄▅▆▇█"
_LONGEST_TEXT = 200
_LATEST = 10


def agent_text(story: AgentStory) -> str:
    """Tell of one agent's memory."""
    title = f"Memory of {shown(story.name)}"
    return _lines([title, *about_agent(story), *_details(story)])


def society_text(story: SocietyStory, *, detailed: int = 5) -> str:
    """Tell of the memories of a society.

    Args:
        detailed: how many agents are told of in full: those that grow, then those that rang.
    """
    agents = ranked(story.agents)
    lines = [cut(story.title, 200), *about_society(story)]
    lines += [f"{cut(key, 80)}: {cut(value, 200)}" for key, value in story.facts.items()]
    width = max((len(visible(shown(one.name))) for one in agents), default=0)
    lines += ["", *(_row(one, width) for one in agents)]
    for one in agents[:detailed]:
        lines += ["", shown(one.name), *about_agent(one), *_details(one)]
    return _lines(lines)


def _row(story: AgentStory, width: int) -> str:
    name = visible(shown(story.name))
    held = story.sizes[-1].live if story.sizes else story.live
    return (
        f"{name:<{width}}  {story.trend.direction:<9} {held:>9,} held "
        f"{len(story.consolidations):>6,} consolidations {story.items_kept:>7,} items "
        f"{len(story.alerts):>4,} alerts"
    )


def _details(story: AgentStory) -> list[str]:
    lines = _sketch(story)
    for kind in story.kinds[:_LATEST]:
        stands = count(kind.experiences, "experience")
        lines.append(f"  {cut(kind.kind, 60)}: {count(kind.items, 'item')} for {stands}")
    for item in story.items:
        lines += _item(item)
    for alert in story.alerts[-_LATEST:]:
        lines.append(f"  {cut(alert.severity, 20)}: {cut(alert.message, _LONGEST_TEXT)}")
    return lines


def _item(item: Told) -> list[str]:
    facts = (
        f"{cut(item.kind, 60)}, importance {figure(item.importance)}, "
        f"{count(item.count, 'experience')}: {ranges(item.members)}"
    )
    lines = [f"  {cut(item.id, 60)}  {cut(item.text, _LONGEST_TEXT)}", f"    {facts}"]
    return lines + [f"    {cut(line, _LONGEST_TEXT)}" for line in item.samples]


def _sketch(story: AgentStory) -> list[str]:
    """Draw the sizes with letters, and a mark below where it was consolidated."""
    sizes = story.sizes
    if len(sizes) < 2:
        return []
    x = Scale(sizes[0].round, sizes[-1].round, 0, _COLUMNS - 1)
    highest = [0] * _COLUMNS
    reached = 0
    for one in sizes:
        column = int(x(one.round))
        # Between two snapshots it is drawn as it was at the first.
        highest[reached + 1 : column] = [highest[reached]] * (column - reached - 1)
        highest[column] = max(highest[column], one.live)
        reached = column
    line = "".join(_level(value, story.peak) for value in highest)
    return [f"  {line}", f"  {_ticks([x(one.round) for one in story.consolidations])}"]


def _level(value: int, peak: int) -> str:
    return _LEVELS[min(len(_LEVELS) - 1, value * len(_LEVELS) // max(1, peak))]


def _ticks(places: Sequence[float]) -> str:
    columns = {int(place) for place in places}
    return "".join("^" if column in columns else " " for column in range(_COLUMNS)).rstrip()


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(visible(line).rstrip() for line in lines) + "\n"
