"""What it costs to take in every second observation only, in reward."""

from __future__ import annotations

import pytest
from antiphon.models.explorer import Explorer
from antiphon.models.profile import InferenceSettings
from antiphon.tests.models.foraging import Comparison, Make, forage

KEPT = 0.95
"""What is to be left of the reward, at least."""


def fast(interval: int) -> Make:
    settings = InferenceSettings(profile="fast", selective_update_interval=interval)
    return lambda place: Explorer.create(place, settings=settings)


def earned(interval: int, n: int, maps: range) -> float:
    return sum(forage(fast(interval), n=n, seed=seed) for seed in maps)


def against_kept(n: int, pairs: int, maps: int = 1) -> Comparison:
    """Compare interval 2 with what has to be left of interval 1, over so many pairs.

    Args:
        maps: how many a pair has; few agents earn too little on one to tell.
    """
    seeds = [range(first, first + maps) for first in range(0, pairs * maps, maps)]
    ours = [earned(2, n, some) for some in seeds]
    return Comparison.of(ours, [KEPT * earned(1, n, some) for some in seeds])


def test_every_second_observation_earns_nearly_as_much_as_every_one() -> None:
    assert against_kept(50, 4).ratio >= 1


@pytest.mark.soak
@pytest.mark.parametrize(("n", "maps"), [(50, 1), (5, 10)])
def test_it_surely_loses_less_than_a_twentieth(n: int, maps: int) -> None:
    assert against_kept(n, 20, maps).low > 0
