"""Stories of a run's store tell what the run itself would have told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from antiphon.memory.store.reader import Reader
from antiphon.models.grid_world import GridWorld
from antiphon.report.from_store import story_of
from antiphon.report.sentences import about_agent, about_society
from antiphon.report.story import AgentStory, SocietyStory
from antiphon.society import Society

ROUNDS = 60


class Lived:
    """A run of two explorers that has ended, and what it told of itself."""

    def __init__(self, out: Path, **settings: Any) -> None:
        with Society(GridWorld(size=8), seed=3, dispatcher="inline", **settings) as society:
            society.add("explorer", 2)
            society.run(ROUNDS, out=out)
            self.alerts = society.memories.monitor.alerts()
            self.items = {i: [one.id for one in m.items()] for i, m in society.memories.items()}
        with Reader(out) as reader:
            self.story: SocietyStory = story_of(reader)

    def agent(self, agent_id: str) -> AgentStory:
        return next(one for one in self.story.agents if one.name == agent_id)


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        ({"memory_size": 60, "memory_warning": 0.3}, "warning"),
        ({"memory_size": 600, "memory_bytes": 10_000, "consolidate": False}, "critical"),
    ],
)
def test_a_report_has_the_alerts_that_rang_by_the_runs_own_thresholds_and_limits(
    tmp_path: Path, settings: dict[str, Any], severity: str
) -> None:
    lived = Lived(tmp_path / "r", **settings)
    rang = {(one.agent_id, str(one.severity)) for one in lived.alerts}
    told = {(one.name, note.severity) for one in lived.story.agents for note in one.alerts}
    assert {(f"explorer-{n}", severity) for n in (1, 2)} <= rang <= told
    assert "No memory came near its limit." not in about_society(lived.story)


def test_a_memory_that_had_room_rang_in_no_report(tmp_path: Path) -> None:
    lived = Lived(tmp_path / "r", memory_size=600)
    assert lived.alerts == ()
    assert all(one.alerts == () for one in lived.story.agents)


def test_a_report_shows_the_items_that_agents_keep_and_counts_those_that_went(
    tmp_path: Path,
) -> None:
    lived = Lived(tmp_path / "r", memory_size=16, semantic_size=2)
    for agent_id, kept in lived.items.items():
        story = lived.agent(agent_id)
        assert story.items_kept == len(kept) == 2
        assert story.items_made > 2
        assert {one.id for one in story.items} == set(kept)
        assert f"of {story.items_made} items that came of it, 2 are kept" in about_agent(story)[2]
