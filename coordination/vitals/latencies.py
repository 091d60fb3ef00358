"""How long agents take to answer: quantiles for each of them and for all, in bounded memory."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .tally import Floats, Rows, grown

_LEAST = 1e-6
_FINE = math.log(1.01)
_FINE_PER_COARSE = 29
_COARSE = 64
"""Buckets for each agent, each a third wider than the one before: from 1 µs to 100 s."""
_FULL = np.iinfo(np.uint16).max


class Latencies:
    """Counts times in buckets: 64 for each agent, so 128 bytes, and finer ones for all.

    Quantiles over everything are exact to 1 %, those of one agent to 16 %. Times beyond the
    ends count as the ends. One thread at a time may touch it.
    """

    def __init__(self) -> None:
        self._all: npt.NDArray[np.int64] = np.zeros(_COARSE * _FINE_PER_COARSE, np.int64)
        # Agents along the last axis: in one round their times are much alike, so that
        # neighbours in memory are counted together.
        self._each: npt.NDArray[np.uint16] = np.zeros((_COARSE, 0), np.uint16)
        self._added = 0

    def add(self, rows: Rows, seconds: Floats) -> None:
        """Take in one time for each of these agents.

        Args:
            rows: where in the arrays each agent is; none twice.
            seconds: one for each row.
        """
        if not len(rows):
            return
        if self._added == _FULL:
            self.fade()
        self._added += 1
        self._make_room(int(rows.max()) + 1)
        fine = (np.log(np.maximum(seconds, _LEAST) / _LEAST) / _FINE).astype(np.intp)
        np.minimum(fine, len(self._all) - 1, out=fine)
        self._all += np.bincount(fine, minlength=len(self._all))
        self._each[fine // _FINE_PER_COARSE, rows] += 1

    def _make_room(self, agents: int) -> None:
        if agents > self._each.shape[1]:
            self._each = grown(self._each, max(agents, 2 * self._each.shape[1]))

    def fade(self) -> None:
        """Halve all counts, so that what is long past weighs less and less."""
        self._all >>= 1
        self._each >>= 1
        self._added >>= 1

    def quantile(self, share: float) -> float | None:
        """Give the time, in seconds, that this share of all times does not exceed."""
        return _quantile(self._all, share, 1)

    def quantile_of(self, row: int, share: float) -> float | None:
        """Give the same for one agent; None as long as it has no time."""
        if row >= self._each.shape[1]:
            return None
        return _quantile(self._each[:, row], share, _FINE_PER_COARSE)

    def quantiles(self, agents: int, share: float) -> Floats:
        """Give the same for each agent: float64, shape (agents,), nan where there is no time."""
        counts = self._each[:, :agents]
        held = np.flatnonzero(counts.any(axis=1))
        totals = np.add.reduce(counts[held], axis=0, dtype=np.int32)
        ranks = np.maximum(1, np.ceil(share * totals)).astype(np.int32)
        seen = np.zeros_like(ranks)
        found: Floats = np.full(agents, np.nan)
        for bucket in held:
            reached_before = seen >= ranks
            seen += counts[bucket]
            # The first bucket that reaches the rank, and no later one.
            reached = (seen >= ranks) & ~reached_before
            found[: len(seen)][reached] = _middle(int(bucket), _FINE_PER_COARSE)
        return found


def _quantile(counts: npt.NDArray[np.integer], share: float, width: int) -> float | None:
    cumulated = np.cumsum(counts, dtype=np.int64)
    if not cumulated[-1]:
        return None
    rank = max(1, math.ceil(share * int(cumulated[-1])))
    return _middle(int(np.searchsorted(cumulated, rank)), width)


def _middle(bucket: int, width: int) -> float:
    """Give the middle, in the logarithm, of a bucket that is so many fine ones wide."""
    return _LEAST * math.exp((bucket + 0.5) * width * _FINE)
