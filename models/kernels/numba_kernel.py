"""The fast kernel: loops over agents, compiled by numba and free of the GIL."""

from __future__ import annotations

import numpy as np

from ..generative import GenerativeModel
from ..matrices import Array, Indices
from ..policies import Plan
from ..profile import Profile
from . import native
from .compiled import Compiled
from .compiler import is_kept, numba
from .kernel import Prefer
from .rows import Inferred, Rows, Turn


class NumbaKernel:
    """Needs the extra "fast"; equal to the reference within 1e-12.

    One call is serial; whoever has several cores gives each of them some of the rows.
    """

    name = "numba"
    takes = "some 20 s, once on this machine"

    def __init__(self) -> None:
        self.fingerprint = f"numba-{numba().__version__}"

    @property
    def is_ready(self) -> bool:
        """Whether it was compiled on this machine before."""
        return is_kept(native.act) and is_kept(native.plan)

    def prepare(self) -> None:
        """Compile everything for the only types there are; from disk where it was before."""
        model = GenerativeModel.deterministic([[1.0]], [[0]])
        rows = Rows(Compiled.of(model, 1), 1)
        who, ends = np.array([rows.take(Profile())]), np.array([0])
        turn = Turn(who, np.zeros((1, 1), np.int64), ends, ends)
        self.step(rows, turn)
        self.step(rows, turn, lambda who, beliefs: np.zeros((1, 1)))

    def prepare_for(self, compiled: Compiled) -> None:
        """Do nothing: what is compiled takes models of any size."""

    def predict(self, compiled: Compiled, beliefs: Array, actions: Indices) -> Array:
        blind, each = np.zeros(len(beliefs), np.bool_), np.arange(1, len(beliefs) + 1)
        unseen = np.zeros((len(beliefs), len(compiled.offsets)), np.int64)
        return native.infer(compiled.laid, _plain(beliefs), blind, (unseen, actions, each))[0]

    def posterior(self, compiled: Compiled, beliefs: Array, observations: Indices) -> Inferred:
        seeing, nothing = np.ones(len(beliefs), np.bool_), np.zeros(len(beliefs), np.int64)
        given = (observations, nothing, nothing)
        return Inferred(*native.infer(compiled.laid, _plain(beliefs), seeing, given))

    def plan(
        self,
        compiled: Compiled,
        beliefs: Array,
        gamma: Array,
        preferences: Array | None = None,
    ) -> Plan:
        wanted = compiled.preferences[None] if preferences is None else preferences
        n_actions = compiled.model.n_actions
        arrays = (_plain(beliefs), gamma, _plain(wanted))
        return Plan(*native.plan(compiled.laid, n_actions, *arrays))

    def choose(
        self, rows: Rows, who: Indices, beliefs: Array, preferences: Array | None = None
    ) -> Indices:
        actions = self.plan(rows.compiled, beliefs, rows.gamma[who], preferences).actions
        greedy, alpha = rows.greedy[who], rows.alpha[who]
        return native.choose(actions, greedy, alpha, rows.stream[who], rows.step[who])

    def infer(self, rows: Rows, turn: Turn) -> Inferred:
        who, observations, moves, ends = turn
        seeing = rows.step[who] % rows.interval[who] == 0
        laid, beliefs = rows.compiled.laid, rows.beliefs[who]
        return Inferred(*native.infer(laid, beliefs, seeing, (observations, moves, ends)))

    def step(self, rows: Rows, turn: Turn, prefer: Prefer | None = None) -> Indices:
        if prefer is None:
            compiled = rows.compiled
            return native.act(
                compiled.laid, compiled.model.n_actions, rows.arrays, turn.who, tuple(turn[1:])
            )
        inferred = self.infer(rows, turn)
        beliefs = inferred.beliefs
        chosen = self.choose(rows, turn.who, beliefs, prefer(turn.who, beliefs))
        rows.commit(turn.who, inferred)
        return chosen


def _plain(array: Array) -> Array:
    """Give it in C order and writable: for each other kind everything would compile anew."""
    return np.require(array, np.float64, ("C", "W"))
