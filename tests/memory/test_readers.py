"""Whoever reads beside the writer, however slowly, sees a whole memory, and nothing raises."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from antiphon.memory.cleanup import Age, Cleanup, Fifo, Relevance
from antiphon.memory.compact import pack, size_of
from antiphon.memory.episodic import EpisodicMemory
from antiphon.memory.law import check_law
from antiphon.memory.limits import MemoryLimits
from antiphon.tests.memory.lives import lived

FUSE = 30.0
ONE = size_of(pack(1, lived(1)))


@pytest.fixture(autouse=True)
def _threads_switch_at_every_chance() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def nothing() -> None: ...


def write(it: EpisodicMemory, experiences: int, meanwhile: Callable[[], None] = nothing) -> None:
    """Live a whole life: fill, evict, freeze, replace and thaw."""
    for round in range(1, experiences + 1):
        meanwhile()
        it.record(lived(round), importance=1 + round % 5)
        if it.frozen is None and it.over_high_water:
            it.freeze(16)
        elif it.frozen is not None and round % 32 == 0:
            it.replace(it.frozen, 2)
        elif it.frozen is not None and round % 41 == 0:
            it.thaw(it.frozen)


def recent(it: EpisodicMemory) -> None:
    rounds = [one.round for one in it.recent(20)]
    assert rounds == sorted(set(rounds))


def snapshot(it: EpisodicMemory) -> None:
    those = it.snapshot()
    assert [one.experience.round for one in those] == [one.sequence for one in those]
    assert sorted({one.sequence for one in those}) == [one.sequence for one in those]
    assert len(those) <= 64 + 1


def statistics(it: EpisodicMemory) -> None:
    figures = it.statistics()
    check_law(figures)
    assert figures.bytes == figures.current_size * ONE


def frozen(it: EpisodicMemory) -> None:
    if (those := it.frozen) is not None:
        assert len(those.entries()) == those.count == 16


READS = (recent, snapshot, statistics, frozen)


class Reader(threading.Thread):
    """Reads until it is told to stop, and keeps what went wrong."""

    def __init__(self, it: EpisodicMemory, read: Callable[[EpisodicMemory], None]) -> None:
        super().__init__(daemon=True)
        self._it, self._read = it, read
        self.over = threading.Event()
        self.error: BaseException | None = None
        self.reads = 0

    def run(self) -> None:
        try:
            while not self.over.is_set() or not self.reads:
                self._read(self._it)
                self.reads += 1
        except BaseException as error:  # noqa: BLE001  the test tells it
            self.error = error


def watched(cleanup: Cleanup, experiences: int) -> None:
    limits = MemoryLimits(size=64, high=0.9, low=0.5)
    it = EpisodicMemory(limits, cleanup, agent_id="a")
    readers = [Reader(it, read) for read in READS]
    for reader in readers:
        reader.start()
    write(it, experiences)
    for reader in readers:
        reader.over.set()
    for reader in readers:
        reader.join(FUSE)
        assert not reader.is_alive()
        assert reader.error is None, reader.error
        assert reader.reads
    assert it.statistics().consolidations > 0


@pytest.mark.parametrize("cleanup", [Fifo(), Relevance(), Age(60)], ids=repr)
def test_who_has_begun_to_read_is_not_disturbed_by_anything_written_since(
    cleanup: Cleanup,
) -> None:
    it = EpisodicMemory(MemoryLimits(size=64, high=0.9, low=0.5), cleanup)
    begun = []

    def begin() -> None:
        entries, size, *_ = it._state
        begun.append((entries, size, tuple(entries[:size])))

    write(it, 500, begin)
    assert it.statistics().consolidations
    for entries, size, whole in begun:
        assert tuple(entries[:size]) == whole


@pytest.mark.parametrize("cleanup", [Fifo(), Relevance(), Age(60)], ids=repr)
def test_readers_beside_the_writer_see_whole_states(cleanup: Cleanup) -> None:
    watched(cleanup, 3_000)


@pytest.mark.soak
@pytest.mark.parametrize("cleanup", [Fifo(), Relevance(), Age(60)], ids=repr)
def test_readers_beside_a_long_life_see_whole_states(cleanup: Cleanup) -> None:
    watched(cleanup, 60_000)
