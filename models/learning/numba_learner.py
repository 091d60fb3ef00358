"""A learning agent's step, compiled: what makes learning fit into a fraction of a millisecond."""

from __future__ import annotations

import numpy as np

from ..generative import GenerativeModel
from ..kernels import native as kernels
from ..kernels.rows import Inferred, Turn
from ..matrices import Array, Indices
from ..policies import Plan
from ..profile import Profile
from . import native_filtering, native_planning
from .compiled import CompiledLearner
from .learner import Learner
from .learning import Learning
from .numba_rules import NumbaRules
from .rows import LearningRows


class NumbaLearner(Learner):
    """Needs the extra "fast"; equal to the reference within 1e-12.

    One call is serial; whoever has several cores gives each of them some of the rows.
    """

    name = "numba"

    def prepare(self) -> None:
        everything = Learning(learn_A=True, learn_B=True, learn_D=True)
        model = GenerativeModel.deterministic([[1.0]], [[0]])
        rows = self.new_rows(CompiledLearner.of(model, 1, everything), 1)
        who, ends = np.array([rows.take(Profile())]), np.array([0])
        self.step(rows, Turn(who, np.zeros((1, 1), np.int64), ends, ends))

    def new_rows(self, compiled: CompiledLearner, capacity: int) -> LearningRows:
        return LearningRows(compiled, capacity, NumbaRules())

    def infer(self, rows: LearningRows, turn: Turn) -> Inferred:
        seeing = rows.step[turn.who] % rows.interval[turn.who] == 0
        laid, beliefs = rows.own.shared.laid, rows.beliefs[turn.who]
        arrays = rows.own.arrays
        return Inferred(
            *native_filtering.infer(laid, arrays, turn.who, seeing, tuple(turn[1:]), beliefs)
        )

    def plan(
        self, rows: LearningRows, who: Indices, beliefs: Array, preferences: Array | None = None
    ) -> Plan:
        compiled = rows.compiled
        if preferences is None:
            wanted = compiled.preferences[None].repeat(len(who), axis=0)
        else:
            wanted = np.require(preferences, np.float64, ("C", "W"))
        n_actions, length = compiled.model.n_actions, compiled.policy_length
        rest = (compiled.habits, n_actions, length, compiled.explores)
        arrays = (who, beliefs, rows.gamma[who], wanted)
        return Plan(*native_planning.plan(rows.own.shared.laid, rows.own.arrays, *arrays, rest))

    def choose(self, rows: LearningRows, who: Indices, actions: Array) -> Indices:
        # A copy: the chances are written over.
        greedy, alpha = rows.greedy[who], rows.alpha[who]
        return kernels.choose(actions.copy(), greedy, alpha, rows.stream[who], rows.step[who])
