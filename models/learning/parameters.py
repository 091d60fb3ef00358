"""The parameters that agents have learned: a row of A, B and D, and of their counts, for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from ...errors import ModelError
from ..factored import parameters as factored
from ..kernels.rows import Flags
from ..matrices import SUM_TOLERANCE, Array, Indices, Matrices
from .concentrations import Concentrations
from .lesson import Lesson

_SAME = ("likelihoods", "ambiguity", "novelty_A", "transitions", "novelty_B", "starts")
"""What the parameters of a factored kernel and ours have in common."""


class Rules(Protocol):
    """The arithmetic of learning; an agent's row has the same bits whoever else learns."""

    @property
    def name(self) -> str:
        """Of the kernel that it goes with."""
        ...

    def derive(self, own: Parameters, row: int) -> None:
        """Fill in all that follows from the counts of a row."""
        ...

    def learn(self, own: Parameters, lesson: Lesson) -> None:
        """Add to the counts, and renew what follows from those that changed."""
        ...


class Parameters:
    """A fixed number of rows of learned parameters; whoever owns a row writes it alone.

    Until a row learns from its first observation its A is the model's, then, all of it, what
    its counts say; B likewise with the first move, D with the first episode. So does pymdp.

    Attributes:
        likelihoods: float64, shape (capacity, n_likelihoods): A.
        ambiguity: float64, shape (capacity, n_columns): the entropy of each column of A.
        counts_A, excess_A, novelty_A: float64, as A; h of each count, and what one more
            would teach, both in nats and 0 without ``use_param_info_gain``.
        transitions, counts_B, excess_B, novelty_B: float64, shape (capacity, n_transitions).
        starts, counts_D: float64, shape (capacity, n_beliefs).
        fresh: bool, shape (capacity, 3): whether A, B and D are still the model's.
        arrays: all of these, for compiled code.
    """

    def __init__(self, shared: Concentrations, capacity: int, rules: Rules) -> None:
        self.shared = shared
        self.rules = rules
        n_likelihoods, n_transitions = len(shared.A), len(shared.B)
        self.likelihoods, self.counts_A, self.excess_A, self.novelty_A = _rows(
            4, capacity, n_likelihoods
        )
        self.ambiguity: Array = np.zeros((capacity, shared.columns.n_columns))
        self.transitions, self.counts_B, self.excess_B, self.novelty_B = _rows(
            4, capacity, n_transitions
        )
        self.starts, self.counts_D = _rows(2, capacity, len(shared.D))
        self.fresh: Flags = np.ones((capacity, 3), np.bool_)
        self._arrange()
        self._first: tuple[npt.NDArray[Any], ...] | None = None
        self._kernels: factored.Parameters | None = None

    @classmethod
    def inside(cls, kernels: factored.Parameters, shared: Concentrations, rules: Rules) -> Self:
        """Learn right where a kernel for several factors reads its parameters.

        Args:
            kernels: with rows of their own for whatever is learned or has novelty.

        Raises:
            ValueError: what is learned is shared there.
        """
        capacity = max(len(getattr(kernels, name)) for name in _SAME)
        own = cls(shared, capacity, rules)
        for name in _SAME:
            theirs = getattr(kernels, name)
            if theirs.shape == getattr(own, name).shape and theirs.flags.writeable:
                setattr(own, name, theirs)
            elif name in _needed(shared):
                raise ValueError(f"{name} must be each row's own to be learned")
        own._arrange()
        own._kernels = kernels
        return own

    def begin(self, row: int) -> None:
        """Have an agent begin with the initial counts, and nothing learned."""
        if self._first is None:
            self.fresh[row] = True
            self._fill(row, self.shared.A, self.shared.B, self.shared.D)
            self._first = tuple(array[row].copy() for array in self.arrays)
        for array, first in zip(self.arrays, self._first, strict=True):
            array[row] = first
        self._refresh(np.array([row]))

    def learn(self, lesson: Lesson) -> None:
        """Learn; see ``Rules``."""
        if self.shared.learning.is_on:
            self.rules.learn(self, lesson)
            self._refresh(lesson.who[lesson.seeing])

    def A(self, row: int) -> tuple[Array, ...]:  # noqa: N802  the literature's name
        """Copy what a row holds for A, in the model's shapes."""
        return self.shared.columns.layout.unpack_A(self.likelihoods[row].copy())

    def B(self, row: int) -> tuple[Array, ...]:  # noqa: N802  the literature's name
        """Copy what a row holds for B, for each factor shape (S, S, U)."""
        return self.shared.columns.unpack_B(self.transitions[row])

    def D(self, row: int) -> tuple[Array, ...]:  # noqa: N802  the literature's name
        """Copy what a row holds for D."""
        return self.shared.columns.layout.unpack_D(self.starts[row].copy())

    def counts(self, row: int) -> tuple[tuple[Array, ...], ...]:
        """Copy the counts of A, B and D, in the model's shapes."""
        columns = self.shared.columns
        of_A = columns.layout.unpack_A(self.counts_A[row].copy())
        of_D = columns.layout.unpack_D(self.counts_D[row].copy())
        return of_A, columns.unpack_B(self.counts_B[row]), of_D

    def get_state(self, row: int) -> dict[str, Any]:
        """Give enough to go on from exactly here, as JSON values and arrays."""
        return {
            "pA": self.counts_A[row].copy(),
            "pB": self.counts_B[row].copy(),
            "pD": self.counts_D[row].copy(),
            "fresh": self.fresh[row].tolist(),
        }

    def set_state(self, row: int, state: dict[str, Any], agent_id: str | None = None) -> None:
        """Go on from a state; it is checked first.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        shared = self.shared
        firsts = {"pA": shared.A, "pB": shared.B, "pD": shared.D}
        counts = [_counts(state, name, first, agent_id) for name, first in firsts.items()]
        fresh = state.get("fresh")
        if not isinstance(fresh, list) or [type(flag) for flag in fresh] != [bool] * 3:
            raise ModelError("state['fresh']", f"must be 3 flags, got {fresh!r}", agent_id=agent_id)
        self.fresh[row] = fresh
        self._fill(row, *counts)

    def add(self, row: int, gains: Mapping[str, Any], agent_id: str | None = None) -> None:
        """Take over what was learned elsewhere, for example in sleep, beside what was here.

        Args:
            gains: pA, pB and pD, flat, as in ``get_state``: what is to be added to each count.

        Raises:
            ModelError: gains do not fit, or a count would fall below its first value;
                nothing has changed then.
        """
        self.set_state(row, grown(self.shared, self.get_state(row), gains, agent_id), agent_id)

    def _arrange(self) -> None:
        self.arrays: tuple[npt.NDArray[Any], ...] = (
            *(self.likelihoods, self.ambiguity, self.counts_A, self.excess_A, self.novelty_A),
            *(self.transitions, self.counts_B, self.excess_B, self.novelty_B),
            *(self.starts, self.counts_D, self.fresh),
        )

    def _fill(self, row: int, A: Array, B: Array, D: Array) -> None:
        self.counts_A[row], self.counts_B[row], self.counts_D[row] = A, B, D
        given = self.shared.given
        self.likelihoods[row], self.transitions[row], self.starts[row] = given
        self.rules.derive(self, row)
        self._refresh(np.array([row]))

    def _refresh(self, who: Indices) -> None:
        if self._kernels is not None and self.likelihoods is self._kernels.likelihoods:
            self._kernels.refresh(who)


def grown(
    shared: Concentrations,
    state: Mapping[str, Any],
    gains: Mapping[str, Any],
    agent_id: str | None = None,
) -> dict[str, Any]:
    """Give the state with these gains; errors as ``Parameters.add``."""
    read, fresh = Matrices(agent_id), list(state["fresh"])
    after: dict[str, Any] = {"fresh": fresh}
    firsts = {"pA": shared.A, "pB": shared.B, "pD": shared.D}
    for place, (name, first) in enumerate(firsts.items()):
        gain = read.numbers(f"gains[{name!r}]", gains.get(name), 1)
        if gain.shape != first.shape:
            read.refuse(f"gains[{name!r}]", f"must hold {first.size} numbers", gain.size)
        fresh[place] = fresh[place] and not gain.any()
        after[name] = state[name] + gain
        if (after[name] < first * (1 - SUM_TOLERANCE)).any():
            read.refuse(f"gains[{name!r}]", "must leave each count its first value", "less")
    return after


def _needed(shared: Concentrations) -> set[str]:
    learning = shared.learning
    needed = {
        "likelihoods": learning.learn_A,
        "transitions": learning.learn_B,
        "starts": learning.learn_D,
        "novelty_A": learning.use_param_info_gain and bool(shared.counted_A.any()),
        "novelty_B": learning.use_param_info_gain and bool(shared.counted_B.any()),
    }
    return {name for name, is_needed in needed.items() if is_needed}


def _rows(count: int, capacity: int, width: int) -> list[Array]:
    return [np.zeros((capacity, width)) for _ in range(count)]


def _counts(state: dict[str, Any], name: str, first: Array, agent_id: str | None) -> Array:
    read, field = Matrices(agent_id), f"state[{name!r}]"
    counts = read.numbers(field, state.get(name), 1)
    if counts.shape != first.shape:
        read.refuse(field, f"must hold {first.size} numbers", counts.size)
    if (counts < 0).any() or ((first > 0) & (counts <= 0)).any():
        read.refuse(field, "must be above 0 where it was at the start", counts.min())
    return counts
