"""Whatever is done to a memory, it agrees with a plain list, and the law holds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from antiphon.memory.candidates import Candidates
from antiphon.memory.cleanup import Age, Cleanup, Fifo, Relevance
from antiphon.memory.compact import pack, size_of
from antiphon.memory.episodic import EpisodicMemory
from antiphon.memory.law import check_law
from antiphon.memory.ledger import Frozen
from antiphon.memory.limits import MemoryLimits
from antiphon.memory.remembered import Remembered
from antiphon.tests.memory.lives import lived
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

ONE = size_of(pack(1, lived(1)))


def newest(those: Candidates, count: int, round: int) -> list[int]:
    return [one.sequence for one in those][::-1][:count]


class AgainstAList(RuleBasedStateMachine):
    """The list knows who was given, who is frozen, and who has left in which way."""

    cleanups: tuple[Cleanup, ...] = (Fifo(), Age(4), Relevance(), newest)

    @initialize(size=st.integers(1, 12), room=st.integers(1, 15), cleanup=st.sampled_from(cleanups))
    def begin(self, size: int, room: int, cleanup: Cleanup) -> None:
        limits = MemoryLimits(size=size, max_bytes=room * ONE, high=0.9, low=0.4)
        self.memory = EpisodicMemory(limits, cleanup, agent_id="a")
        self.cleanup = cleanup
        self.round = 0
        self.list: list[Remembered] = []
        self.frozen: Frozen | None = None
        self.consolidated: list[int] = []
        self.evicted: list[int] = []
        self.written = 0

    @rule(
        passed=st.integers(0, 3),
        length=st.sampled_from([0, 0, 0, 10, 100, 1_000]),
        importance=st.sampled_from([None, 0.0, 0.5, 2.0]),
        surprise=st.sampled_from([None, 0.0, 1.5]),
    )
    def record(
        self, passed: int, length: int, importance: float | None, surprise: float | None
    ) -> None:
        self.round += passed
        one = lived(self.round, "x" * length)
        sequence = self.memory.record(one, importance=importance, surprise=surprise)
        self.written += 1
        assert sequence == self.written
        weight = 1.0 if importance is None else importance
        self.list.append(Remembered(sequence, one, weight, surprise))
        self.take_out_those_that_went()

    def take_out_those_that_went(self) -> None:
        live = {one.sequence for one in self.memory.snapshot()}
        gone = [one.sequence for one in self.list if one.sequence not in live]
        needed = self.is_too_much(self.list) or isinstance(self.cleanup, Age)
        assert needed or not gone, "nobody goes where there is room"
        kept_back = () if self.frozen is None else [one.sequence for one in self.frozen.entries()]
        assert not set(gone) & set(kept_back), "nobody goes who is frozen"
        if isinstance(self.cleanup, (Fifo, Age)) and gone != [self.written]:
            free = [one.sequence for one in self.list if one.sequence not in kept_back]
            assert gone == free[: len(gone)], "the oldest go"
        self.list = [one for one in self.list if one.sequence in live]
        self.evicted += gone

    def is_too_much(self, those: list[Remembered]) -> bool:
        limits = self.memory.limits
        taken = sum(size_of(pack(*one)) for one in those)
        return len(those) > limits.size or taken > limits.max_bytes

    @precondition(lambda self: self.frozen is None and self.list)
    @rule(data=st.data())
    def freeze(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(1, len(self.list)))
        self.frozen = self.memory.freeze(count)
        assert self.frozen.entries() == tuple(self.list[:count])
        assert (self.frozen.first, self.frozen.last, self.frozen.count) == (
            self.list[0].sequence,
            self.list[count - 1].sequence,
            count,
        )

    @precondition(lambda self: self.frozen is not None)
    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        assert self.frozen is not None
        self.memory.replace(self.frozen, data.draw(st.integers(0, self.frozen.count)))
        self.consolidated += [one.sequence for one in self.frozen.entries()]
        self.list = self.list[self.frozen.count :]
        self.frozen = None

    @precondition(lambda self: self.frozen is not None)
    @rule()
    def thaw(self) -> None:
        assert self.frozen is not None
        self.memory.thaw(self.frozen)
        self.frozen = None

    @invariant()
    def agrees_with_the_list(self) -> None:
        assert self.memory.snapshot() == tuple(self.list)
        assert self.memory.recent(3) == [one.experience for one in self.list[-3:]]
        assert len(self.memory) == len(self.list)
        assert not self.is_too_much(self.list)

    @invariant()
    def obeys_the_law(self) -> None:
        statistics = self.memory.statistics()
        check_law(statistics)
        assert statistics.written == self.written
        assert statistics.consolidated == len(self.consolidated)
        assert statistics.evicted == len(self.evicted)
        assert statistics.bytes == sum(size_of(pack(*one)) for one in self.list)
        everyone = [*self.consolidated, *self.evicted, *(one.sequence for one in self.list)]
        assert sorted(everyone) == list(range(1, self.written + 1)), "each is in one place"
        buried = [
            s for s in self.evicted if any(t.first <= s <= t.last for t in statistics.tombstones)
        ]
        assert buried == self.evicted


TestAgainstAList = AgainstAList.TestCase
TestAgainstAList.settings = settings(max_examples=60, stateful_step_count=40)


def calls(work: Callable[[], object]) -> int:
    """Count the calls, of Python and C alike, that a piece of work makes."""
    count = 0

    def see(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def costs(it: EpisodicMemory) -> tuple[int, int]:
    """Give the calls of two thousand records, which make room many times, and of a recent."""
    (last,) = it.recent(1)
    lives = [lived(last.round + passed) for passed in range(2_000)]
    return calls(lambda: [it.record(one) for one in lives]), calls(lambda: it.recent(10))


def compare_costs(cleanup: Cleanup, many: int) -> None:
    it = EpisodicMemory(MemoryLimits(size=500), cleanup, agent_id="a")
    for round in range(1_000):
        it.record(lived(round))
    record, recent = costs(it)
    for round in range(3_000, 3_000 + many):
        it.record(lived(round))
    record_after, recent_after = costs(it)
    assert recent_after == recent
    assert record_after < 1.1 * record
    assert record < 2_000 * 25, "calls to make room are shared by many"


@pytest.mark.parametrize("cleanup", [Fifo(), Relevance(), Age(1_000_000)], ids=repr)
def test_record_and_recent_take_no_more_work_after_many_experiences(cleanup: Cleanup) -> None:
    compare_costs(cleanup, 10_000)


@pytest.mark.soak
@pytest.mark.parametrize("cleanup", [Fifo(), Relevance(), Age(1_000_000)], ids=repr)
def test_record_and_recent_take_no_more_work_after_a_million(cleanup: Cleanup) -> None:
    compare_costs(cleanup, 1_000_000)


def test_a_long_life_of_arrays_is_accounted_for() -> None:
    rng: Any = np.random.default_rng(7)
    it = EpisodicMemory(MemoryLimits(size=64, max_bytes=20_000), Relevance(), agent_id="a")
    for round in range(1_500):
        it.record(lived(round, np.zeros(rng.integers(0, 60))), importance=float(rng.random()))
        if it.frozen is None and it.over_high_water:
            it.freeze(10)
        elif it.frozen is not None and round % 40 == 0:
            it.replace(it.frozen, 3)
    statistics = it.statistics()
    check_law(statistics)
    assert statistics.consolidations > 20
    assert statistics.evicted > 100
    assert len(statistics.tombstones) <= 128
