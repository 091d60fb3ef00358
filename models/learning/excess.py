"""What the novelty of Dirichlet counts is made of, without a library of special functions."""

from __future__ import annotations

import numpy as np

from ..matrices import Array

SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
"""The Bernoulli numbers B_2, B_4, … by 2, 4, …."""
LARGE = 10.0
"""From here on the series is exact to a float's last digit."""


def excess(counts: Array) -> Array:
    """Give h(x) = psi(x + 1) - ln(x) of each x > 0, in nats.

    It falls to 0 as 1 / (2 x), so what one more count teaches fades. Of small x it is the
    sum of a recurrence, psi(x + 1) = psi(x + 2) - 1 / (x + 1), up to LARGE.

    Source: Abramowitz and Stegun (1964), 6.3.5 and 6.3.18.
    """
    shifted, steps = np.array(counts, np.float64), np.zeros(np.shape(counts))
    for _ in range(int(LARGE)):
        small = shifted < LARGE
        shifted = np.where(small, shifted + 1.0, shifted)
        steps += np.where(small, 1.0 / shifted, 0.0)
    square, tail = 1.0 / (shifted * shifted), np.zeros(np.shape(counts))
    for coefficient in reversed(SERIES):
        tail = (tail + coefficient) * square
    result: Array = 0.5 / shifted - tail + np.log(shifted / counts) - steps
    return result
