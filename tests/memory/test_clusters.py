"""Clusters of points that come one by one."""

from __future__ import annotations

import numpy as np
import pytest
from antiphon.memory.strategies.clusters import Clusters


def clusters_of(points: np.ndarray, most: int) -> Clusters:
    clusters = Clusters(most, points.shape[1])
    for place, point in enumerate(points):
        clusters.add(place, point)
    return clusters


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("most", [1, 2, 7, 50])
def test_there_are_never_too_many_and_each_tells_its_points_mean_and_spread(
    seed: int, most: int
) -> None:
    points = np.random.default_rng(seed).normal(size=(200, 3)) * [1, 10, 0.1]
    made = clusters_of(points, most).all()
    assert len(made) <= most
    assert sorted(place for cluster in made for place in cluster.places) == list(range(200))
    for cluster in made:
        own = points[cluster.places]
        np.testing.assert_allclose(cluster.mean, own.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(cluster.spread, own.std(axis=0), atol=1e-10)
        assert 0 <= cluster.nearest < len(cluster.places)


def test_points_that_lie_in_heaps_are_found_as_heaps() -> None:
    rng = np.random.default_rng(3)
    heaps = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    which = rng.integers(3, size=300)
    made = clusters_of(heaps[which] + rng.normal(size=(300, 2)) * 0.1, 3).all()
    assert [set(which[cluster.places].tolist()) for cluster in made] == [
        {int(place)} for place in dict.fromkeys(which.tolist())
    ]


def test_while_there_is_room_only_equal_points_share_a_cluster() -> None:
    made = clusters_of(np.array([[1.0], [2.0], [1.0], [3.0]]), 3).all()
    assert [cluster.places for cluster in made] == [[0, 2], [1], [3]]
    assert [cluster.spread.tolist() for cluster in made] == [[0.0], [0.0], [0.0]]


def test_no_clusters_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="most must be >= 1"):
        Clusters(0, 3)
