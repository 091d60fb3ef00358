"""Turns the matrices that a user gave into read-only arrays, or says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import ModelError
from .shown import shown

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
AnyArray = TypeVar("AnyArray", bound=npt.NDArray[Any])

EPSILON = float(np.finfo(np.float64).eps)
"""The floor under every probability before it is multiplied or its logarithm taken."""
NEGLIGIBLE = 1e-15
"""Beliefs below this are left out of the scores; it changes them by less than 1e-11."""
SUM_TOLERANCE = 1e-6
"""How far a distribution's sum may be from 1; wide enough for matrices made in float32."""


class Matrices:
    """Reads one agent's matrices; every refusal names the agent and the field."""

    def __init__(self, agent_id: str | None) -> None:
        self.agent_id = agent_id

    def refuse(self, field: str, rule: str, came: object) -> NoReturn:
        """Raise ModelError: the rule, then what came."""
        raise ModelError(field, f"{rule}, got {came}", agent_id=self.agent_id) from None

    def numbers(self, field: str, given: Any, ndim: int) -> Array:
        """Copy finite real numbers to float64, C order, read-only."""
        array = self._array(field, given, "iuf", "real numbers")
        if array.ndim != ndim or array.size == 0:
            rule = f"must have {_dimensions(field, ndim)}, none empty"
            self.refuse(field, rule, f"shape {array.shape}")
        copy = np.array(array, np.float64, order="C")
        self._require_all(np.isfinite(copy), field, "must be finite", copy)
        return locked(copy)

    def distribution(self, field: str, given: Any, ndim: int) -> Array:
        """Copy probabilities; they sum to 1 over the first axis."""
        return self._summing_to_1(field, self.numbers(field, given, ndim))

    def dynamics(self, field: str, given: Any) -> Array:
        """Copy p(next | state, action), shape (n_states, n_states, n_actions)."""
        array = self.numbers(field, given, 3)
        if array.shape[0] != array.shape[1]:
            self.refuse(field, "must have shape (S, S, U)", array.shape)
        return self._summing_to_1(field, array)

    def moves(self, field: str, given: Any) -> Indices:
        """Copy a table of following states, intp, shape (n_actions, n_states)."""
        array = self._array(field, given, "iu", "whole numbers")
        if array.ndim != 2 or array.size == 0:
            self.refuse(field, "must have shape (U, S), neither of them 0", array.shape)
        self._require_all((array >= 0) & (array < array.shape[1]), field, "must hold states", array)
        return locked(np.array(array, np.intp, order="C"))

    def one_factor(self, field: str, given: Any, ndim: int) -> Any:
        """Take the one entry of a list with an entry for each factor, as pymdp writes it."""
        if not isinstance(given, (list, tuple, np.ndarray)) or depth(given) != ndim + 1:
            return given
        if len(given) != 1:
            self.refuse(field, "must be of one factor", len(given))
        return given[0]

    def _summing_to_1(self, field: str, array: Array) -> Array:
        self._require_all(array >= 0, field, "must not be negative", array)
        sums = array.sum(axis=0)
        rule = "must sum to 1" if array.ndim == 1 else "must have columns that sum to 1"
        self._require_all(np.abs(sums - 1.0) <= SUM_TOLERANCE, field, rule, sums)
        return array

    def _array(self, field: str, given: Any, kinds: str, what: str) -> npt.NDArray[Any]:
        try:
            array = np.asarray(given)
        except ValueError:
            self.refuse(field, "must be an array", "lists of unequal lengths")
        if array.dtype.kind not in kinds:
            self.refuse(field, f"must hold {what}", array.dtype if array.ndim else shown(given))
        return array

    def _require_all(
        self, good: npt.NDArray[np.bool_], field: str, rule: str, values: npt.NDArray[Any]
    ) -> None:
        good, values = np.atleast_1d(good), np.atleast_1d(values)
        if not good.all():
            where = tuple(int(i) for i in np.argwhere(~good)[0])
            self.refuse(field, rule, f"{values[where]} at {list(where)}")


def depth(given: Any) -> int:
    """Count dimensions along the first elements, so that ragged input has a depth too."""
    levels = 0
    while isinstance(given, (list, tuple, np.ndarray)):
        if isinstance(given, np.ndarray) and given.dtype != object:
            return levels + given.ndim
        if len(given) == 0:
            return levels + 1
        given, levels = given[0], levels + 1
    return levels


def entries(given: Any, ndim: int) -> Sequence[Any] | None:
    """Give one array as a sequence of one, a sequence as it is, anything else as None.

    What lacks a dimension is one array, to be refused as such, and no sequence of its rows.
    """
    if not isinstance(given, (list, tuple, np.ndarray)) or depth(given) == 0:
        return None
    return [given] if depth(given) <= ndim else list(given)


def _dimensions(field: str, ndim: int) -> str:
    matrix = field.partition("[")[0].removeprefix("p")  # counts have the form of what they count
    names = {
        "A": ["outcome", *["state"] * (ndim - 1)],
        "B": ["next", "state", "action"],
        "C": ["outcome"],
        "D": ["state"],
        "E": ["policy"],
    }.get(matrix, [])
    plural = "s" if ndim > 1 else ""
    return f"{ndim} dimension{plural}" + (f" ({', '.join(names)})" if names else "")


def most_at_stake(preferences: Sequence[Array]) -> float:
    """Give the most that what one sees in a step can be worth, in nats, either way.

    Of each modality the largest preference, and what its outcomes can tell, which is at most
    the logarithm of how many there are.
    """
    return sum(float(np.abs(own).max()) + math.log(own.size) for own in preferences)


def locked(array: AnyArray) -> AnyArray:
    """Make an array that we own read-only."""
    array.setflags(write=False)
    return array
