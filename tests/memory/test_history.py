from __future__ import annotations

from itertools import pairwise

import pytest
from antiphon.memory.history import History, Snapshot


def test_few_moments_are_all_kept() -> None:
    history = History(8)
    for round in range(1, 6):
        history.add(round, round * 2, round * 100)
    assert history.snapshots() == tuple(
        Snapshot(r, r * 2, r * 100, r * 2, r * 2, r * 2.0) for r in range(1, 6)
    )


@pytest.mark.parametrize("moments", [9, 16, 17, 100, 1000, 4097])
def test_a_long_life_is_spanned_evenly_in_bounded_room(moments: int) -> None:
    history = History(16)
    for round in range(1, moments + 1):
        history.add(round, round, 0)
    kept = history.snapshots()
    assert len(kept) <= 17
    assert (kept[0].round, kept[-1].round) == (1, moments)
    apart = {after.round - before.round for before, after in pairwise(kept[:-1])}
    assert len(apart) <= 1
    if moments > 16:
        assert len(kept) >= 8


@pytest.mark.parametrize(("wild", "kept_as"), [(999, "high"), (1, "low")])
def test_a_peak_between_two_snapshots_is_not_lost(wild: int, kept_as: str) -> None:
    for moment in range(1, 101):
        history = History(4)
        for round in range(1, 101):
            history.add(round, wild if round == moment else 50, 0)
        kept = history.snapshots()
        ends = [one.round for one in kept[1:]] + [101]
        for one, end in zip(kept, ends, strict=True):
            within = one.round <= moment < end or (moment == 100 and end == 100)
            assert (getattr(one, kept_as) == wild) == within


def test_means_weigh_every_moment_alike() -> None:
    history = History(4)
    for round in range(64):
        history.add(round, round, 0)
    kept = history.snapshots()
    assert [one.round for one in kept] == [0, 16, 32, 48, 63]
    assert [one.mean for one in kept[:-1]] == [7.5, 23.5, 39.5, 55.5]


def test_nothing_is_kept_of_no_life() -> None:
    assert History().snapshots() == ()


@pytest.mark.parametrize("capacity", [0, 2, 5, -4])
def test_an_odd_capacity_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match=f"capacity must be even and >= 4, got {capacity}"):
        History(capacity)
