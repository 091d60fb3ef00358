"""A generative model: how an agent believes that states and observations come about."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

import numpy as np

from .matrices import Array, Indices, Matrices, entries, locked, most_at_stake
from .shown import shown


class GenerativeModel:
    """One hidden factor, seen through one or several modalities, moved by actions.

    Checked and copied when made; its arrays are read-only, and threads may share it.
    """

    A: tuple[Array, ...]
    """For each modality float64, shape (n_observations[m], n_states): p(o | s)."""
    C: tuple[Array, ...]
    """For each modality float64, shape (n_observations[m],): preferences, in nats."""
    D: Array
    """float64, shape (n_states,): p(s) at the start."""
    moves: Indices | None
    """intp, shape (n_actions, n_states): where each action leads from each state; None
    unless every action leads to one state for sure."""
    n_observations: tuple[int, ...]
    """How many outcomes each modality has."""

    def __init__(
        self, A: Any, B: Any, C: Any = None, D: Any = None, *, agent_id: str | None = None
    ) -> None:
        """Check and copy the matrices.

        Args:
            A: one array (O, S), or a sequence with one for each modality; columns sum to 1.
            B: array (S, S, U), ``B[t, s, u]`` = p(t | s, u); sums to 1 over t.
            C: an array (O,) for each modality, of any finite numbers; None for zeros.
            D: array (S,) that sums to 1; None for uniform.
            agent_id: whose model it is; error messages name it.

        Raises:
            ModelError: a matrix breaks its rule; names the agent and the field.
        """
        read = Matrices(agent_id)
        transitions = read.dynamics("B", read.one_factor("B", B, 3))
        self.moves = _sure_moves(transitions)
        self.__dict__["B"] = transitions  # else the cached property below would build it
        _fill(self, read, A, C, D)

    @classmethod
    def deterministic(
        cls, A: Any, moves: Any, C: Any = None, D: Any = None, *, agent_id: str | None = None
    ) -> GenerativeModel:
        """Make a model in which every action has a sure effect, without the large matrix B.

        Args:
            moves: whole numbers, shape (U, S): the state that follows.

        Raises:
            ModelError: as in the constructor.
        """
        read = Matrices(agent_id)
        model = cls.__new__(cls)
        model.moves = read.moves("moves", moves)
        _fill(model, read, A, C, D)
        return model

    @cached_property
    def B(self) -> Array:  # noqa: N802  the literature's name
        """float64, shape (n_states, n_states, n_actions): p(next | state, action)."""
        assert self.moves is not None  # whoever gave no moves gave B
        n_actions, n_states = self.moves.shape
        transitions = np.zeros((n_states, n_states, n_actions))
        for action, following in enumerate(self.moves):
            transitions[following, np.arange(n_states), action] = 1.0
        locked(transitions)
        return transitions

    @property
    def n_states(self) -> int:
        """How many hidden states there are."""
        return len(self.B) if self.moves is None else self.moves[0].size

    @property
    def n_actions(self) -> int:
        """How many actions there are."""
        return self.B[0, 0].size if self.moves is None else len(self.moves)

    @cached_property
    def stakes(self) -> float:
        """The most that one step can be worth, in nats; see ``most_at_stake``."""
        return most_at_stake(self.C)

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the contents; equal for equal models, however they were given."""
        digest = hashlib.sha256()
        dynamics = self.B if self.moves is None else self.moves.astype(np.int64)
        for array in (*self.A, dynamics, *self.C, self.D):
            little = array.astype(array.dtype.newbyteorder("<"))
            digest.update(f"{little.dtype.str}{little.shape}".encode())
            digest.update(little.tobytes())
        return digest.hexdigest()


def _fill(model: GenerativeModel, read: Matrices, A: Any, C: Any, D: Any) -> None:
    """Read what has to fit the states of B."""
    n_states = model.n_states
    model.A = _likelihoods(read, A, n_states)
    model.n_observations = tuple(len(matrix) for matrix in model.A)
    model.C = _preferences(read, C, model.n_observations)
    uniform = np.full(n_states, 1.0 / n_states)
    model.D = read.distribution("D", uniform if D is None else read.one_factor("D", D, 1), 1)
    if model.D.size != n_states:
        read.refuse("D", f"must have {n_states} entries", model.D.size)


def _likelihoods(read: Matrices, given: Any, n_states: int) -> tuple[Array, ...]:
    matrices = entries(given, 2)
    if not matrices:
        read.refuse("A", "must be a matrix or a list of them", shown(given))
    arrays = []
    for m, matrix in enumerate(matrices):
        field = f"A[{m}]" if len(matrices) > 1 else "A"
        arrays.append(read.distribution(field, matrix, 2))
        if arrays[-1].shape[1] != n_states:
            rule = f"must have a column for each of the {n_states} states of B"
            read.refuse(field, rule, arrays[-1].shape[1])
    return tuple(arrays)


def _preferences(read: Matrices, given: Any, sizes: tuple[int, ...]) -> tuple[Array, ...]:
    if given is None:
        return tuple(read.numbers("C", np.zeros(size), 1) for size in sizes)
    vectors = entries(given, 1)
    if vectors is None or len(vectors) != len(sizes):
        rule = f"must be one vector for each modality, {len(sizes)} in all"
        read.refuse("C", rule, shown(given))
    arrays = []
    for m, (vector, size) in enumerate(zip(vectors, sizes, strict=True)):
        field = f"C[{m}]" if len(sizes) > 1 else "C"
        arrays.append(read.numbers(field, vector, 1))
        if arrays[-1].size != size:
            read.refuse(field, f"must have {size} entries", arrays[-1].size)
    return tuple(arrays)


def _sure_moves(transitions: Array) -> Indices | None:
    if not ((transitions == 0.0) | (transitions == 1.0)).all():
        return None
    return locked(np.array(transitions.argmax(axis=0).T, np.intp, order="C"))
