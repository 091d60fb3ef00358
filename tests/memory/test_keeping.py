"""What is lived is on disk, a round at a time, as the memories had it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from antiphon.actors.address import Address
from antiphon.actors.inline import InlineDispatcher
from antiphon.clock import ManualClock, SystemClock
from antiphon.errors import StartError
from antiphon.memory.keeping import Keeping, settings_row
from antiphon.memory.memories import Memories
from antiphon.memory.settings import MemorySettings
from antiphon.memory.store.batch import Batch
from antiphon.memory.store.feed import Feed
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.verify import verify
from antiphon.memory.strategies.catalogue import strategy
from antiphon.memory.supervisor import MemorySupervisor
from antiphon.models.experience import Experience

IDS = ["a", "b"]


def keep(folder: Path, rounds: list[int], **settings: Any) -> Memories:
    """Live through these rounds, and keep them."""
    values = {"memory_size": 12, "consolidation_threshold": 10, "consolidation_window": 5}
    own = MemorySettings(**{**values, "consolidation_lag": 2, **settings})
    supervisor = MemorySupervisor(strategy(own.consolidation))
    dispatcher = InlineDispatcher()
    dispatcher.start([supervisor], 1.0)
    memories = Memories(IDS, own, Address(supervisor))
    keeping = Keeping(folder, memories, clock=SystemClock(), rows=[settings_row(own)])
    for round in rounds:
        memories.open(round)
        lived = Experience(round, round % 3, 1, 1, "acted", 0.5, False, False)
        memories.record(round, dict.fromkeys(IDS, lived))
        keeping.add(round)
    keeping.close()
    dispatcher.stop([supervisor], 1.0)
    memories.close()
    return memories


def test_the_store_and_the_memories_agree(tmp_path: Path) -> None:
    memories = keep(tmp_path, list(range(1, 61)), semantic_size=100)
    verified = verify(tmp_path)
    for agent_id in IDS:
        statistics = memories[agent_id].statistics()
        assert statistics.evicted == 0 < statistics.consolidated
        counts = verified.counts[agent_id]
        assert counts == (statistics.written, statistics.consolidated, statistics.evicted)
        with Reader(tmp_path) as reader:
            kept = [(i.id, i.count, i.text) for i in reader.items(agent_id)]
            lived = [one for _, one in reader.experiences(agent_id)]
        assert kept == [(i.id, i.count, i.text) for i in memories[agent_id].items()]
        assert [one.sequence for one in lived] == list(range(1, 61))
        assert lived[-1].experience == memories[agent_id].recent(1)[0]


def test_what_was_evicted_has_its_tombstones(tmp_path: Path) -> None:
    memories = keep(tmp_path, list(range(1, 61)), consolidation_lag=30)
    statistics = memories["a"].statistics()
    assert statistics.evicted > 0
    with Reader(tmp_path) as reader:
        gone = [(e.last - e.first + 1, e.reason) for e in reader.evictions("a")]
    assert sum(count for count, _ in gone) == statistics.evicted
    assert {reason for _, reason in gone} == {"size"}
    verify(tmp_path)


def test_a_round_that_was_cut_short_is_there_and_empty(tmp_path: Path) -> None:
    keep(tmp_path, [1, 2, 5, 6])
    verified = verify(tmp_path)
    assert verified.rounds == 6
    assert verified.totals.written == 8


def test_quick_rounds_are_handed_on_together_and_slow_ones_wait_for_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[int]] = [[]]
    hold, add = Feed.hold, Feed.add

    def held(feed: Feed, batch: Batch) -> None:
        told[-1].append(batch.round)
        hold(feed, batch)

    def noted(feed: Feed, batch: Batch) -> None:
        add(feed, batch)
        told.append([])

    monkeypatch.setattr(Feed, "hold", held)
    monkeypatch.setattr(Feed, "add", noted)
    clock = ManualClock()
    keeping = Keeping(tmp_path, None, clock=clock)
    for round in (1, 2, 3):
        clock.advance(1.0)
        keeping.add(round)
    assert told[:-1] == [[1], [2], [3]]
    for round in (4, 5, 6):
        clock.advance(0.02)
        keeping.add(round)
    assert told[3:-1] == [[4, 5, 6]]
    for round in range(7, 50):
        keeping.add(round)
    assert told[4:] == [[*range(7, 39)], [*range(39, 50)]]
    keeping.close()
    assert verify(tmp_path).rounds == 49


def test_readers_are_told_how_the_memories_were_bounded(tmp_path: Path) -> None:
    keep(tmp_path, [1])
    with Reader(tmp_path) as reader:
        ((_, row),) = reader.rows("memory")
    assert row.value["memory_size"] == 12
    assert row.value["consolidation"] == "merge"


def test_a_folder_that_is_none_is_refused_before_anything_is_lived(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="store"):
        keep(tmp_path / "nowhere", [1])
