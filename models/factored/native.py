"""Inference about several factors as functions that numba compiles; see ``kernels.native``.

``model`` is what is laid out (``tuple(Tables)``), what is known (``Parameters.arrays``, of which
what all share has one row) and the most rounds of bringing beliefs in line; ``room`` is from
``make_room``. Loops add up in the order of the reference kernel. There is one way in, so that
everything is compiled once; and one file, since numba looks at the file of a function alone to
see whether what it keeps on disk is outdated.
"""

# ruff: noqa: PLR0917  compiled functions take no keywords

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels.compiler import native
from ..kernels.rows import START
from ..matrices import EPSILON, NEGLIGIBLE, Array, Indices
from ..policies import TIE
from .tables import (
    AT,
    BLUR_AT,
    CHANCES_AT,
    CONTROL,
    HELD_AT,
    JOINT,
    MOVES_AT,
    N_NODES,
    N_SEES,
    N_VIEWS,
    NODES,
    SEES_AT,
    SIZE,
    VIEWS,
)

FIXED, NOW, THEN, BELIEVED, TOLD = range(5)
"""Rows of ``work``, each as long as beliefs: ln of what is known but for what shows several
factors; ln of beliefs before and after a round; beliefs; what one outcome tells."""
LOOK, PLAN, KEEP, END = 1, 2, 4, 8
"""What ``act`` does: infer; plan and choose; keep all plans; end the step."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)

Laid = tuple[Any, ...]


@native
def mine(array: Array, row: int) -> int:
    """Give the row of an agent where each has its own, or all share one."""
    return row if len(array) > 1 else 0


@native
def predict(
    moves: Array,
    own: int,
    at: int,
    size: int,
    old: Array,
    k: int,
    here: int,
    new: Array,
    row: int,
    there: int,
) -> None:
    """Write what follows from the beliefs of one factor."""
    for state in range(size):
        new[row, there + state] = 0.0
    for state in range(size):
        weight = old[k, here + state]
        if weight != 0.0:  # what is impossible adds nothing
            for following in range(size):
                new[row, there + following] += weight * moves[own, at + state * size + following]


@native
def soften(factors: Indices, logs: Array, k: int, after: Array, row: int) -> float:
    """Turn logarithms into a distribution of each factor; give ln of what they summed to."""
    scale = 0.0
    for f in range(len(factors)):
        first = factors[f, AT]
        last, highest, total = first + factors[f, SIZE], -np.inf, 0.0
        for i in range(first, last):
            highest = max(highest, logs[k, i])
        for i in range(first, last):
            after[row, i] = math.exp(logs[k, i] - highest)
            total += after[row, i]
        for i in range(first, last):
            after[row, i] /= total
        scale += highest + math.log(total)
    return scale


@native
def join(model: Laid, m: int, here: Indices, source: Array, row: int, weights: Array) -> None:
    """Write the chances of a modality's joint states; ``here`` begin those of its factors."""
    factors, modalities, sees = model[0][:3]
    first, size = modalities[m, SEES_AT], 1
    weights[0] = 1.0
    for d in range(modalities[m, N_SEES]):
        width = factors[sees[first + d], SIZE]
        for i in range(size - 1, -1, -1):  # from the end on, to overwrite only what was read
            weight = weights[i]
            for j in range(width - 1, -1, -1):
                weights[i * width + j] = weight * source[row, here[d] + j]
        size *= width


@native
def tell(model: Laid, m: int, own: int, at: int, room: Laid) -> None:
    """Add to THEN what an outcome tells of each of several factors, given the others."""
    factors, modalities, sees = model[0][:3]
    logs, work, here = model[1][1], room[0], room[1]
    first, n = modalities[m, SEES_AT], modalities[m, N_SEES]
    for d in range(n):
        begin = factors[sees[first + d], AT]
        for i in range(begin, begin + factors[sees[first + d], SIZE]):
            work[TOLD, i] = 0.0
    for state in range(modalities[m, JOINT]):
        rest = state
        for d in range(n - 1, -1, -1):
            size = factors[sees[first + d], SIZE]
            here[d], rest = factors[sees[first + d], AT] + rest % size, rest // size
        for d in range(n):
            weight = 1.0
            for e in range(n):
                weight *= work[BELIEVED, here[e]] if e != d else 1.0
            work[TOLD, here[d]] += logs[own, at + state] * weight
    for d in range(n):
        begin = factors[sees[first + d], AT]
        for i in range(begin, begin + factors[sees[first + d], SIZE]):
            work[THEN, i] += work[TOLD, i]


@native
def tell_two(
    a: int, n_a: int, b: int, n_b: int, logs: Array, own: int, at: int, work: Array
) -> None:
    """Do what ``tell`` does for two factors, with less counting."""
    for j in range(b, b + n_b):
        work[TOLD, j] = 0.0
    for i in range(n_a):
        total, chance = 0.0, work[BELIEVED, a + i]
        for j in range(n_b):
            told = logs[own, at + i * n_b + j]
            total += told * work[BELIEVED, b + j]
            work[TOLD, b + j] += told * chance
        work[THEN, a + i] += total
    for j in range(b, b + n_b):
        work[THEN, j] += work[TOLD, j]


@native
def bring_in_line(model: Laid, own: int, seen: Indices, k: int, room: Laid) -> bool:
    """Do one round; give whether anything changed."""
    factors, modalities, sees = model[0][:3]
    logs, work = model[1][1], room[0]
    for i in range(work.shape[1]):
        work[THEN, i] = work[FIXED, i]
    for m in range(len(modalities)):
        n, first = modalities[m, N_SEES], modalities[m, SEES_AT]
        at = modalities[m, CHANCES_AT] + seen[k, m] * modalities[m, JOINT]
        if n == 2:
            f, g = sees[first], sees[first + 1]
            a, b = factors[f, AT], factors[g, AT]
            tell_two(a, factors[f, SIZE], b, factors[g, SIZE], logs, own, at, work)
        elif n > 2:
            tell(model, m, own, at, room)
    changed = False
    for i in range(work.shape[1]):
        changed = changed or work[NOW, i] != work[THEN, i]
        work[NOW, i] = work[THEN, i]
    return changed


@native
def see(
    model: Laid, own: int, beliefs: Array, row: int, seen: Indices, k: int, room: Laid
) -> float:
    """Turn a prior into the posterior, in place; give the free energy."""
    factors, modalities, sees = model[0][:3]
    logs, work, entangled = model[1][1], room[0], False
    for i in range(beliefs.shape[1]):
        work[FIXED, i] = math.log(max(beliefs[row, i], EPSILON))
    for m in range(len(modalities)):
        first = factors[sees[modalities[m, SEES_AT]], AT]
        at = modalities[m, CHANCES_AT] + seen[k, m] * modalities[m, JOINT]
        if modalities[m, N_SEES] == 1:
            for i in range(modalities[m, JOINT]):
                work[FIXED, first + i] += logs[own, at + i]
        else:
            entangled = True
    for i in range(beliefs.shape[1]):
        work[NOW, i] = 0.0 if entangled else work[FIXED, i]
    for _ in range(model[2] if entangled else 0):
        soften(factors, work, NOW, work, BELIEVED)
        if not bring_in_line(model, own, seen, k, room):
            break  # all further rounds would be the same
    lost = soften(factors, work, NOW, beliefs, row)
    if entangled:
        lost += excess(model, own, beliefs, row, seen, k, room)
    return -lost


@native
def excess(
    model: Laid, own: int, beliefs: Array, row: int, seen: Indices, k: int, room: Laid
) -> float:
    """Give what must be added where one outcome was counted for several factors."""
    factors, modalities, sees = model[0][:3]
    logs, once, twice = model[1][1], 0.0, 0.0
    work, here, weights = room[:3]
    for i in range(beliefs.shape[1]):
        twice += beliefs[row, i] * (work[NOW, i] - work[FIXED, i])
    for m in range(len(modalities)):
        if modalities[m, N_SEES] > 1:
            for d in range(modalities[m, N_SEES]):
                here[d] = factors[sees[modalities[m, SEES_AT] + d], AT]
            join(model, m, here, beliefs, row, weights)
            at = modalities[m, CHANCES_AT] + seen[k, m] * modalities[m, JOINT]
            for i in range(modalities[m, JOINT]):
                once += weights[i] * logs[own, at + i]
    return once - twice


@native
def move(
    model: Laid, own: int, beliefs: Array, row: int, moves: Indices, at: int, room: Laid
) -> None:
    """Predict what follows an action, in place; START leads to D."""
    factors, transitions, starts, work = model[0][0], model[1][3], model[1][5], room[0]
    for i in range(beliefs.shape[1]):
        work[NOW, i] = beliefs[row, i]
        beliefs[row, i] = starts[mine(starts, own), i]
    for f in range(len(factors) if moves[at, 0] != START else 0):
        size, here, control = factors[f, SIZE], factors[f, AT], factors[f, CONTROL]
        chosen = moves[at, control] if control >= 0 else 0
        block = factors[f, MOVES_AT] + chosen * size * size
        source = mine(transitions, own)
        predict(transitions, source, block, size, work, NOW, here, beliefs, row, here)


@native
def grow(model: Laid, own: int, beliefs: Array, row: int, held: Array, taught: Array) -> None:
    """Fill in what is believed at every node, and what the move there teaches of B."""
    factors, nodes, transitions, novelty = model[0][0], model[0][3], model[1][3], model[1][8]
    source = mine(transitions, own)
    for f in range(len(factors)):
        size, first = factors[f, SIZE], factors[f, NODES]
        for i in range(size):
            held[0, factors[f, HELD_AT] + i] = beliefs[row, factors[f, AT] + i]
        for node in range(1, factors[f, N_NODES]):
            before = factors[f, HELD_AT] + nodes[first + node, 0] * size
            after = factors[f, HELD_AT] + node * size
            at = factors[f, MOVES_AT] + nodes[first + node, 1] * size * size
            predict(transitions, source, at, size, held, 0, before, held, 0, after)
            if novelty.shape[1]:
                gain = lesson(novelty, mine(novelty, own), at, size, held, before, after)
                taught[first + node] = gain


@native
def lesson(
    novelty: Array, own: int, at: int, size: int, held: Array, before: int, after: int
) -> float:
    """Give what a move of one factor would teach of its B."""
    total = 0.0
    for state in range(size):
        each = 0.0
        for following in range(size):
            each += novelty[own, at + state * size + following] * held[0, after + following]
        total += held[0, before + state] * each
    return total


@native
def appraise(model: Laid, m: int, own: int, wanted: Array, k: int, room: Laid) -> float:
    """Give the value of what one modality is expected to show."""
    modalities, weights, held = model[0][1], room[2], room[3]
    likelihoods, ambiguity, novelty = model[1][0], model[1][2], model[1][7]
    chances, blur, news = mine(likelihoods, own), mine(ambiguity, own), mine(novelty, own)
    n_joint, n_held = modalities[m, JOINT], 0
    for state in range(n_joint):
        if weights[state] > NEGLIGIBLE:
            held[n_held] = state
            n_held += 1
    gain, unclear, learned = 0.0, 0.0, 0.0
    for outcome in range(modalities[m, SIZE]):
        at, chance, new = modalities[m, CHANCES_AT] + outcome * n_joint, 0.0, 0.0
        for i in range(n_held):
            chance += likelihoods[chances, at + held[i]] * weights[held[i]]
        if chance != 0.0:  # what is impossible adds nothing
            liked = wanted[k, modalities[m, AT] + outcome]
            gain += (liked - math.log(max(chance, EPSILON))) * chance
            for i in range(n_held if novelty.shape[1] else 0):
                new += novelty[news, at + held[i]] * weights[held[i]]
            learned += chance * new
    for i in range(n_held):
        unclear += ambiguity[blur, modalities[m, BLUR_AT] + held[i]] * weights[held[i]]
    return (gain - unclear) + learned


@native
def score(
    model: Laid, own: int, beliefs: Array, row: int, wanted: Array, k: int, room: Laid
) -> None:
    """Give the value of each scene to one agent, nats."""
    factors, modalities, sees, _, views, scenes = model[0][:6]
    _, here, weights, _, held, taught, values, worth = room
    grow(model, own, beliefs, row, held, taught)
    for m in range(len(modalities)):
        first = modalities[m, VIEWS]
        for view in range(first, first + modalities[m, N_VIEWS]):
            for d in range(modalities[m, N_SEES]):
                f = sees[modalities[m, SEES_AT] + d]
                here[d] = factors[f, HELD_AT] + views[view, d] * factors[f, SIZE]
            join(model, m, here, held, 0, weights)
            values[view] = appraise(model, m, own, wanted, k, room)
    for scene in range(len(scenes)):
        worth[scene] = 0.0
        for m in range(len(modalities)):
            worth[scene] += values[modalities[m, VIEWS] + scenes[scene, m]]
        for f in range(len(factors) if model[1][8].shape[1] else 0):
            worth[scene] += taught[factors[f, NODES] + scenes[scene, len(modalities) + f]]


@native
def weigh(model: Laid, own: int, worth: Array, gamma: float, plan: Laid, row: int) -> None:
    """Turn the value of each scene into chances of policies and next actions."""
    prefixes, choices, controls = model[0][6:]
    neg_efe, chances, actions = plan
    habits, own = model[1][6], mine(model[1][6], own)
    length, n_policies = prefixes.shape
    highest, total = -np.inf, 0.0
    for policy in range(n_policies):
        value = worth[prefixes[0, policy]]
        for depth in range(1, length):
            value += worth[prefixes[depth, policy]]
        neg_efe[row, policy] = value
        chances[row, policy] = gamma * value + habits[own, policy]
        highest = max(highest, chances[row, policy])
    for policy in range(n_policies):
        chances[row, policy] = math.exp(chances[row, policy] - highest)
        total += chances[row, policy]
    for action in range(actions.shape[1]):
        actions[row, action] = 0.0
    each = n_policies // len(choices)
    for choice in range(len(choices)):
        chance = 0.0
        for policy in range(choice * each, (choice + 1) * each):
            chances[row, policy] /= total
            chance += chances[row, policy]
        for j in range(choices.shape[1]):
            actions[row, controls[j] + choices[choice, j]] += chance


@native
def best(actions: Array, row: int, first: int, last: int) -> int:
    """Give the most probable action of a control factor; of equal ones, the lowest."""
    highest = actions[row, first]
    for action in range(first, last):
        highest = max(highest, actions[row, action])
    chosen = first
    while actions[row, chosen] < highest - TIE:
        chosen += 1
    return chosen - first


@native
def draw(actions: Array, row: int, first: int, last: int, alpha: float, uniform: float) -> int:
    """Draw an action of a control factor with precision alpha."""
    highest, total = -np.inf, 0.0
    for action in range(first, last):
        highest = max(highest, alpha * math.log(max(actions[row, action], EPSILON)))
    for action in range(first, last):
        total += math.exp(alpha * math.log(max(actions[row, action], EPSILON)) - highest)
    aim, passed = uniform * total, 0.0
    for action in range(first, last):
        passed += math.exp(alpha * math.log(max(actions[row, action], EPSILON)) - highest)
        if passed > aim:
            return action - first
    return last - 1 - first


@native
def uniform(stream: Any, step: Any, number: int) -> float:
    """Give what ``chance.uniform`` gives for a draw of a step."""
    counter = (np.uint64(step) << np.uint64(8)) + np.uint64(number + 1)
    z = stream + counter * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@native
def make_room(laid: Laid, n_beliefs: int) -> Laid:
    """Make room for the work on one agent."""
    factors, modalities, _, nodes, views, scenes = laid[:6]
    n_held, widest = 0, 0
    for f in range(len(factors)):
        n_held += factors[f, SIZE] * factors[f, N_NODES]
    for m in range(len(modalities)):
        widest = max(widest, modalities[m, JOINT])
    work, here = np.empty((5, n_beliefs)), np.empty(views.shape[1], np.int64)
    weights, states = np.empty(widest), np.empty(widest, np.int64)
    held, taught = np.empty((1, n_held)), np.empty(len(nodes))
    values, worth = np.empty(len(views)), np.empty(len(scenes))
    return work, here, weights, states, held, taught, values, worth


@native
def act(
    what: int, model: Laid, arrays: Laid, who: Indices, place: Laid, given: Laid, wish: Laid
) -> tuple[Array, Laid, Any]:
    """Do some of a step for agents one by one; give surprises, plans, and actions chosen.

    Args:
        what: LOOK, PLAN, KEEP, END, added up.
        model: what is laid out, what is known, and the most rounds of bringing in line.
        place: the beliefs, and the row of each agent in them; they are changed there.
        given: the observations, moves and ends of a turn.
        wish: what would be liked to be observed, and whether it has a row for each of ``who``.
    """
    _, gamma, alpha, interval, greedy, steps, streams, surprises = arrays
    (beliefs, at), (observations, moves, ends), (wanted, each) = place, given, wish
    n_policies, controls, n = model[0][6].shape[1], model[0][8], len(who)
    kept = n if what & KEEP else 1
    actions = np.empty((kept, controls[-1]))
    plan = np.empty((kept, n_policies)), np.empty((kept, n_policies)), actions
    chosen, surprise = np.empty((n, len(controls) - 1), np.int64), np.full(n, math.nan)
    room = make_room(model[0], beliefs.shape[1])
    for k in range(n):
        row, to = who[k], k if what & KEEP else 0
        if what & LOOK:
            for past in range(ends[k - 1] if k else 0, ends[k]):
                move(model, row, beliefs, at[k], moves, past, room)
            if steps[row] % interval[row] == 0:
                own = mine(model[1][1], row)
                surprise[k] = see(model, own, beliefs, at[k], observations, k, room)
        if what & PLAN:
            score(model, row, beliefs, at[k], wanted, k if each else mine(wanted, row), room)
            weigh(model, row, room[7], gamma[row], plan, to)
            for j in range(len(controls) - 1):
                first, last = controls[j], controls[j + 1]
                if greedy[row]:
                    chosen[k, j] = best(actions, to, first, last)
                else:
                    aim = uniform(streams[row], steps[row], j)
                    chosen[k, j] = draw(actions, to, first, last, alpha[row], aim)
        if what & END:
            steps[row] += 1
            surprises[row] = surprise[k]
    return surprise, plan, chosen
