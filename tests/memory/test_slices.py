"""Slices are a share of what rounds take, and what overran is made up for."""

from __future__ import annotations

import pytest
from antiphon.memory.slices import SliceLength


def test_a_slice_is_a_share_of_the_last_round_within_bounds() -> None:
    slices = SliceLength(0.25, least=0.001, most=0.02)
    assert slices.next(0.04) == 0.01
    assert SliceLength(0.25, least=0.001, most=0.02).next(0.0004) == 0.001
    assert SliceLength(0.25, least=0.001, most=0.02).next(30.0) == 0.02


def test_it_follows_rounds_down_at_once_and_up_slowly() -> None:
    slices = SliceLength(0.5, least=1e-6, most=10.0)
    assert slices.next(0.1) == 0.05
    assert slices.next(0.01) == 0.005
    after_a_straggler = slices.next(1.0)
    assert 0.005 < after_a_straggler < 0.15
    for _ in range(50):
        settled = slices.next(1.0)
    assert settled == pytest.approx(0.5, rel=0.01)


def test_what_overran_is_paid_off_by_the_slices_that_follow() -> None:
    slices = SliceLength(0.25, least=0.001, most=0.02)
    given = slices.next(0.04)
    slices.spent(given + 0.025)
    assert slices.next(0.04) == 0.0
    slices.spent(0.0)
    assert slices.next(0.04) == 0.0
    assert slices.next(0.04) == pytest.approx(0.005)
    assert slices.next(0.04) == 0.01


def test_a_slice_that_ends_early_saves_nothing_up() -> None:
    slices = SliceLength(0.25, least=0.001, most=0.02)
    slices.next(0.04)
    slices.spent(0.0)
    assert slices.next(0.04) == 0.01


def test_one_long_hiccup_does_not_stop_all_work_for_ever() -> None:
    slices = SliceLength(0.25, least=0.001, most=0.02)
    slices.next(0.04)
    slices.spent(60.0)
    assert [slices.next(0.04) > 0 for _ in range(10)][-1]


def test_over_many_rounds_work_takes_no_more_than_its_share() -> None:
    slices = SliceLength(0.25, least=1e-6, most=1.0)
    spent = 0.0
    for number in range(1000):
        given = slices.next(0.01)
        # Steps cannot be cut, so every slice that begins lasts a little longer.
        took = given + 0.002 * (number % 3) if given else 0.0
        slices.spent(took)
        spent += took
    assert spent <= 1000 * 0.01 * 0.25 * 1.01


@pytest.mark.parametrize(
    "options", [{"share": 0.0}, {"share": 1.5}, {"least": 0.0}, {"least": 0.1, "most": 0.01}]
)
def test_bounds_that_make_no_sense_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        SliceLength(**options)
