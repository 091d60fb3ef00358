"""The law finds whatever was lost or counted twice."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from antiphon.errors import MemoryLawError
from antiphon.memory.episodic import EpisodicMemory
from antiphon.memory.law import check_law
from antiphon.memory.limits import MemoryLimits
from antiphon.memory.statistics import MemoryStatistics
from antiphon.models.experience import Experience


def lived() -> MemoryStatistics:
    """Of 20 written, 4 consolidated, some evicted, and 3 frozen."""
    memory = EpisodicMemory(MemoryLimits(size=10), agent_id="trader-1")
    for round in range(20):
        memory.record(Experience(round, 0, 0, 0, "acted", 0.0, False, False))
    memory.replace(memory.freeze(4), 1)
    memory.freeze(3)
    return memory.statistics()


def test_an_honest_memory_obeys_the_law() -> None:
    statistics = lived()
    assert (statistics.consolidated, statistics.frozen) == (4, 3)
    assert statistics.evicted > 0
    check_law(statistics)


@pytest.mark.parametrize(
    "change",
    [
        {"written": 21},
        {"written": 19},
        {"current_size": 0, "frozen": 0},
        {"consolidated": 8},
        {"evicted": 0},
        {"evicted_by": {"size": 1}},
        {"frozen": 11},
        {"frozen": -1},
    ],
)
def test_whatever_is_wrong_is_found_and_the_agent_named(change: dict[str, Any]) -> None:
    wrong = dataclasses.replace(lived(), **change)
    with pytest.raises(MemoryLawError, match="memory of trader-1: ") as caught:
        check_law(wrong)
    assert caught.value.agent_id == "trader-1"
