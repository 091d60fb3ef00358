"""However long a run is, writing, reading and verifying it take the memory of a few rounds."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest
from antiphon.memory.remembered import Remembered
from antiphon.memory.store.batch import Batch, Eviction
from antiphon.memory.store.database import Database
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.verify import verify
from antiphon.models.experience import Experience

AGENTS = [f"explorer-{n}" for n in range(500)]
_SEEN = np.arange(8.0)
_SEEN.flags.writeable = False


def crowd(round: int, agents: Sequence[str] = AGENTS) -> Batch:
    experience = Experience(round, _SEEN, 3, 2, "acted", 0.5, terminated=False, truncated=False)
    gone = [Eviction(a, round - 9, round - 9, "size") for a in agents] if round >= 10 else []
    return Batch(
        round, {a: Remembered(round + 1, experience, 1.0, None) for a in agents}, evictions=gone
    )


def write(database: Database, first: int, last: int, agents: Sequence[str] = AGENTS) -> None:
    for round in range(first, last, 2):
        database.commit([crowd(round, agents), crowd(round + 1, agents)])


def test_no_part_grows_with_the_run(tmp_path: Path) -> None:
    database = Database(tmp_path, durability="off")
    few = AGENTS[:50]
    write(database, 0, 20, few)
    tracemalloc.start()
    try:
        write(database, 20, 100, few)
        _, writing = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        verified = verify(tmp_path)
        with Reader(tmp_path) as reader:
            assert sum(1 for _ in reader.experiences()) == 5_000
        _, reading = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    database.close()
    assert (verified.totals.written, verified.totals.evicted) == (5_000, 4_500)
    assert writing < 1 << 20
    assert reading < 3 << 20


@pytest.mark.soak
def test_a_million_experiences_take_no_more_memory_than_the_first_thousands(tmp_path: Path) -> None:
    process = psutil.Process()
    database = Database(tmp_path, durability="off")
    write(database, 0, 200)
    before = process.memory_info().rss
    write(database, 200, 2000)
    database.close()
    verified = verify(tmp_path)
    with Reader(tmp_path) as reader:
        assert sum(1 for _ in reader.experiences()) == 1_000_000
        assert sum(1 for _ in reader.experiences("explorer-7")) == 2000
    assert verified.totals.written == 1_000_000
    assert process.memory_info().rss - before < 32 << 20
