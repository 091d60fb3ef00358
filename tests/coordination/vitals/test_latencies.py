"""Quantiles of times by agent and over all, in buckets."""

from __future__ import annotations

import numpy as np
import pytest
from antiphon.coordination.vitals.latencies import Latencies

SHARES = [0.0, 0.5, 0.9, 0.99, 1.0]


def exact(values: np.ndarray, share: float) -> float:
    return float(np.quantile(values, share, method="inverted_cdf"))


@pytest.mark.parametrize("share", SHARES)
def test_quantiles_are_as_exact_as_promised(share: float) -> None:
    times = np.random.default_rng(1).lognormal(-6, 2, (300, 7))
    latencies = Latencies()
    for row in times:
        latencies.add(np.arange(7), row)
    assert latencies.quantile(share) == pytest.approx(exact(times, share), rel=0.01)
    each = latencies.quantiles(7, share)
    for agent in range(7):
        assert each[agent] == pytest.approx(exact(times[:, agent], share), rel=0.16)
        assert latencies.quantile_of(agent, share) == each[agent]


def test_who_was_never_timed_has_no_quantile() -> None:
    latencies = Latencies()
    assert latencies.quantile(0.5) is None
    assert latencies.quantile_of(3, 0.5) is None
    latencies.add(np.array([1]), np.array([0.5]))
    assert latencies.quantile_of(0, 0.5) is None
    assert np.isnan(latencies.quantiles(9, 0.5)).tolist() == [k != 1 for k in range(9)]
    latencies.add(np.array([], np.intp), np.array([]))
    assert latencies.quantile_of(1, 0.5) is not None


def test_times_beyond_the_ends_count_as_the_ends() -> None:
    latencies = Latencies()
    latencies.add(np.arange(3), np.array([0.0, 1e-12, 1e9]))
    low, high = latencies.quantile_of(0, 1.0), latencies.quantile_of(2, 1.0)
    assert low == latencies.quantile_of(1, 1.0) == pytest.approx(1e-6, rel=0.16)
    assert high == pytest.approx(100, rel=0.2)


def test_what_is_long_past_fades() -> None:
    latencies = Latencies()
    for _ in range(64):
        latencies.add(np.array([0]), np.array([1.0]))
    for _ in range(7):
        latencies.fade()
        for _ in range(4):
            latencies.add(np.array([0]), np.array([0.001]))
    assert latencies.quantile_of(0, 0.9) == pytest.approx(0.001, rel=0.16)
    assert latencies.quantile(0.9) == pytest.approx(0.001, rel=0.01)


def test_no_count_overflows_however_long_it_goes_on() -> None:
    latencies = Latencies()
    for _ in range(70_000):
        latencies.add(np.array([0]), np.array([0.001]))
    assert latencies.quantile_of(0, 0.5) == pytest.approx(0.001, rel=0.16)
    assert int(latencies._each.max()) > 30_000


def test_an_agent_costs_128_bytes() -> None:
    latencies = Latencies()
    latencies.add(np.arange(1000), np.ones(1000))
    assert latencies._each.nbytes == 128 * 1000
