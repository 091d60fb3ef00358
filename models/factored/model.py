"""A generative model of several hidden factors, each moved by actions of its own."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from ..matrices import Array, most_at_stake
from .layout import Layout
from .reader import Reader

ITERATIONS = 16
"""How often beliefs of factors that are seen together are brought in line, as in pymdp."""


class FactoredModel:
    """Several hidden factors, seen through one or several modalities, moved by actions.

    Checked and copied when made; its arrays are read-only, and threads may share it.
    """

    layout: Layout
    A: tuple[Array, ...]
    """For each modality float64, shape (n_observations[m], *n_states of its factors)."""
    B: tuple[Array, ...]
    """For each factor float64, shape (S, S, U), ``B[f][t, s, u]`` = p(t | s, u)."""
    C: tuple[Array, ...]
    """For each modality float64, shape (n_observations[m],): preferences, in nats."""
    D: tuple[Array, ...]
    """For each factor float64, shape (n_states[f],): p(s) at the start."""
    E: Array | None
    """float64, shape (n_policies,): habits, the prior over policies; None for uniform."""
    iterations: int
    """The most rounds in which beliefs of several factors are brought in line."""

    def __init__(
        self,
        A: Any,
        B: Any,
        C: Any = None,
        D: Any = None,
        E: Any = None,
        *,
        A_dependencies: Any = None,
        B_dependencies: Any = None,
        control_factors: Any = None,
        iterations: int = ITERATIONS,
        agent_id: str | None = None,
    ) -> None:
        """Check and copy the arrays.

        Args:
            A: a sequence with an array for each modality; sums to 1 over the first axis.
            B: a sequence with an array for each factor; sums to 1 over the first axis.
            C: a sequence with a vector for each modality, of any finite numbers; None: zeros.
            D: a sequence with a vector for each factor that sums to 1; None for uniform.
            E: a vector that sums to 1, an entry for each policy; None for uniform.
            A_dependencies: for each modality the factors of its axes; None: all, in order.
            B_dependencies: for each factor itself alone, which is also what None means.
            control_factors: the factors whose action is chosen; the others always use their
                action 0. None: those with several actions, or the first if none has.
            agent_id: whose model it is; error messages name it.

        Raises:
            ModelError: something breaks its rule; names the agent and the field.
        """
        read = Reader(agent_id)
        self.B = read.transitions(B)
        self.iterations = read.count("iterations", iterations)
        n_factors = len(self.B)
        seen = read.sequence("A", A)
        dependencies = read.dependencies(A_dependencies, len(seen), n_factors)
        read.own_dynamics(B_dependencies, n_factors)
        n_states = tuple(len(matrix) for matrix in self.B)
        self.A = read.likelihoods(seen, dependencies, n_states)
        n_controls = tuple(matrix.shape[2] for matrix in self.B)
        self.layout = Layout(
            n_states=n_states,
            n_observations=tuple(len(array) for array in self.A),
            n_controls=n_controls,
            A_dependencies=dependencies,
            B_dependencies=tuple((f,) for f in range(n_factors)),
            control_factors=read.control_factors(control_factors, n_controls),
        )
        self.C = read.preferences(C, self.layout.n_observations)
        self.D = read.starts(D, n_states)
        self.E = None if E is None else read.distribution("E", E, 1)

    @cached_property
    def stakes(self) -> float:
        """The most that one step can be worth, in nats; see ``most_at_stake``."""
        return most_at_stake(self.C)

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the contents; equal for equal models, however they were given."""
        layout = self.layout
        what = (layout.A_dependencies, layout.control_factors, self.iterations, self.E is None)
        digest = hashlib.sha256(repr(what).encode())
        habits = () if self.E is None else (self.E,)
        for array in (*self.A, *self.B, *self.C, *self.D, *habits):
            digest.update(str(array.shape).encode())
            digest.update(array.astype("<f8").tobytes())
        return digest.hexdigest()
