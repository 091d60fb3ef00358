"""How learners plan, as functions that numba compiles; imported by numba_learner alone.

They take whole arrays and the number of a row, and loop in one order, for the reasons given
in ``kernels/native.py``.
"""

# ruff: noqa: PLR0917  compiled functions take no keywords

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels.compiler import native
from ..matrices import EPSILON, NEGLIGIBLE, Array, Indices

Laid = tuple[Any, ...]
"""See ``Concentrations.laid`` and ``Parameters.arrays``."""


@native
def look(shared: Laid, arrays: Laid, row: int, eyes: Array) -> None:
    """Gather what each state shows, what that would teach, and its ambiguity, side by side."""
    modalities, n_states = shared[0], len(eyes)
    likelihoods, ambiguity, worth = arrays[0], arrays[1], arrays[4]
    n_outcomes = likelihoods.shape[1] // n_states
    for outcome in range(n_outcomes):
        for state in range(n_states):
            eyes[state, outcome] = likelihoods[row, outcome * n_states + state]
            eyes[state, n_outcomes + outcome] = worth[row, outcome * n_states + state]
    for state in range(n_states):
        total = 0.0
        for m in range(len(modalities)):
            total += ambiguity[row, modalities[m, 3] + state]
        eyes[state, 2 * n_outcomes] = total


@native
def tell(beliefs: Array, held: Indices) -> int:
    """List the states that any prefix leads to; give how many there are."""
    count = 0
    for state in range(len(beliefs)):
        for lane in range(beliefs.shape[1]):
            if beliefs[state, lane] != 0.0:
                held[count] = state
                count += 1
                break
    return count


@native
def walk(
    shared: Laid, arrays: Laid, row: int, action: int, now: Array, then: Array, taught: Array
) -> None:
    """Roll the beliefs of all prefixes of one length one action deeper.

    Prefixes lie side by side, so that each step is the same for a run of numbers. What the
    move itself would teach of each state that it may lead to goes to ``taught``.
    """
    following, width, transitions, worth = shared[3], shared[2][0, 2], arrays[5], arrays[8]
    (n_states, n), curious = now.shape, shared[7][8] > 0.0
    for state in range(n_states):
        for lane in range(n):
            then[state, lane] = 0.0
            taught[state, lane] = 0.0
    for state in range(n_states):
        mass = 0.0
        for lane in range(n):
            mass = max(mass, now[state, lane])
        if mass == 0.0:
            continue
        first = (action * n_states + state) * width
        for at in range(first, first + width):
            target, chance, news = following[at], transitions[row, at], worth[row, at]
            for lane in range(n):
                then[target, lane] += chance * now[state, lane]
            if curious:
                for lane in range(n):
                    taught[target, lane] += news * now[state, lane]


@native
def expect(beliefs: Array, held: Indices, count: int, eyes: Array, expected: Array) -> None:
    """Add up what the states of each prefix show, each weighted with its belief."""
    width, n = expected.shape
    for column in range(width):
        for lane in range(n):
            expected[column, lane] = 0.0
    # Four at a time, so that results are loaded and stored a fourth as often.
    fours = count // 4 * 4
    for place in range(0, fours, 4):
        p, q, r, s = held[place], held[place + 1], held[place + 2], held[place + 3]
        for column in range(width):
            a, b, c, d = eyes[p, column], eyes[q, column], eyes[r, column], eyes[s, column]
            for lane in range(n):
                half = (expected[column, lane] + a * beliefs[p, lane]) + b * beliefs[q, lane]
                expected[column, lane] = (half + c * beliefs[r, lane]) + d * beliefs[s, lane]
    for place in range(fours, count):
        state = held[place]
        for column in range(width):
            for lane in range(n):
                expected[column, lane] += eyes[state, column] * beliefs[state, lane]


@native
def rate(expected: Array, wanted: Array, k: int, explores: Any, values: Array) -> None:
    """Add to the values of prefixes what is expected at their ends, nats."""
    n_outcomes = wanted.shape[1]
    for lane in range(len(values)):
        total = 0.0
        for outcome in range(n_outcomes):
            chance = expected[outcome, lane]
            gain = wanted[k, outcome] + expected[n_outcomes + outcome, lane]
            if explores and chance > 0.0:
                gain -= math.log(max(chance, EPSILON))
            total += gain * chance
        if explores:
            total -= expected[2 * n_outcomes, lane]
        values[lane] += total


@native
def deepen(
    shared: Laid, arrays: Laid, row: int, now: Array, sums: Array, work: Laid, wanted: Array, k: int
) -> tuple[Array, Array]:
    """Give the beliefs and values of all prefixes that are one action longer.

    The longer prefixes are ordered by their last action, then as those that they prolong.
    """
    eyes, n_actions, explores = work
    (n_states, n), curious = now.shape, shared[7][8] > 0.0
    after, values = np.empty((n_states, n * n_actions)), np.empty(n * n_actions)
    then, taught, held = (
        np.empty((n_states, n)),
        np.empty((n_states, n)),
        np.empty(n_states, np.int64),
    )
    expected, own = np.empty((eyes.shape[1], n)), np.empty(n)
    for action in range(n_actions):
        walk(shared, arrays, row, action, now, then, taught)
        count = tell(then, held)
        expect(then, held, count, eyes, expected)
        for lane in range(n):
            own[lane] = 0.0
        if curious:
            for state in range(n_states):
                for lane in range(n):
                    own[lane] += then[state, lane] * taught[state, lane]
        rate(expected, wanted, k, explores, own)
        for lane in range(n):
            values[action * n + lane] = sums[lane] + own[lane]
        for state in range(n_states):
            for lane in range(n):
                after[state, action * n + lane] = then[state, lane]
    return after, values


@native
def score(
    shared: Laid,
    arrays: Laid,
    row: int,
    start: Array,
    wanted: Array,
    k: int,
    work: Laid,
    length: int,
) -> Array:
    """Score all policies of one agent, in the order of ``deepen``."""
    look(shared, arrays, row, work[0])
    now, sums = np.zeros((start.shape[1], 1)), np.zeros(1)
    for state in range(start.shape[1]):
        if start[k, state] > NEGLIGIBLE:
            now[state, 0] = start[k, state]
    for _ in range(length):
        now, sums = deepen(shared, arrays, row, now, sums, work, wanted, k)
    return sums


@native
def sort(sums: Array, n_actions: int, length: int, scores: Array, k: int) -> None:
    """Bring scores from the order of ``deepen`` to that of policies, the first action slowest."""
    for policy in range(len(sums)):
        left, place = policy, 0
        for _ in range(length):
            place = place * n_actions + left % n_actions
            left //= n_actions
        scores[k, place] = sums[policy]


@native
def weigh(
    scores: Array, gamma: float, habits: Array, chances: Array, actions: Array, k: int
) -> None:
    """Turn scores into chances of policies and of first actions."""
    n_policies, n_actions, highest, total = len(habits), actions.shape[1], -np.inf, 0.0
    for policy in range(n_policies):
        highest = max(highest, gamma * scores[k, policy] + habits[policy])
    for policy in range(n_policies):
        logit = gamma * scores[k, policy] + habits[policy]
        chances[k, policy] = math.exp(logit - highest)
        total += chances[k, policy]
    for policy in range(n_policies):
        chances[k, policy] /= total
        actions[k, policy // (n_policies // n_actions)] += chances[k, policy]


@native
def plan(
    shared: Laid,
    arrays: Laid,
    who: Indices,
    now: Array,
    gamma: Array,
    wanted: Array,
    rest: Laid,
) -> tuple[Array, Array, Array]:
    """Score all policies of agents; what is wanted has a row for each."""
    habits, n_actions, length, explores = rest
    n, n_states, n_policies = len(who), now.shape[1], len(habits)
    scores, chances = np.empty((n, n_policies)), np.empty((n, n_policies))
    actions, width = np.zeros((n, n_actions)), 2 * wanted.shape[1] + 1
    eyes = np.zeros((n_states, width))
    for k in range(n):
        work = (eyes, n_actions, explores)
        sums = score(shared, arrays, who[k], now, wanted, k, work, length)
        sort(sums, n_actions, length, scores, k)
        weigh(scores, gamma[k], habits, chances, actions, k)
    return scores, chances, actions
