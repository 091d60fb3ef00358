from __future__ import annotations

import numpy as np
import pytest
from antiphon.memory.trend import Direction, trend_of, trend_of_life


@pytest.mark.parametrize(
    ("slope", "direction"),
    [(0.0, "stable"), (0.05, "stable"), (1.0, "growing"), (-0.9, "shrinking")],
)
def test_a_line_goes_where_it_goes(slope: float, direction: str) -> None:
    rounds = list(range(100))
    trend = trend_of(rounds, [100 + slope * round for round in rounds])
    assert trend.direction == direction
    assert trend.per_round == pytest.approx(slope)


def test_noise_is_no_trend() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        values = list(500 + rng.standard_normal(64) * 100)
        assert trend_of(range(64), values).direction is Direction.STABLE


@pytest.mark.parametrize("sign", [1, -1])
def test_a_fifth_of_wild_values_does_not_turn_it_round(sign: int) -> None:
    values = [100.0] * 40
    values[-9:] = [sign * 1e6] * 9
    assert trend_of(range(40), values).direction is Direction.STABLE
    rising = [100.0 + round for round in range(40)]
    rising[-9:] = [-1e6] * 9
    assert trend_of(range(40), rising).direction is Direction.GROWING


def saw(rounds: range, *, climb: float = 0.0, high: int = 250) -> list[float]:
    """Give what is filled up to a mark, halved there, and so on."""
    return [min(r, high + r % high) + climb * r for r in rounds]


@pytest.mark.parametrize("last", [1000, 1100, 1240, 1400, 2000, 5000])
def test_teeth_of_a_saw_are_no_growth(last: int) -> None:
    rounds = range(0, last, 8)
    assert trend_of_life(rounds, saw(rounds)).direction is Direction.STABLE


def test_a_saw_that_climbs_grows() -> None:
    rounds = range(0, 2000, 8)
    trend = trend_of_life(rounds, saw(rounds, climb=0.2))
    assert trend.direction is Direction.GROWING
    assert trend.per_round == pytest.approx(0.2, rel=0.1)


def test_a_saw_whose_teeth_stopped_falling_grows() -> None:
    rounds = range(1000)
    values = [min(r, 100 + r % 100) if r < 800 else 200 + 4 * (r - 800) for r in rounds]
    assert trend_of_life(rounds, values).direction is Direction.STABLE
    rounds = range(2000)
    values = [min(r, 100 + r % 100) if r < 800 else 200 + 4 * (r - 800) for r in rounds]
    assert trend_of_life(rounds, values).direction is Direction.GROWING


def test_teeth_of_long_ago_do_not_count() -> None:
    values = [r % 100 + r for r in range(400)] + [450] * 1600
    assert trend_of_life(range(2000), values).direction is Direction.STABLE
    assert trend_of_life(range(400), values[:400]).direction is Direction.GROWING


def test_what_a_memory_was_before_half_its_life_does_not_count() -> None:
    values = [min(round, 400) for round in range(1000)]
    assert trend_of_life(range(1000), values).direction is Direction.STABLE
    assert trend_of_life(range(500), values[:500]).direction is Direction.GROWING


def test_uneven_rounds_count_as_they_lie() -> None:
    rounds = [1, 2, 4, 8, 16, 32, 64]
    assert trend_of(rounds, [3.0 * r for r in rounds]).per_round == pytest.approx(3)


def test_more_values_than_are_looked_at_give_the_same() -> None:
    trend = trend_of(range(10**5), range(10**5))
    assert trend.direction is Direction.GROWING
    assert trend.per_round == pytest.approx(1)


@pytest.mark.parametrize("points", [0, 1, 2])
def test_too_few_values_tell_nothing(points: int) -> None:
    assert trend_of(range(points), [7.0] * points).direction is Direction.UNKNOWN


def test_values_of_one_round_tell_nothing() -> None:
    assert trend_of([5] * 9, range(9)).direction is Direction.UNKNOWN


def test_a_memory_that_was_empty_grows_by_whole_things() -> None:
    assert trend_of(range(10), [0.0] * 10).direction is Direction.STABLE
    assert trend_of(range(10), range(10)).direction is Direction.GROWING


def test_a_round_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="a value for each round is needed, got 3 for 4"):
        trend_of(range(4), range(3))
    with pytest.raises(ValueError, match="a value for each round is needed, got 4 for 3"):
        trend_of_life(range(3), range(4))


def test_teeth_within_one_round_tell_nothing() -> None:
    assert trend_of_life([7] * 8, [1, 9, 1, 9, 1, 9, 1, 1]).per_round == 0
