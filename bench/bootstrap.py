"""How sure a difference is that was measured in a few pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

_DRAWS, _IN_THE_TAIL = 5_000, 20
"""So many resamples at least, and so many of them beyond the bound that is asked for."""
_AT_ONCE = 8_192
"""Resamples whose sums are made together: few enough for a processor to have them at hand."""


class Resamples:
    """Draws with replacement from so many pairs, the same for all that is compared.

    To draw them takes longest, and an interval rests on its own pairs alone: those of a
    thousand metrics may be drawn alike.
    """

    def __init__(self, pairs: int, confidence: float, rng: np.random.Generator) -> None:
        """Draw.

        Args:
            confidence: of the intervals.
        """
        draws = max(_DRAWS, round(_IN_THE_TAIL / (1.0 - confidence)))
        # How often each pair is in each of them, which is all that its mean and error ask for.
        counts = rng.multinomial(pairs, np.full(pairs, 1.0 / pairs), draws)
        self._counts = counts.astype(np.uint16)
        self._place = int(np.ceil(confidence * draws)) - 1

    def interval(self, differences: Sequence[float]) -> tuple[float, float]:
        """Give an interval that holds the mean difference with the confidence.

        The studentised bootstrap, with equal arms on both sides: resampled means alone are far
        too narrow for a handful of pairs, and would see a difference between equals in every
        fifth comparison of five pairs instead of every twentieth. Where there are too few pairs
        to tell anything at this confidence, both ends are infinite.

        Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 12; Hall
        (1988), Theoretical comparison of bootstrap confidence intervals, section 2.
        """
        values = np.asarray(differences, dtype=np.float64)
        mean, error = float(values.mean()), _error(values)
        if len(values) < 3:
            return -np.inf, np.inf
        if error <= 1e-12 * float(np.abs(values).max()):
            # What never varies needs no resampling: counts, and runs that are bits of one another.
            return mean, mean
        scores = np.concatenate([*self._scores((values - mean) / error)])
        arm = float(np.partition(scores, self._place)[self._place]) * error
        return mean - arm, mean + arm

    def _scores(self, off: np.ndarray) -> Iterator[np.ndarray]:
        """Give by how many of its own errors the mean of each resample is off.

        Args:
            off: how far each value is from the mean of all, in errors of that.
        """
        n = len(off)
        powers = np.column_stack([off, off**2])
        for start in range(0, len(self._counts), _AT_ONCE):
            counts = self._counts[start : start + _AT_ONCE].astype(np.float64)
            means, squares = (counts @ powers / n).T
            errors = (squares - means**2) / (n - 1)
            # A resample of one value again and again says that anything may be.
            flat = errors <= 1e-13 * powers[:, 1].max()
            yield np.where(flat, np.inf, np.abs(means) / np.sqrt(np.where(flat, 1.0, errors)))


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
