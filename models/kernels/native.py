"""The inference of agents as functions that numba compiles; imported by numba_kernel alone.

They take whole arrays and the number of a row, not views of rows or tuples of arrays: to make
a view or to unpack a tuple is to count a reference, and what is called for one agent would
do that again for each; so ``act`` and ``explore`` unpack what they are ``lent``, once for all.
Loops run over states, outcomes and policies in the order in which the reference kernel adds
them up. All of it stands in one file, since numba looks at the file of a function alone
to see whether what it keeps on disk is outdated.
"""

# ruff: noqa: PLR0917  compiled functions take no keywords

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..matrices import EPSILON, NEGLIGIBLE, Array, Indices
from ..policies import TIE
from .compiled import FAINT
from .compiler import inlined, native, uncounted
from .numpy_kernel import TINY
from .rows import START

WALL, GOAL = 1, 2  # see explorer_crowd
MOST = 0.6
"""Who believes this much in one state believes less in any other: none need be compared."""

lent = uncounted()
_LN_2 = math.log(2.0)
_ROOT_OF_HALF = np.float64(math.sqrt(0.5)).view(np.int64)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)

Laid = tuple[Any, ...]
"""See ``Compiled.laid``."""
Flags = npt.NDArray[np.bool_]


@inlined
def logarithm(x: float) -> float:
    """Give ln x of a normal float, to 1e-15 of itself or of 1; several at a time in a loop.

    With x = m * 2**k and m between the roots of 1/2 and 2, ln m is 2 artanh((m - 1) / (m + 1)),
    of whose series eleven terms are enough.
    """
    bits = np.float64(x).view(np.int64)
    k = (bits - _ROOT_OF_HALF) >> np.int64(52)
    m = np.int64(bits - (k << np.int64(52))).view(np.float64)
    ratio = (m - 1.0) / (m + 1.0)
    square = ratio * ratio
    rest = square * (1 / 21) + 1 / 19
    for odd in (17, 15, 13, 11, 9, 7, 5, 3):
        rest = rest * square + 1 / odd
    return k * _LN_2 + (2.0 * ratio + 2.0 * ratio * square * rest)


@inlined
def believed(weights: Array, own: int, least: float, listed: Indices) -> int:
    """List the states with more weight than that, ascending; give how many."""
    n = 0
    for state in range(weights.shape[1]):
        if weights[own, state] > least:
            listed[n] = state
            n += 1
    return n


@inlined
def multiply(
    weights: Array, own: int, listed: Indices, n: int, rows: Array, first: int, result: Array
) -> None:
    """Add up n listed rows from the first on, each by its weight, in the order of the list."""
    width, fours = result.shape[1], n // 4 * 4
    for i in range(width):
        result[0, i] = 0.0
    # Four at a time, so that results are loaded and stored a fourth as often; each is still
    # added up in the order of the list.
    for k in range(0, fours, 4):
        p, q, r, s = listed[k], listed[k + 1], listed[k + 2], listed[k + 3]
        a, b, c, d = weights[own, p], weights[own, q], weights[own, r], weights[own, s]
        p, q, r, s = first + p, first + q, first + r, first + s
        for i in range(width):
            half = (result[0, i] + a * rows[p, i]) + b * rows[q, i]
            result[0, i] = (half + c * rows[r, i]) + d * rows[s, i]
    for k in range(fours, n):
        a, p = weights[own, listed[k]], first + listed[k]
        for i in range(width):
            result[0, i] += a * rows[p, i]


@inlined
def move(
    action: int,
    beliefs: Array,
    row: int,
    then: Array,
    listed: Indices,
    following: Indices,
    transitions: Array,
) -> None:
    """Predict what follows an action, in place; ``then`` and ``listed`` are scratch."""
    n_states = beliefs.shape[1]
    if len(following) == 0:
        n = believed(beliefs, row, 0.0, listed)
        multiply(beliefs, row, listed, n, transitions, action * n_states, then)
    else:
        for state in range(n_states):
            then[0, state] = 0.0
        for state in range(n_states):
            # What is unsigned need not be looked at whether it counts from the end.
            then[0, np.uintp(following[action, state])] += beliefs[row, state]
    for state in range(n_states):
        beliefs[row, state] = then[0, state]


@inlined
def see(
    beliefs: Array, row: int, joint: Array, seen: Indices, k: int, chances: Array, offsets: Indices
) -> float:
    """Turn a prior into the posterior, in place; ``joint`` is scratch. Give the surprise."""
    for state in range(joint.shape[1]):
        joint[0, state] = max(beliefs[row, state], EPSILON)
    for m in range(len(offsets)):
        outcome = offsets[m] + seen[k, m]
        for state in range(joint.shape[1]):
            joint[0, state] *= chances[outcome, state]
    total = 0.0
    for state in range(joint.shape[1]):
        total += joint[0, state]
    shift = 0.0
    if total < TINY:  # so many unlikely outcomes that the product has lost its digits
        total, shift = recover(beliefs, row, joint, seen, k, chances, offsets)
    for state in range(joint.shape[1]):
        beliefs[row, state] = joint[0, state] / total
    return -(math.log(total) + shift)


@native
def recover(
    beliefs: Array, row: int, joint: Array, seen: Indices, k: int, chances: Array, offsets: Indices
) -> tuple[float, float]:
    """Fill in the joint by its logarithms; give what it sums to, and what was taken off them."""
    highest = -np.inf
    for state in range(joint.shape[1]):
        joint[0, state] = math.log(max(beliefs[row, state], EPSILON))
        for m in range(len(offsets)):
            joint[0, state] += math.log(chances[offsets[m] + seen[k, m], state])
        highest = max(highest, joint[0, state])
    total = 0.0
    for state in range(joint.shape[1]):
        joint[0, state] = math.exp(joint[0, state] - highest)
        total += joint[0, state]
    return total, highest


@inlined
def expect(
    beliefs: Array,
    row: int,
    listed: Indices,
    n: int,
    columns: Array,
    targets: Indices,
    values: Array,
) -> None:
    """Fill in the columns of a sparse outlook, weighted with n beliefs."""
    for column in range(columns.shape[1]):
        columns[0, column] = 0.0
    for k in range(n):
        state = listed[k]
        weight = beliefs[row, state]
        for entry in range(targets.shape[1]):
            columns[0, targets[state, entry]] += values[state, entry] * weight


@inlined
def value(columns: Array, logs: Array, preferences: Array, row: int, values: Array) -> None:
    """Turn columns of the outlook into the value of each distinct prefix, nats."""
    n_outcomes, n_operators = preferences.shape[1], len(values)
    for operator in range(n_operators):
        total = 0.0
        for outcome in range(n_outcomes):
            at = operator * n_outcomes + outcome
            if columns[0, at] != 0.0:  # what is impossible adds nothing
                total += (preferences[row, outcome] - logs[0, at]) * columns[0, at]
        values[operator] = total - columns[0, n_operators * n_outcomes + operator]


@inlined
def value_of_one(
    state: int,
    weight: float,
    targets: Indices,
    values: Array,
    preferences: Array,
    row: int,
    worth: Array,
) -> None:
    """As ``expect`` and ``value`` where one state alone is believed in, to the same bits.

    It needs no columns: entries of a state stand prefix by prefix, its possible outcomes
    ascending and then its ambiguity, as ``Compiled`` lists them.
    """
    n_outcomes, each = preferences.shape[1], targets.shape[1] // len(worth)
    for operator in range(len(worth)):
        total, last = 0.0, (operator + 1) * each - 1
        for entry in range(operator * each, last):
            chance = values[state, entry] * weight
            if chance != 0.0:
                outcome = targets[state, entry] - operator * n_outcomes
                gain = preferences[row, outcome] - logarithm(max(chance, EPSILON))
                total += gain * chance
        worth[operator] = total - values[state, last] * weight


@inlined
def weigh(
    values: Array,
    prefixes: Indices,
    gamma: float,
    neg_efe: Array,
    chances: Array,
    actions: Array,
    row: int,
) -> None:
    """Turn the value of each distinct prefix into chances of policies and first actions."""
    length, n_policies = prefixes.shape
    highest = -np.inf
    for policy in range(n_policies):
        score = values[prefixes[0, policy]]
        for depth in range(1, length):
            score += values[prefixes[depth, policy]]
        neg_efe[row, policy] = score
        highest = max(highest, gamma * score)
    total = 0.0
    for policy in range(n_policies):
        chances[row, policy] = math.exp(gamma * neg_efe[row, policy] - highest)
        total += chances[row, policy]
    each = n_policies // actions.shape[1]
    for action in range(actions.shape[1]):
        chance = 0.0
        for policy in range(action * each, (action + 1) * each):
            chances[row, policy] /= total
            chance += chances[row, policy]
        actions[row, action] = chance


@inlined
def best(chances: Array, row: int) -> int:
    """Give what is most probable, an action or a state; of equals, the first."""
    highest = chances[row, 0]
    for place in range(chances.shape[1]):
        highest = max(highest, chances[row, place])
    chosen = 0
    while chances[row, chosen] < highest - TIE:
        chosen += 1
    return chosen


@inlined
def draw(actions: Array, row: int, alpha: float, uniform: float) -> int:
    """Draw an action with precision alpha; leaves running sums of weights in actions."""
    n_actions, highest = actions.shape[1], -np.inf
    for action in range(n_actions):
        actions[row, action] = alpha * math.log(max(actions[row, action], EPSILON))
        highest = max(highest, actions[row, action])
    total = 0.0
    for action in range(n_actions):
        total += math.exp(actions[row, action] - highest)
        actions[row, action] = total
    aim, chosen = uniform * total, 0
    while chosen < n_actions - 1 and actions[row, chosen] <= aim:
        chosen += 1
    return chosen


@inlined
def uniform(stream: Any, step: Any) -> float:
    """Give what ``chance.uniform`` gives for draw 0 of a step."""
    counter = (np.uint64(step) << np.uint64(8)) + np.uint64(1)
    z = stream + counter * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@inlined
def pick(actions: Array, row: int, greedy: Any, alpha: float, stream: Any, step: Any) -> int:
    """Choose an action; writes over the chances that it is given."""
    if greedy:
        return best(actions, row)
    return draw(actions, row, alpha, uniform(stream, step))


@inlined
def follow(
    beliefs: Array,
    row: int,
    then: Array,
    listed: Indices,
    start: Array,
    following: Indices,
    transitions: Array,
    moves: Indices,
    ends: Indices,
    k: int,
) -> None:
    """Predict what follows the moves of the k-th agent of a turn, in place."""
    for at in range(ends[k - 1] if k else 0, ends[k]):
        if moves[at] == START:
            for state in range(len(start)):
                beliefs[row, state] = start[state]
        else:
            move(moves[at], beliefs, row, then, listed, following, transitions)


@inlined
def score(
    beliefs: Array,
    row: int,
    listed: Indices,
    rows: Array,
    targets: Indices,
    values: Array,
    wanted: Array,
    own: int,
    columns: Array,
    logs: Array,
    worth: Array,
) -> None:
    """Give the value of each distinct prefix to one agent, nats; the last three are written."""
    n = believed(beliefs, row, FAINT, listed)
    if len(rows):
        multiply(beliefs, row, listed, n, rows, 0, columns)
        for i in range(columns.shape[1]):
            logs[0, i] = logarithm(max(columns[0, i], EPSILON))
    elif n == 1:
        value_of_one(listed[0], beliefs[row, listed[0]], targets, values, wanted, own, worth)
        return
    else:
        expect(beliefs, row, listed, n, columns, targets, values)
        for i in range(columns.shape[1]):
            if columns[0, i] != 0.0:  # most are impossible
                logs[0, i] = logarithm(max(columns[0, i], EPSILON))
    value(columns, logs, wanted, own, worth)


@native
def infer(model: Laid, beliefs: Array, seeing: Flags, given: Laid) -> tuple[Array, Array]:
    """Give what agents believe after their moves and, where it is due, observations.

    Returns:
        Beliefs, and how surprising the observations were; NaN where they were not due.
    """
    start, following, transitions, likelihood, offsets = model[:5]
    observations, moves, ends = given
    after, surprise = beliefs.copy(), np.full(len(beliefs), np.nan)
    then, listed = np.empty((1, beliefs.shape[1])), np.empty(beliefs.shape[1], np.int64)
    for k in range(len(beliefs)):
        follow(after, k, then, listed, start, following, transitions, moves, ends, k)
        if seeing[k]:
            surprise[k] = see(after, k, then, observations, k, likelihood, offsets)
    return after, surprise


@native
def plan(
    model: Laid, n_actions: int, beliefs: Array, gamma: Array, wanted: Array
) -> tuple[Array, Array, Array]:
    """Score all policies of agents; what is wanted has a row for each, or one for all."""
    rows, targets, values, prefixes, n_operators = model[5:10]
    worth = np.empty(n_operators)
    columns = np.empty((1, max(rows.shape[1], len(worth) * (wanted.shape[1] + 1))))
    listed, logs = np.empty(beliefs.shape[1], np.int64), np.empty_like(columns)
    n, n_policies = len(beliefs), prefixes.shape[1]
    scores, chances = np.empty((n, n_policies)), np.empty((n, n_policies))
    actions, each = np.empty((n, n_actions)), 0 if len(wanted) == 1 else 1
    for k in range(n):
        score(beliefs, k, listed, rows, targets, values, wanted, each * k, columns, logs, worth)
        weigh(worth, prefixes, gamma[k], scores, chances, actions, k)
    return scores, chances, actions


@native
def choose(actions: Array, greedy: Flags, alpha: Array, stream: Any, step: Indices) -> Indices:
    """Choose an action of each agent; writes over the chances that it is given."""
    chosen = np.empty(len(actions), np.int64)
    for k in range(len(actions)):
        chosen[k] = pick(actions, k, greedy[k], alpha[k], stream[k], step[k])
    return chosen


@native
def act(model: Laid, n_actions: int, arrays: Laid, who: Indices, given: Laid) -> Indices:
    """Infer, choose, and end the step, in place; bit for bit the same as one by one."""
    beliefs, gamma, alpha, interval, greedy, step, stream, surprise = lent(arrays)
    start, following, transitions, likelihood, offsets = lent(model[:5])
    rows, targets, values, prefixes, n_operators, wanted = lent(model[5:])
    observations, moves, ends = lent(given)
    worth = np.empty(n_operators)
    columns = np.empty((1, max(rows.shape[1], len(worth) * (wanted.shape[1] + 1))))
    then, listed = np.empty((1, beliefs.shape[1])), np.empty(beliefs.shape[1], np.int64)
    logs, scores = np.empty_like(columns), np.empty((1, prefixes.shape[1]))
    chances, actions = np.empty_like(scores), np.empty((1, n_actions))
    chosen = np.empty(len(who), np.int64)
    for k in range(len(who)):
        row = who[k]
        follow(beliefs, row, then, listed, start, following, transitions, moves, ends, k)
        surprise[row] = np.nan
        if step[row] % interval[row] == 0:
            surprise[row] = see(beliefs, row, then, observations, k, likelihood, offsets)
        score(beliefs, row, listed, rows, targets, values, wanted, 0, columns, logs, worth)
        weigh(worth, prefixes, gamma[row], scores, chances, actions, 0)
        chosen[k] = pick(actions, 0, greedy[row], alpha[row], stream[row], step[row])
        step[row] += 1
    return chosen


# Explorers: what they would like to observe depends on the goals that they remember.


@native
def likeliest(beliefs: Array, row: int) -> int:
    """Give where one most probably stands; of equal states, the first."""
    for state in range(beliefs.shape[1]):
        if beliefs[row, state] > MOST:
            return state
    return best(beliefs, row)


@native
def remember(
    memories: Array, row: int, beliefs: Array, own: int, codes: Indices, k: int, terrain: Laid
) -> None:
    """Fade, then write what a window shows where one most probably stands; in place."""
    window, renewal, kept = terrain[:3]
    here = likeliest(beliefs, own)
    for cell in range(memories.shape[1]):
        memories[row, cell] = memories[row, cell] * kept + renewal[cell]
    for place in range(window.shape[1]):
        memories[row, window[here, place]] = 1.0 if codes[k, 1 + place] == GOAL else 0.0


@native
def strongest(memories: Array, row: int, pull: Array, cell: int) -> float:
    """Give how much the goal draws that draws most; none draws less than nothing."""
    # From 0 on, numbers are in the order of their bits; and the largest of whole numbers is
    # found several at a time, for which floats would have to be known not to be NaN.
    most = np.int64(0)
    for goal in range(pull.shape[1]):
        drawn = np.float64(pull[cell, goal] * memories[row, goal])
        most = max(most, drawn.view(np.int64))
    return np.int64(most).view(np.float64)


@native
def prefer(
    memories: Array, row: int, beliefs: Array, own: int, terrain: Laid, wanted: Array, k: int
) -> None:
    """Fill in what one would like to observe, where it may come to."""
    reach, pull = terrain[3:5]
    for outcome in range(wanted.shape[1]):
        wanted[k, outcome] = 0.0
    for state in range(beliefs.shape[1]):
        if beliefs[own, state] > NEGLIGIBLE:
            for place in range(reach.shape[1]):
                cell = reach[state, place]
                if cell >= 0 and wanted[k, cell] == 0.0:  # else another state led there
                    wanted[k, cell] = strongest(memories, row, pull, cell)


@native
def preferences(memories: Array, who: Indices, beliefs: Array, terrain: Laid, n: int) -> Array:
    """Give what these would like to observe; of n outcomes in all."""
    wanted = np.empty((len(who), n))
    for k in range(len(who)):
        prefer(memories, who[k], beliefs, k, terrain, wanted, k)
    return wanted


@native
def explore(
    model: Laid,
    n_actions: int,
    arrays: Laid,
    memories: Array,
    terrain: Laid,
    who: Indices,
    given: Laid,
) -> Indices:
    """As ``act``, for explorers; observations are a fix and the codes of a window."""
    beliefs, gamma, alpha, interval, greedy, step, stream, surprise = lent(arrays)
    start, following, transitions, likelihood, offsets = lent(model[:5])
    rows, targets, values, prefixes, n_operators, _ = lent(model[5:])
    memories, terrain, (codes, moves, ends) = lent((memories,))[0], lent(terrain), lent(given)
    beside, first = terrain[5:7]
    worth, n_outcomes = np.empty(n_operators), len(likelihood)
    columns = np.empty((1, max(rows.shape[1], len(worth) * (n_outcomes + 1))))
    then, listed = np.empty((1, beliefs.shape[1])), np.empty(beliefs.shape[1], np.int64)
    logs, scores = np.empty_like(columns), np.empty((1, prefixes.shape[1]))
    chances, actions = np.empty_like(scores), np.empty((1, n_actions))
    chosen, wanted = np.empty(len(who), np.int64), np.empty((1, n_outcomes))
    seen = np.empty((len(who), 2), np.int64)
    for k in range(len(who)):
        row = who[k]
        seen[k, 0], seen[k, 1] = codes[k, 0], 0
        for side in range(len(beside)):
            if codes[k, 1 + beside[side]] == WALL:
                seen[k, 1] += 1 << side
        for at in range(ends[k - 1] if k else 0, ends[k]):
            if moves[at] == START:
                for cell in range(memories.shape[1]):
                    memories[row, cell] = first[cell]
        follow(beliefs, row, then, listed, start, following, transitions, moves, ends, k)
        surprise[row] = np.nan
        if step[row] % interval[row] == 0:
            surprise[row] = see(beliefs, row, then, seen, k, likelihood, offsets)
        remember(memories, row, beliefs, row, codes, k, terrain)
        prefer(memories, row, beliefs, row, terrain, wanted, 0)
        score(beliefs, row, listed, rows, targets, values, wanted, 0, columns, logs, worth)
        weigh(worth, prefixes, gamma[row], scores, chances, actions, 0)
        chosen[k] = pick(actions, 0, greedy[row], alpha[row], stream[row], step[row])
        step[row] += 1
    return chosen
