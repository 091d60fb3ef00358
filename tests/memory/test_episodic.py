"""What an agent lived comes back in lived order, within bounds, and is never lost uncounted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from antiphon.errors import CleanupError, FrozenRangeError
from antiphon.memory.candidates import Candidates
from antiphon.memory.cleanup import Age, Cleanup, Relevance
from antiphon.memory.compact import pack, size_of
from antiphon.memory.episodic import EpisodicMemory
from antiphon.memory.law import check_law
from antiphon.memory.limits import MemoryLimits
from antiphon.memory.ranges import count_of
from antiphon.tests.memory.lives import lived

ONE = size_of(pack(1, lived(1)))


def memory(cleanup: Cleanup | None = None, **limits: Any) -> EpisodicMemory:
    return EpisodicMemory(MemoryLimits(**limits), cleanup, agent_id="trader-1")


def filled(count: int, cleanup: Cleanup | None = None, **limits: Any) -> EpisodicMemory:
    it = memory(cleanup, **limits)
    for round in range(1, count + 1):
        it.record(lived(round))
    return it


def sequences(it: EpisodicMemory) -> list[int]:
    return [one.sequence for one in it.snapshot()]


def test_sequences_count_from_one_in_lived_order() -> None:
    it = memory()
    assert [it.record(lived(round)) for round in (4, 5, 9)] == [1, 2, 3]
    assert [(one.sequence, one.experience) for one in it.snapshot()] == [
        (1, lived(4)),
        (2, lived(5)),
        (3, lived(9)),
    ]


def test_recent_gives_the_newest_last() -> None:
    it = filled(5)
    assert it.recent(2) == [lived(4), lived(5)]
    assert it.recent(0) == []
    assert it.recent(99) == [lived(round) for round in range(1, 6)]
    assert memory().recent(3) == []
    with pytest.raises(ValueError, match="k must be >= 0, got -1"):
        it.recent(-1)


def test_importance_and_surprise_are_kept() -> None:
    it = memory()
    it.record(lived(1))
    it.record(lived(2), importance=2.5, surprise=0.25)
    told = [(one.importance, one.surprise) for one in it.snapshot()]
    assert told == [(1.0, None), (2.5, 0.25)]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"importance": -0.1}, "importance must be a finite number >= 0, got -0.1"),
        ({"importance": float("nan")}, "importance must be a finite number >= 0, got nan"),
        ({"importance": float("inf")}, "importance must be a finite number >= 0, got inf"),
        ({"surprise": float("nan")}, "surprise must be a finite number, got nan"),
        ({"surprise": float("-inf")}, "surprise must be a finite number, got -inf"),
    ],
)
def test_what_is_no_importance_or_surprise_is_refused(bad: dict[str, float], message: str) -> None:
    it = filled(2)
    with pytest.raises(ValueError, match=message):
        it.record(lived(3), **bad)
    assert sequences(it) == [1, 2]
    assert it.record(lived(3)) == 3


def test_arrays_are_copied_once_and_come_back_read_only() -> None:
    it, seen = memory(), np.arange(3.0)
    it.record(lived(1, seen))
    seen[:] = 9
    back = it.recent(1)[0].observation
    assert back.tolist() == [0, 1, 2]
    assert not back.flags.writeable


def test_what_is_given_out_cannot_change_what_is_held() -> None:
    it = memory()
    it.record(lived(1, {"seen": [1]}))
    it.recent(1)[0].observation["seen"].append(2)
    assert it.recent(1)[0].observation == {"seen": [1]}


def test_it_holds_no_more_than_its_size() -> None:
    it = memory(size=50)
    for round in range(500):
        it.record(lived(round))
        assert len(it) <= 50
    assert sequences(it)[-1] == 500
    assert len(it) >= 50 - 50 // 16 - 1
    assert it.statistics().evicted_by == {"size": 500 - len(it)}


def test_it_holds_no_more_than_its_bytes() -> None:
    it = memory(max_bytes=20 * ONE)
    for round in range(200):
        it.record(lived(round, np.zeros(round % 7)))
        assert it.statistics().bytes <= 20 * ONE
    assert it.statistics().bytes >= 17 * ONE
    assert set(it.statistics().evicted_by) == {"bytes"}
    check_law(it.statistics())


def test_bytes_are_the_sum_of_what_each_takes() -> None:
    it = memory(size=30)
    for round in range(100):
        it.record(lived(round, np.zeros(round)), importance=round, surprise=0.5)
    expected = sum(size_of(pack(*one)) for one in it.snapshot())
    assert it.statistics().bytes == expected


@pytest.mark.parametrize("cleanup", [None, Age(10_000), Relevance()], ids=repr)
def test_only_so_many_go_at_a_time(cleanup: Cleanup | None) -> None:
    it, most = memory(cleanup, size=320), 0
    for round in range(2_000):
        before = len(it)
        it.record(lived(round))
        most = max(most, before + 1 - len(it))
    assert 1 < most <= 20


def test_agents_that_fill_up_together_do_not_go_on_making_room_together() -> None:
    room = set()
    for agent in range(20):
        it = EpisodicMemory(MemoryLimits(size=320), agent_id=f"trader-{agent}")
        for round in range(321):
            it.record(lived(round))
        room.add(len(it))
    assert len(room) > 4


def test_one_that_is_larger_than_all_is_counted_and_turned_away() -> None:
    it = filled(3, max_bytes=10 * ONE)
    before = sequences(it)
    assert it.record(lived(4, np.zeros(10_000))) == 4
    assert it.record(lived(5, "x" * 2_000)) == 5
    assert sequences(it) == before
    assert it.record(lived(6)) == 6
    statistics = it.statistics()
    assert statistics.evicted_by == {"too_large": 2}
    assert [(s.first, s.last, s.count) for s in statistics.tombstones] == [(4, 5, 2)]
    check_law(statistics)


def test_one_that_is_just_as_large_as_all_is_kept_alone() -> None:
    large = lived(9, b"x" * 500)
    it = filled(3, max_bytes=size_of(pack(1, large)))
    it.record(large)
    assert it.recent(9) == [large]
    it = filled(3, max_bytes=size_of(pack(1, large)) - 1)
    it.record(large)
    assert len(it) == 3
    assert it.statistics().evicted_by == {"too_large": 1}


def test_a_plain_one_may_be_too_large_as_well() -> None:
    it = memory(max_bytes=ONE - 1)
    it.record(lived(1))
    assert it.statistics().evicted_by == {"too_large": 1}
    check_law(it.statistics())


def test_an_endless_value_is_turned_away() -> None:
    ring: list[Any] = []
    ring.append(ring)
    it = memory()
    it.record(lived(1, ring))
    assert it.statistics().evicted_by == {"too_large": 1}


def test_values_of_foreign_types_are_counted() -> None:
    it = memory()
    it.record(lived(1, object()))
    it.record(lived(2))
    assert it.statistics().foreign == 1
    assert it.recent(2)[0].observation.type_name == "object"


def test_what_is_frozen_never_goes() -> None:
    it = filled(10, size=20)
    frozen = it.freeze(6)
    for round in range(11, 100):
        it.record(lived(round))
    assert sequences(it)[:6] == [1, 2, 3, 4, 5, 6]
    assert len(it) <= 20
    assert (frozen.first, frozen.last, frozen.count) == (1, 6, 6)
    assert [one.experience.round for one in frozen.entries()] == [1, 2, 3, 4, 5, 6]


def test_where_all_is_frozen_the_newcomer_goes() -> None:
    it = filled(5, size=5)
    it.freeze(5)
    assert it.record(lived(6)) == 6
    assert sequences(it) == [1, 2, 3, 4, 5]
    assert it.statistics().evicted_by == {"size": 1}
    check_law(it.statistics())


def test_what_is_replaced_is_consolidated_and_makes_room() -> None:
    it = filled(10, size=20)
    frozen = it.freeze(6)
    it.record(lived(11))
    it.replace(frozen, items=2)
    assert sequences(it) == [7, 8, 9, 10, 11]
    statistics = it.statistics()
    assert (statistics.consolidated, statistics.items, statistics.consolidations) == (6, 2, 1)
    assert (statistics.bytes, statistics.frozen) == (5 * ONE, 0)
    check_law(statistics)


def test_what_is_thawed_is_as_before() -> None:
    it = filled(10, size=10)
    frozen = it.freeze(4)
    assert it.frozen is frozen
    it.thaw(frozen)
    assert it.frozen is None
    assert sequences(it) == list(range(1, 11))
    it.record(lived(11))
    assert sequences(it)[0] == 2
    check_law(it.statistics())


def test_a_range_is_given_back_once() -> None:
    it = filled(10)
    first = it.freeze(3)
    with pytest.raises(FrozenRangeError, match="one range at a time"):
        it.freeze(1)
    it.replace(first, 1)
    for again in (lambda: it.replace(first, 1), lambda: it.thaw(first)):
        with pytest.raises(FrozenRangeError, match="memory of trader-1: 1-3 is not frozen"):
            again()
    second = it.freeze(3)
    with pytest.raises(FrozenRangeError):
        it.replace(first, 1)
    it.thaw(second)
    assert sequences(it) == list(range(4, 11))
    assert it.statistics().consolidated == 3


@pytest.mark.parametrize("count", [0, -1, 6, 2.0, True, None])
def test_no_more_can_be_frozen_than_there_are(count: Any) -> None:
    it = filled(5)
    with pytest.raises(ValueError, match=r"count must be a whole number in 1\.\.5, got"):
        it.freeze(count)
    assert it.frozen is None


@pytest.mark.parametrize("items", [-1, 4, 1.0, None])
def test_no_more_items_stand_for_experiences_than_these_are(items: Any) -> None:
    it = filled(5)
    frozen = it.freeze(3)
    with pytest.raises(ValueError, match=r"items must be a whole number in 0\.\.3, got"):
        it.replace(frozen, items)
    assert it.frozen is frozen


def test_what_is_too_old_goes_though_there_is_room() -> None:
    it = filled(100, Age(rounds=32), size=1_000)
    assert 100 - 33 <= sequences(it)[0] <= 100 - 32
    assert set(it.statistics().evicted_by) == {"age"}
    it.record(lived(1_000))
    assert [one.round for one in it.recent(9)] == [1_000]
    check_law(it.statistics())


def test_age_does_not_touch_what_is_frozen() -> None:
    it = filled(10, Age(rounds=5))
    oldest = sequences(it)[0]
    frozen = it.freeze(2)
    it.record(lived(500))
    assert sequences(it) == [oldest, oldest + 1, 11]
    it.thaw(frozen)
    it.record(lived(600))
    assert sequences(it) == [12]


def test_the_least_relevant_goes() -> None:
    it = memory(Relevance(), size=4)
    for round, importance in enumerate([5.0, 0.1, 4.0, 3.0, 6.0], 1):
        it.record(lived(round), importance=importance)
    assert sequences(it) == [1, 3, 4, 5]
    (stone,) = it.statistics().tombstones
    assert (stone.reason, stone.first, stone.last, stone.count) == ("size", 2, 2, 1)


def test_a_broken_clean_up_is_told_and_the_bounds_hold_all_the_same() -> None:
    def broken(those: Candidates, count: int, round: int) -> list[int]:
        raise KeyError("oops")

    it = filled(5, broken, size=5)
    for round in (6, 7):
        with pytest.raises(CleanupError, match=r"broken.*raised KeyError"):
            it.record(lived(round))
    assert sequences(it) == [3, 4, 5, 6, 7]
    assert it.statistics().evicted_by == {"cleanup_failed": 2}
    check_law(it.statistics())


def test_whoever_wants_to_know_is_told_of_each_that_goes_once_and_why() -> None:
    it, told = memory(Relevance(), size=16, max_bytes=40 * ONE), []
    it.on_gone = lambda reason, ranges: told.append((reason, ranges))
    for round in range(1, 100):
        length = 5_000 if round % 20 == 0 else 20 * (round % 30)
        it.record(lived(round, "x" * length), importance=float(round % 7))
    gone = [n for _, ranges in told for first, last in ranges for n in range(first, last + 1)]
    assert sorted([*gone, *sequences(it)]) == list(range(1, 100))
    by_reason = Counter()
    for reason, ranges in told:
        by_reason[str(reason)] += count_of(ranges)
    assert by_reason == it.statistics().evicted_by
    assert set(by_reason) == {"size", "bytes", "too_large"}
    assert it.written == 99


def test_the_high_mark_is_held_until_below_the_low_one() -> None:
    it = filled(7, size=10, high=0.8, low=0.5)
    assert not it.over_high_water
    it.record(lived(8))
    assert it.over_high_water
    it.replace(it.freeze(3), 1)
    assert it.over_high_water, "five of ten are not below the low mark"
    it.replace(it.freeze(1), 1)
    assert not it.over_high_water
    for round in range(9, 13):
        it.record(lived(round))
    assert it.over_high_water
    assert it.statistics().crossings == 2


def test_the_high_mark_counts_bytes_too() -> None:
    it = filled(7, max_bytes=10 * ONE, high=0.8, low=0.5)
    assert not it.over_high_water
    it.record(lived(8))
    assert it.over_high_water


def test_a_thawed_store_still_wants_to_be_consolidated() -> None:
    it = filled(8, size=10, high=0.8, low=0.5)
    it.thaw(it.freeze(4))
    assert it.over_high_water


def test_statistics_say_how_near_the_limit_is() -> None:
    it = filled(7, size=10, warning=0.8)
    before = it.statistics()
    it.record(lived(8))
    after = it.statistics()
    assert (before.usage_ratio, before.approaching_limit) == (0.7, False)
    assert (after.usage_ratio, after.approaching_limit) == (0.8, True)
    assert (after.current_size, after.max_size, after.agent_id) == (8, 10, "trader-1")
    assert (after.bytes, after.max_bytes) == (8 * ONE, it.limits.max_bytes)


def test_an_interrupt_between_two_lines_loses_and_doubles_nothing() -> None:
    it = filled(3)
    # As a record leaves it that was cut off before the experience counted.
    it._state[0][3] = pack(4, lived(99))
    assert sequences(it) == [1, 2, 3]
    check_law(it.statistics())
    it.record(lived(4))
    assert [one.round for one in it.recent(9)] == [1, 2, 3, 4]
    check_law(it.statistics())
