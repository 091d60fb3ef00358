"""The inference of agents as functions that numba compiles; imported by numba_kernel alone.

They take whole arrays and the number of a row, not views of rows: to make a view or to
unpack a tuple is to count a reference, in memory that all threads would then fight over.
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
from .compiler import native
from .numpy_kernel import TINY
from .rows import START

WALL, GOAL = 1, 2  # see explorer_crowd
MOST = 0.6
"""Who believes this much in one state believes less in any other: none need be compared."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)

Laid = tuple[Any, ...]
"""See ``Compiled.laid``."""
Flags = npt.NDArray[np.bool_]


@native
def multiply(weights: Array, own: int, rows: Array, first: int, result: Array, row: int) -> None:
    """Write a row of weights @ rows from the first on, added up from first to last."""
    n, width = weights.shape[1], result.shape[1]
    fours = n // 4 * 4
    for i in range(width):
        result[row, i] = 0.0
    # Four at a time, so that results are loaded and stored a fourth as often; each is still
    # added up in the order of the weights.
    for k in range(0, fours, 4):
        a, b = weights[own, k], weights[own, k + 1]
        c, d = weights[own, k + 2], weights[own, k + 3]
        at = first + k
        for i in range(width):
            half = (result[row, i] + a * rows[at, i]) + b * rows[at + 1, i]
            result[row, i] = (half + c * rows[at + 2, i]) + d * rows[at + 3, i]
    for k in range(fours, n):
        for i in range(width):
            result[row, i] += weights[own, k] * rows[first + k, i]


@native
def move(
    action: int, beliefs: Array, row: int, then: Array, following: Indices, transitions: Array
) -> None:
    """Predict what follows an action, in place; ``then`` is scratch."""
    n_states = beliefs.shape[1]
    for state in range(n_states):
        then[0, state] = beliefs[row, state]
    if len(following) == 0:
        multiply(then, 0, transitions, action * n_states, beliefs, row)
        return
    for state in range(n_states):
        beliefs[row, state] = 0.0
    for state in range(n_states):
        beliefs[row, following[action, state]] += then[0, state]


@native
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


@native
def expect(beliefs: Array, row: int, columns: Array, targets: Indices, values: Array) -> None:
    """Fill in the columns of a sparse outlook, weighted with beliefs."""
    for column in range(columns.shape[1]):
        columns[0, column] = 0.0
    for state in range(beliefs.shape[1]):
        weight = beliefs[row, state]
        if weight > NEGLIGIBLE:
            for entry in range(targets.shape[1]):
                columns[0, targets[state, entry]] += values[state, entry] * weight


@native
def value(columns: Array, preferences: Array, row: int, values: Array) -> None:
    """Turn columns of the outlook into the value of each distinct prefix, nats."""
    n_outcomes, n_operators = preferences.shape[1], len(values)
    for operator in range(n_operators):
        total = 0.0
        for outcome in range(n_outcomes):
            chance = columns[0, operator * n_outcomes + outcome]
            if chance != 0.0:  # what is impossible adds nothing
                gain = preferences[row, outcome] - math.log(max(chance, EPSILON))
                total += gain * chance
        values[operator] = total - columns[0, n_operators * n_outcomes + operator]


@native
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
                gain = preferences[row, outcome] - math.log(max(chance, EPSILON))
                total += gain * chance
        worth[operator] = total - values[state, last] * weight


@native
def only_one(beliefs: Array, row: int) -> int:
    """Give the state that alone is believed in; -1 if there are several."""
    n_believed, last = 0, -1
    for state in range(beliefs.shape[1]):
        if beliefs[row, state] > NEGLIGIBLE:
            n_believed, last = n_believed + 1, state
    return last if n_believed == 1 else -1


@native
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


@native
def best(chances: Array, row: int) -> int:
    """Give what is most probable, an action or a state; of equals, the first."""
    highest = chances[row, 0]
    for place in range(chances.shape[1]):
        highest = max(highest, chances[row, place])
    chosen = 0
    while chances[row, chosen] < highest - TIE:
        chosen += 1
    return chosen


@native
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


@native
def uniform(stream: Any, step: Any) -> float:
    """Give what ``chance.uniform`` gives for draw 0 of a step."""
    counter = (np.uint64(step) << np.uint64(8)) + np.uint64(1)
    z = stream + counter * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@native
def believe(
    model: Laid, beliefs: Array, row: int, then: Array, given: Laid, k: int, seeing: Any
) -> float:
    """Bring one agent's beliefs up to date, in place: moves, then, if due, outcomes.

    Returns:
        How surprising the outcomes were, in nats; NaN if they were not due.
    """
    start, following, transitions, likelihood, offsets = model[:5]
    observations, moves, ends = given
    for at in range(ends[k - 1] if k else 0, ends[k]):
        if moves[at] == START:
            for state in range(len(start)):
                beliefs[row, state] = start[state]
        else:
            move(moves[at], beliefs, row, then, following, transitions)
    if seeing:
        return see(beliefs, row, then, observations, k, likelihood, offsets)
    return np.nan


@native
def score(model: Laid, beliefs: Array, row: int, wanted: Array, own: int, scratch: Laid) -> None:
    """Give the value of each distinct prefix to one agent, nats."""
    rows, targets, values = model[5:8]
    columns, worth = scratch
    if len(rows):
        multiply(beliefs, row, rows, 0, columns, 0)
    else:
        only = only_one(beliefs, row)
        if only >= 0:
            value_of_one(only, beliefs[row, only], targets, values, wanted, own, worth)
            return
        expect(beliefs, row, columns, targets, values)
    value(columns, wanted, own, worth)


@native
def infer(model: Laid, beliefs: Array, seeing: Flags, given: Laid) -> tuple[Array, Array]:
    """Give what agents believe after their moves and, where it is due, observations.

    Returns:
        Beliefs, and how surprising the observations were.
    """
    after, then = beliefs.copy(), np.empty((1, beliefs.shape[1]))
    surprise = np.empty(len(beliefs))
    for k in range(len(beliefs)):
        surprise[k] = believe(model, after, k, then, given, k, seeing[k])
    return after, surprise


@native
def plan(
    model: Laid, n_actions: int, beliefs: Array, gamma: Array, wanted: Array
) -> tuple[Array, Array, Array]:
    """Score all policies of agents; what is wanted has a row for each, or one for all."""
    prefixes, worth = model[8], np.empty(model[9])
    columns = np.empty((1, max(model[5].shape[1], len(worth) * (wanted.shape[1] + 1))))
    n, n_policies = len(beliefs), prefixes.shape[1]
    scores, chances = np.empty((n, n_policies)), np.empty((n, n_policies))
    actions, each = np.empty((n, n_actions)), 0 if len(wanted) == 1 else 1
    for k in range(n):
        score(model, beliefs, k, wanted, each * k, (columns, worth))
        weigh(worth, prefixes, gamma[k], scores, chances, actions, k)
    return scores, chances, actions


@native
def choose(actions: Array, greedy: Flags, alpha: Array, stream: Any, step: Indices) -> Indices:
    """Choose an action of each agent; writes over the chances that it is given."""
    chosen = np.empty(len(actions), np.int64)
    for k in range(len(actions)):
        if greedy[k]:
            chosen[k] = best(actions, k)
        else:
            chosen[k] = draw(actions, k, alpha[k], uniform(stream[k], step[k]))
    return chosen


@native
def act(model: Laid, n_actions: int, arrays: Laid, who: Indices, given: Laid) -> Indices:
    """Infer, choose, and end the step, in place; bit for bit the same as one by one."""
    beliefs, gamma, alpha, interval, greedy, step, stream, surprise = arrays
    prefixes, worth, wanted = model[8], np.empty(model[9]), model[10]
    columns = np.empty((1, max(model[5].shape[1], len(worth) * (wanted.shape[1] + 1))))
    then, n_policies = np.empty((1, beliefs.shape[1])), prefixes.shape[1]
    scores, chances = np.empty((1, n_policies)), np.empty((1, n_policies))
    actions, chosen = np.empty((1, n_actions)), np.empty(len(who), np.int64)
    for k in range(len(who)):
        row = who[k]
        seeing = step[row] % interval[row] == 0
        surprise[row] = believe(model, beliefs, row, then, given, k, seeing)
        score(model, beliefs, row, wanted, 0, (columns, worth))
        weigh(worth, prefixes, gamma[row], scores, chances, actions, 0)
        if greedy[row]:
            chosen[k] = best(actions, 0)
        else:
            chosen[k] = draw(actions, 0, alpha[row], uniform(stream[row], step[row]))
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
    beliefs, gamma, alpha, interval, greedy, step, stream, surprise = arrays
    prefixes, worth, n_outcomes = model[8], np.empty(model[9]), model[3].shape[0]
    columns = np.empty((1, max(model[5].shape[1], len(worth) * (n_outcomes + 1))))
    then, wanted = np.empty((1, beliefs.shape[1])), np.empty((1, n_outcomes))
    scores, chances = np.empty((1, prefixes.shape[1])), np.empty((1, prefixes.shape[1]))
    actions, chosen = np.empty((1, n_actions)), np.empty(len(who), np.int64)
    codes, moves, ends = given
    beside, first = terrain[5:7]
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
        seeing = step[row] % interval[row] == 0
        told = (seen, moves, ends)
        surprise[row] = believe(model, beliefs, row, then, told, k, seeing)
        remember(memories, row, beliefs, row, codes, k, terrain)
        prefer(memories, row, beliefs, row, terrain, wanted, 0)
        score(model, beliefs, row, wanted, 0, (columns, worth))
        weigh(worth, prefixes, gamma[row], scores, chances, actions, 0)
        if greedy[row]:
            chosen[k] = best(actions, 0)
        else:
            chosen[k] = draw(actions, 0, alpha[row], uniform(stream[row], step[row]))
        step[row] += 1
    return chosen
