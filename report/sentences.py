"""What a reader wants to know first, in sentences: who grew, what was consolidated and kept."""

from __future__ import annotations

from ..memory.trend import Direction
from .story import AgentStory, SocietyStory
from .wording import count, figure, listed, share, size, times

LONGEST_NAME = 80

_TRENDS = {
    Direction.GROWING: "is growing",
    Direction.STABLE: "holds steady",
    Direction.SHRINKING: "is shrinking",
    Direction.UNKNOWN: "was seen too few times to tell where it goes",
}


def about_agent(story: AgentStory) -> list[str]:
    """Tell what became of one agent's memory."""
    return [_about_size(story), _about_consolidations(story), _about_counts(story)]


def about_society(story: SocietyStory) -> list[str]:
    """Tell what became of the memories of all agents."""
    agents = story.agents
    growing = [
        shown(one.name) for one in ranked(agents) if one.trend.direction is Direction.GROWING
    ]
    if growing:
        grew = f"Of {count(len(agents), 'agent')}, {len(growing):,} had a growing memory: "
        first = f"{grew}{listed(growing)}."
    else:
        first = f"No memory of {count(len(agents), 'agent')} is growing."
    return [first, _about_all_consolidations(agents), _about_alerts(agents)]


def ranked(agents: tuple[AgentStory, ...]) -> list[AgentStory]:
    """Order agents: those that grow first, the fastest of them foremost; then who rang most."""
    trends = {id(one): one.trend for one in agents}

    def key(one: AgentStory) -> tuple[bool, float, int, int]:
        trend = trends[id(one)]
        growing = trend.direction is Direction.GROWING
        return (not growing, -trend.per_round if growing else 0.0, -len(one.alerts), -one.peak)

    return sorted(agents, key=key)


def shown(name: str) -> str:
    """Give a name of bounded length."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _about_size(story: AgentStory) -> str:
    if not story.sizes:
        return "No size of this memory was recorded."
    first, last = story.sizes[0], story.sizes[-1]
    limit = "there is no limit" if story.limit is None else f"the limit is {story.limit:,}"
    pace = ""
    if story.trend.direction in (Direction.GROWING, Direction.SHRINKING):
        pace = f" by {figure(abs(story.trend.per_round))} a round"
    return (
        f"This memory {_TRENDS[story.trend.direction]}{pace}: it held "
        f"{count(first.live, 'experience')} in round {first.round:,} and {last.live:,} "
        f"({size(last.bytes)}) in round {last.round:,}, at most {story.peak:,}; {limit}."
    )


def _about_consolidations(story: AgentStory) -> str:
    done = story.consolidations
    if not done:
        return "It was never consolidated."
    experiences, items = sum(one.experiences for one in done), sum(one.items for one in done)
    when = listed([f"{one.round:,}" for one in done])
    rounds = "round" if len(done) == 1 else "rounds"
    return (
        f"It was consolidated {times(len(done))}, before {rounds} {when}: "
        f"{count(experiences, 'experience')} became {count(items, 'item')}, in "
        f"{share(story.bytes_share)} of the bytes."
    )


def _about_counts(story: AgentStory) -> str:
    return (
        f"Of {count(story.written, 'experience')} lived, {story.live:,} are still whole, "
        f"{story.consolidated:,} were consolidated, {story.evicted:,} were evicted; "
        f"{_about_items(story)}."
    )


def _about_items(story: AgentStory) -> str:
    kept, made = story.items_kept, story.items_made
    if kept == made:
        return f"{count(made, 'item')} {'is' if made == 1 else 'are'} kept"
    return f"of {count(made, 'item')} that came of it, {kept:,} {'is' if kept == 1 else 'are'} kept"


def _about_all_consolidations(agents: tuple[AgentStory, ...]) -> str:
    done = [one for agent in agents for one in agent.consolidations]
    if not done:
        return "Nothing was consolidated."
    experiences, items = sum(one.experiences for one in done), sum(one.items for one in done)
    before = sum(one.bytes_before for one in done)
    kept = share(sum(one.bytes_after for one in done) / before if before else None)
    first, last = min(one.round for one in done), max(one.round for one in done)
    return (
        f"{count(len(done), 'consolidation')} between rounds {first:,} and {last:,} made "
        f"{count(items, 'item')} of {count(experiences, 'experience')}, in {kept} of the bytes."
    )


def _about_alerts(agents: tuple[AgentStory, ...]) -> str:
    rung = [one for one in agents if one.alerts]
    if not rung:
        return "No memory came near its limit."
    alerts = sum(len(one.alerts) for one in rung)
    return f"{count(alerts, 'alert')} from {count(len(rung), 'agent')}: " + (
        listed([shown(one.name) for one in sorted(rung, key=lambda one: -len(one.alerts))]) + "."
    )
