"""How counts grow, as functions that numba compiles; imported by numba_rules alone.

They take whole arrays and the number of a row, and loop in one order, for the reasons given
in ``kernels/native.py``. A column is told by its first entry and the stride to the next.
"""

# ruff: noqa: PLR0917  compiled functions take no keywords

from __future__ import annotations

import math
from typing import Any

from ..kernels.compiler import native
from ..matrices import EPSILON, Array, Indices
from .excess import LARGE, SERIES
from .lesson import STILL

_SECOND, _FOURTH, _SIXTH, _EIGHTH, _TENTH, _TWELFTH, _FOURTEENTH = SERIES

Laid = tuple[Any, ...]
"""See ``Concentrations.laid``, ``Parameters.arrays`` and ``Lesson``."""


@native
def excess(count: float) -> float:
    """Give h of a count, as ``excess.excess`` does."""
    shifted, steps = count, 0.0
    while shifted < LARGE:
        shifted += 1.0
        steps += 1.0 / shifted
    s = 1.0 / (shifted * shifted)
    tail = (_TENTH + (_TWELFTH + _FOURTEENTH * s) * s) * s
    tail = (_SECOND + (_FOURTH + (_SIXTH + (_EIGHTH + tail) * s) * s) * s) * s
    result = 0.5 / shifted - tail
    if shifted > count:
        result += math.log(shifted / count) - steps
    return result


@native
def share(
    counts: Array, shares: Array, row: int, first: int, stride: int, n: int, floor: float
) -> None:
    """Turn the counts of a column into chances."""
    total = 0.0
    for i in range(n):
        total += max(counts[row, first + i * stride], floor)
    for i in range(n):
        at = first + i * stride
        shares[row, at] = max(counts[row, at], floor) / total


@native
def rate(
    counts: Array,
    own: Array,
    worth: Array,
    row: int,
    first: int,
    stride: int,
    n: int,
    floor: float,
) -> None:
    """Say what one more count at each place of a column would teach."""
    total = 0.0
    for i in range(n):
        total += max(counts[row, first + i * stride], floor)
    high = excess(max(total, EPSILON))
    for i in range(n):
        at = first + i * stride
        worth[row, at] = own[row, at] - high if counts[row, at] > 0.0 else 0.0


@native
def entropy(shares: Array, row: int, first: int, stride: int, n: int) -> float:
    """Give the entropy of a column, nats."""
    total = 0.0
    for i in range(n):
        chance = shares[row, first + i * stride]
        total += chance * math.log(max(chance, EPSILON))
    return -total


@native
def fade(
    counts: Array,
    own: Array,
    row: int,
    first: int,
    stride: int,
    n: int,
    prior: Array,
    left: float,
    curious: float,
) -> None:
    """Keep a share of what was learned of a column."""
    for i in range(n):
        at = first + i * stride
        counts[row, at] = prior[at] + left * (counts[row, at] - prior[at])
        if curious > 0.0:
            own[row, at] = excess(max(counts[row, at], EPSILON))


@native
def renew_outcomes(shared: Laid, arrays: Laid, row: int, m: int, c: int) -> None:
    """Renew what follows from the counts of one column of a modality."""
    modalities, learns, numbers = shared[0], shared[4], shared[7]
    shares, ambiguity, counts, own, worth = arrays[:5]
    first, n, stride = modalities[m, 0] + c, modalities[m, 1], modalities[m, 2]
    if numbers[8] > 0.0:
        rate(counts, own, worth, row, first, stride, n, numbers[6])
    if learns[m] and not arrays[11][row, 0]:
        share(counts, shares, row, first, stride, n, numbers[6])
    ambiguity[row, modalities[m, 3] + c] = entropy(shares, row, first, stride, n)


@native
def renew_moves(shared: Laid, arrays: Laid, row: int, f: int, place: int) -> None:
    """Renew what follows from the counts of one column of a factor; place is U, S flat."""
    factors, learns, numbers = shared[2], shared[5], shared[7]
    shares, counts, own, worth = arrays[5:9]
    n = factors[f, 2]
    first = factors[f, 0] + place * n
    if numbers[8] > 0.0:
        rate(counts, own, worth, row, first, 1, n, numbers[6])
    if learns[f] and not arrays[11][row, 1]:
        share(counts, shares, row, first, 1, n, numbers[6])


@native
def renew_starts(shared: Laid, arrays: Laid, row: int) -> None:
    """Renew D from its counts."""
    factors, numbers = shared[2], shared[7]
    for f in range(len(factors)):
        share(arrays[10], arrays[9], row, factors[f, 4], 1, factors[f, 1], numbers[6])


@native
def visit(parents: Indices, factors: Indices, m: int, c: int, beliefs: Array, k: int) -> float:
    """Give the joint belief in one column of a modality."""
    left, joint = c, 1.0
    for place in range(parents.shape[1] - 1, -1, -1):
        f = parents[m, place]
        if f >= 0:
            n_states = factors[f, 1]
            joint *= beliefs[k, factors[f, 4] + left % n_states]
            left //= n_states
    return joint


@native
def grow(
    counts: Array, own: Array, row: int, at: int, amount: float, floor: float, curious: float
) -> None:
    """Add to one count, unless it has to stay 0."""
    if counts[row, at] > 0.0 or floor > 0.0:
        counts[row, at] += amount
        if curious > 0.0:
            own[row, at] = excess(max(counts[row, at], EPSILON))


@native
def learn_outcomes(shared: Laid, arrays: Laid, lesson: Laid, k: int) -> None:
    """Learn A from one agent's observation."""
    modalities, parents, factors, _, learns, _, _, numbers, prior = shared[:9]
    counts, own, row = arrays[2], arrays[3], lesson[0][k]
    fresh, arrays[11][row, 0] = arrays[11][row, 0], arrays[11][row, 0] and not learns.any()
    for m in range(len(modalities)):
        if not learns[m]:
            continue
        first, n, stride = modalities[m, 0], modalities[m, 1], modalities[m, 2]
        at = first + lesson[2][k, m] * stride
        for c in range(stride):
            joint = visit(parents, factors, m, c, lesson[5], k)
            if joint > numbers[7]:
                if numbers[3] < 1.0:
                    left = 1.0 - joint * (1.0 - numbers[3])
                    fade(counts, own, row, first + c, stride, n, prior, left, numbers[8])
                grow(counts, own, row, at + c, numbers[0] * joint, numbers[6], numbers[8])
            if fresh or joint > numbers[7]:
                renew_outcomes(shared, arrays, row, m, c)


@native
def learn_moves(shared: Laid, arrays: Laid, lesson: Laid, k: int) -> None:
    """Learn B from one agent's last move."""
    factors, following, learns, numbers = shared[2], shared[3], shared[5], shared[7]
    prior = shared[9]
    counts, own, row, after = arrays[6], arrays[7], lesson[0][k], lesson[5]
    fresh, arrays[11][row, 1] = arrays[11][row, 1], arrays[11][row, 1] and not learns.any()
    for f in range(len(factors)):
        if not learns[f]:
            continue
        n_states, n, base = factors[f, 1], factors[f, 2], factors[f, 4]
        if fresh:
            for place in range(n_states * factors[f, 3]):
                renew_moves(shared, arrays, row, f, place)
        for state in range(n_states):
            joint = lesson[4][k, base + state]
            if joint > numbers[7]:
                place = lesson[3][k, f] * n_states + state
                first = factors[f, 0] + place * n
                if numbers[4] < 1.0:
                    left = 1.0 - joint * (1.0 - numbers[4])
                    fade(counts, own, row, first, 1, n, prior, left, numbers[8])
                for at in range(first, first + n):
                    arrived = after[k, base + following[at]]
                    if arrived > numbers[7]:
                        amount = numbers[1] * (arrived * joint)
                        grow(counts, own, row, at, amount, numbers[6], numbers[8])
                renew_moves(shared, arrays, row, f, place)


@native
def learn_starts(shared: Laid, arrays: Laid, lesson: Laid, k: int) -> None:
    """Learn D from where one agent believes its episode began."""
    numbers, prior, counts, row = shared[7], shared[10], arrays[10], lesson[0][k]
    arrays[11][row, 2] = False
    for at in range(counts.shape[1]):
        count = prior[at] + numbers[5] * (counts[row, at] - prior[at])
        if count > 0.0 or numbers[6] > 0.0:
            count += numbers[2] * lesson[5][k, at]
        counts[row, at] = count
    renew_starts(shared, arrays, row)


@native
def learn(shared: Laid, arrays: Laid, lesson: Laid) -> None:
    """Have each agent learn from what it experienced; see ``Lesson``."""
    for k in range(len(lesson[0])):
        if not lesson[1][k]:
            continue
        learn_outcomes(shared, arrays, lesson, k)
        known = True
        for f in range(lesson[3].shape[1]):
            known = known and lesson[3][k, f] != STILL
        if known:
            learn_moves(shared, arrays, lesson, k)
        if lesson[6][k] and shared[6][0]:
            learn_starts(shared, arrays, lesson, k)


@native
def derive(shared: Laid, arrays: Laid, row: int) -> None:
    """Fill in all that follows from the counts of a row."""
    modalities, factors, numbers = shared[0], shared[2], shared[7]
    if numbers[8] > 0.0:
        for at in range(arrays[2].shape[1]):
            arrays[3][row, at] = excess(max(arrays[2][row, at], EPSILON))
        for at in range(arrays[6].shape[1]):
            arrays[7][row, at] = excess(max(arrays[6][row, at], EPSILON))
    for m in range(len(modalities)):
        for c in range(modalities[m, 2]):
            renew_outcomes(shared, arrays, row, m, c)
    for f in range(len(factors)):
        for place in range(factors[f, 1] * factors[f, 3]):
            renew_moves(shared, arrays, row, f, place)
    if not arrays[11][row, 2]:
        renew_starts(shared, arrays, row)
