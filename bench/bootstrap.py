"""How sure a difference is that was measured in a few pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_DRAWS, _IN_THE_TAIL = 5_000, 20
"""So many resamples at least, and so many of them beyond the bound that is asked for."""


def interval(
    differences: Sequence[float], confidence: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Give an interval that holds the mean difference with this confidence.

    The studentised bootstrap, with equal arms on both sides: resampled means alone are far too
    narrow for a handful of pairs, and would see a difference between equals in every fifth
    comparison of five pairs instead of every twentieth. Where there are too few pairs to tell
    anything at this confidence, both ends are infinite.

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 12; Hall
    (1988), Theoretical comparison of bootstrap confidence intervals, section 2.
    """
    values = np.asarray(differences, dtype=np.float64)
    mean, error = float(values.mean()), _error(values)
    if len(values) < 3:
        return -np.inf, np.inf
    if error <= _rounding(values):
        # What never varies needs no resampling: counts, and runs that are bits of one another.
        return mean, mean
    draws = max(_DRAWS, round(_IN_THE_TAIL / (1.0 - confidence)))
    sample = values[rng.integers(0, len(values), (draws, len(values)))]
    errors = sample.std(axis=1, ddof=1) / np.sqrt(len(values))
    # A resample of one value again and again says that anything may be.
    flat = errors <= _rounding(values)
    scores = np.abs(sample.mean(axis=1) - mean) / np.where(flat, 1.0, errors)
    scores[flat] = np.inf
    arm = float(np.sort(scores)[int(np.ceil(confidence * draws)) - 1]) * error
    return mean - arm, mean + arm


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _rounding(values: np.ndarray) -> float:
    return 1e-12 * float(np.abs(values).max())
