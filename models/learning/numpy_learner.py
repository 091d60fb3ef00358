"""A learning agent's step in plain numpy: the reference, one agent after another."""

from __future__ import annotations

import numpy as np

from .. import chance
from ..kernels.rows import Inferred, Turn
from ..matrices import EPSILON, NEGLIGIBLE, Array, Indices
from ..policies import Plan, best, sample, softmax
from .compiled import CompiledLearner
from .filtering import moved, seen
from .learner import Learner
from .rows import LearningRows
from .rules import NumpyRules


class NumpyLearner(Learner):
    """Needs numpy alone."""

    name = "numpy"

    def new_rows(self, compiled: CompiledLearner, capacity: int) -> LearningRows:
        return LearningRows(compiled, capacity, NumpyRules())

    def infer(self, rows: LearningRows, turn: Turn) -> Inferred:
        who, observations, moves, ends = turn
        beliefs, surprise = rows.beliefs[who], np.full(len(who), np.nan)
        for k, row in enumerate(who):
            for move in moves[ends[k - 1] if k else 0 : ends[k]]:
                beliefs[k] = moved(rows.own, row, beliefs[k], move)
            if rows.step[row] % rows.interval[row] == 0:
                beliefs[k], surprise[k] = seen(rows.own, row, beliefs[k], observations[k])
        return Inferred(beliefs, surprise)

    def plan(
        self, rows: LearningRows, who: Indices, beliefs: Array, preferences: Array | None = None
    ) -> Plan:
        usual = rows.compiled.preferences
        wanted = np.tile(usual, (len(who), 1)) if preferences is None else preferences
        plans = [
            _planned(rows, int(row), own, wish)
            for row, own, wish in zip(who, beliefs, wanted, strict=True)
        ]
        return Plan(*map(np.stack, zip(*plans, strict=True)))

    def choose(self, rows: LearningRows, who: Indices, actions: Array) -> Indices:
        chosen = np.empty(len(who), np.int64)
        for k, (row, chances) in enumerate(zip(who.tolist(), actions, strict=True)):
            if rows.greedy[row]:
                chosen[k] = best(chances)
            else:
                uniform = chance.uniform(int(rows.stream[row]), int(rows.step[row]))
                chosen[k] = sample(chances, float(rows.alpha[row]), uniform)
        return chosen


def _planned(rows: LearningRows, row: int, beliefs: Array, wanted: Array) -> Plan:
    """Roll beliefs out along the tree of prefixes, a whole level at a time."""
    compiled, own = rows.compiled, rows.own
    columns = own.shared.columns
    dynamics, worth = own.B(row)[0], columns.unpack_B(own.novelty_B[row])[0]
    eyes, news = (
        np.concatenate(columns.layout.unpack_A(flat[row]))
        for flat in (own.likelihoods, own.novelty_A)
    )
    ambiguity = own.ambiguity[row].reshape(-1, compiled.model.n_states).sum(axis=0)
    level, scores = np.where(beliefs > NEGLIGIBLE, beliefs, 0.0)[None], np.zeros(1)
    for _ in range(compiled.policy_length):
        taught = np.einsum("tsu,ns->nut", worth, level).reshape(-1, len(beliefs))
        level = np.einsum("tsu,ns->nut", dynamics, level).reshape(-1, len(beliefs))
        outcomes = np.einsum("os,ns->no", eyes, level)
        told = np.einsum("os,ns->no", news, level)
        value = (outcomes * (wanted + told)).sum(axis=1) + (level * taught).sum(axis=1)
        if compiled.explores:
            value -= (outcomes * np.log(np.maximum(outcomes, EPSILON))).sum(axis=1)
            value -= np.einsum("s,ns->n", ambiguity, level)
        scores = np.repeat(scores, compiled.model.n_actions) + value
    policies = softmax(rows.gamma[row] * scores + compiled.habits)
    return Plan(scores, policies, policies.reshape(compiled.model.n_actions, -1).sum(axis=1))
