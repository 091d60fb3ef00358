"""One step of agents that learn their own model, whatever its arithmetic is written in."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..kernels.kernel import Prefer
from ..kernels.rows import Inferred, Turn
from ..matrices import Array, Indices
from ..policies import Plan
from .compiled import CompiledLearner
from .lesson import lesson_of
from .rows import LearningRows


class Learner(ABC):
    """The arithmetic of learning agents, for any number of those of one model in one call.

    What comes out for an agent has the same bits whoever else is in the call.
    """

    name: str

    @abstractmethod
    def new_rows(self, compiled: CompiledLearner, capacity: int) -> LearningRows:
        """Make rows that learn by this learner's arithmetic."""

    @abstractmethod
    def infer(self, rows: LearningRows, turn: Turn) -> Inferred:
        """Give what these rows believe after their moves and, where it is due, observations."""

    @abstractmethod
    def plan(
        self, rows: LearningRows, who: Indices, beliefs: Array, preferences: Array | None = None
    ) -> Plan:
        """Score all policies of these rows; preferences, a row each, stand in for C."""

    @abstractmethod
    def choose(self, rows: LearningRows, who: Indices, actions: Array) -> Indices:
        """Choose an action of each, given the chances of all."""

    def prepare(self) -> None:
        """Compile what is not compiled yet; it may take seconds, once on a machine."""

    def step(self, rows: LearningRows, turn: Turn, prefer: Prefer | None = None) -> Indices:
        """Infer, plan, choose, then learn, and keep the beliefs.

        Plans are made with what was known before the observation was learned from, as in
        pymdp's ``infer_and_plan``. If anything raises, rows are as before.
        """
        inferred = self.infer(rows, turn)
        wanted = None if prefer is None else prefer(turn.who, inferred.beliefs)
        plan = self.plan(rows, turn.who, inferred.beliefs, wanted)
        chosen = self.choose(rows, turn.who, plan.actions)
        shared = rows.own.shared
        if shared.learning.awake:
            rows.own.learn(lesson_of(shared.columns.layout, rows, turn, inferred.beliefs))
        rows.commit(turn.who, inferred)
        return chosen
