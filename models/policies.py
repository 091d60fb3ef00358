"""All plans of a few steps, what is believed of them, and the action that follows."""

from __future__ import annotations

import itertools
import math
import sys
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .generative import GenerativeModel
from .matrices import EPSILON, Array, Indices, locked

MAX_POLICIES = 100_000
MAX_BYTES = 2**30
"""For what one model's policies are compiled into."""
MAX_LOGIT = sys.float_info.max / 4
"""For what policies are weighed by: the difference of two must be a number, with room to spare."""
TIE = 1e-9
"""Values this close are equal, and the lowest index wins: rounding must not decide."""


class Plan(NamedTuple):
    """What an agent thinks of its policies; arrays of its own."""

    neg_efe: Array
    """Negative expected free energy, nats, shape (n_policies,); higher is better."""
    policies: Array
    """p(policy), shape (n_policies,)."""
    actions: Array
    """p(next action), shape (n_actions,)."""


@dataclass(frozen=True, eq=False, slots=True)
class Policies:
    """Every sequence of ``length`` actions, in lexicographic order, with its operators.

    Many prefixes lead to the same places (north then south is often stay), so each
    distinct operator, the effect of a prefix on beliefs, is kept once.
    """

    actions: Indices
    """Shape (n_policies, length)."""
    operators: tuple[npt.NDArray[Any], ...]
    """Each intp, shape (n_states,): where one gets to, if moves are sure; else float64,
    shape (n_states, n_states)."""
    prefixes: Indices
    """Shape (length, n_policies): the operator of each policy's first 1, 2, … actions."""

    @classmethod
    def of(cls, model: GenerativeModel, length: int) -> Policies:
        """Enumerate the policies of a model.

        Raises:
            ModelError: there would be too many to enumerate.
        """
        _check_count(model, length)
        actions = np.array(list(itertools.product(range(model.n_actions), repeat=length)), np.intp)
        operators, prefixes = _distinct(model, length)
        return cls(locked(actions), operators, locked(prefixes))


def _check_count(model: GenerativeModel, length: int) -> None:
    count = model.n_actions**length
    if count > MAX_POLICIES:
        rule = f"{length} makes {count:,} policies of {model.n_actions} actions"
        raise ModelError("policy_length", f"{rule}; the most is {MAX_POLICIES:,}")
    # Sure moves need one row for each operator, others a whole matrix.
    n_bytes = 0 if model.moves is not None else 8 * count * model.n_states**2
    if n_bytes > MAX_BYTES:
        rule = f"{length} makes {count:,} operators of {n_bytes / 2**30:.1f} GiB"
        raise ModelError("policy_length", f"{rule}; the most is {MAX_BYTES / 2**30:g} GiB")


def check_logits(stakes: float, length: int, gamma: float, agent_id: str | None) -> None:
    """See that whatever comes, policies can be weighed.

    Args:
        stakes: the most that one step can be worth, in nats, either way.

    Raises:
        ModelError: gamma times the worth of so many steps may be too large for a float.
    """
    if gamma * length * stakes <= MAX_LOGIT:
        return
    rule = f"must be so small that gamma * policy_length * its largest stay below {MAX_LOGIT:.2g}"
    raise ModelError("C", f"{rule}, got {gamma:g} * {length} * {stakes:.3g}", agent_id=agent_id)


def softmax(values: Array) -> Array:
    """Give weights proportional to exp(values) that sum to 1."""
    weights: Array = np.exp(values - np.maximum.reduce(values))
    weights /= np.add.reduce(weights)
    return weights


def best(values: Array) -> int:
    """Give the index of the largest value; of equal ones (to 1e-9), the lowest."""
    return int((values >= np.maximum.reduce(values) - TIE).argmax())


def sample(probabilities: Array, alpha: float, uniform: float) -> int:
    """Draw an action with precision alpha.

    Args:
        probabilities: p(action), shape (n_actions,).
        uniform: the draw, in [0, 1).

    Source: pymdp 1.0.4, marginal sampling: softmax(alpha * ln max(p, eps)).
    """
    cumulated = list(itertools.accumulate(action_weights(probabilities, alpha)))
    return min(bisect_right(cumulated, uniform * cumulated[-1]), len(cumulated) - 1)


def action_weights(probabilities: Array, alpha: float) -> list[float]:
    """Give what the chances of the actions in ``sample`` are proportional to."""
    # There are few actions, and plain floats are five times faster than small arrays.
    logits = [alpha * math.log(max(p, EPSILON)) for p in probabilities.tolist()]
    highest = max(logits)
    return [math.exp(logit - highest) for logit in logits]


def _distinct(model: GenerativeModel, length: int) -> tuple[tuple[npt.NDArray[Any], ...], Indices]:
    """Find the distinct operators, and which of them each prefix has."""
    apply, identity = _dynamics(model)
    operators = [identity]
    number = {identity.tobytes(): 0}
    following: dict[int, list[int]] = {}

    def extend(parent: int) -> list[int]:
        if parent not in following:
            following[parent] = [add(apply(u, operators[parent])) for u in range(model.n_actions)]
        return following[parent]

    def add(operator: npt.NDArray[Any]) -> int:
        key = operator.tobytes()
        if key not in number:
            number[key] = len(operators)
            operators.append(locked(operator))
        return number[key]

    levels = [np.zeros(1, np.intp)]
    for _ in range(length):
        levels.append(np.array([extend(int(p)) for p in levels[-1]], np.intp).ravel())
    count = model.n_actions**length
    prefixes = np.stack([np.repeat(level, count // len(level)) for level in levels[1:]])
    return _without_unused(operators, prefixes)


def _dynamics(
    model: GenerativeModel,
) -> tuple[Callable[[int, npt.NDArray[Any]], npt.NDArray[Any]], npt.NDArray[Any]]:
    """Give what applies one more action to an operator, and the operator of no action."""
    moves = model.moves
    if moves is not None:
        return lambda action, operator: moves[action][operator], np.arange(model.n_states)
    matrices = [np.ascontiguousarray(model.B[:, :, u]) for u in range(model.n_actions)]
    return lambda action, operator: matrices[action] @ operator, np.eye(model.n_states)


def _without_unused(
    operators: list[npt.NDArray[Any]], prefixes: Indices
) -> tuple[tuple[npt.NDArray[Any], ...], Indices]:
    """Drop the operator of no action where no policy stays."""
    used, renumbered = np.unique(prefixes, return_inverse=True)
    kept = tuple(operators[int(k)] for k in used)
    return kept, np.ascontiguousarray(renumbered.reshape(prefixes.shape), np.intp)
