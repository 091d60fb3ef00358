"""The reference kernel of factored models: plain numpy, with every sum in a fixed order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..kernels.kernel import Prefer
from ..kernels.rows import START, Inferred, Turn
from ..kernels.sums import best, drawn, softmax, total, uniform
from ..matrices import Array, Indices
from ..policies import Plan
from .dynamics import part_of, predicted
from .outlook import scores
from .rows import FactoredRows
from .sight import posterior
from .tables import CONTROL

_BLOCK = 2**19
"""How many numbers are held at once, about; whatever comes after is done in parts."""


class FactoredNumpyKernel:
    """Needs numpy alone; says in the plainest way what is computed."""

    name = "numpy"
    fingerprint = f"numpy-{np.__version__}"

    def prepare(self) -> None:
        """Do nothing: there is nothing to compile."""

    def infer(self, rows: FactoredRows, turn: Turn) -> Inferred:
        beliefs, surprise = rows.beliefs[turn.who], np.full(len(turn.who), np.nan)
        counts = np.diff(turn.ends, prepend=0)
        for k in range(counts.max(initial=0)):  # every row's k-th move
            moved = (counts > k).nonzero()[0]
            actions = turn.moves[(turn.ends - counts)[moved] + k]
            beliefs[moved] = _moved(rows, turn.who[moved], beliefs[moved], actions)
        seeing = (rows.step[turn.who] % rows.interval[turn.who] == 0).nonzero()[0]
        if seeing.size:
            seen = turn.observations[seeing]
            inferred = posterior(rows, turn.who[seeing], beliefs[seeing], seen)
            beliefs[seeing], surprise[seeing] = inferred
        return Inferred(beliefs, surprise)

    def plan(
        self,
        rows: FactoredRows,
        who: Indices,
        beliefs: Array | None = None,
        preferences: Array | None = None,
    ) -> Plan:
        beliefs = rows.beliefs[who] if beliefs is None else beliefs
        wanted = rows.parameters.preferences if preferences is None else preferences
        if preferences is None and len(wanted) > 1:
            wanted = wanted[who]
        parts = [
            _plan(rows, who[part], beliefs[part], wanted if len(wanted) == 1 else wanted[part])
            for part in _blocks(len(who), rows.tables.prefixes[0].size + rows.beliefs[0].size)
        ]
        return Plan(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def choose(
        self,
        rows: FactoredRows,
        who: Indices,
        beliefs: Array | None = None,
        preferences: Array | None = None,
    ) -> Indices:
        actions = self.plan(rows, who, beliefs, preferences).actions
        controls, columns = rows.tables.controls, []
        for j, (first, last) in enumerate(pairwise(controls)):
            uniforms = uniform(rows.stream[who], rows.step[who], j)
            chances = actions[:, first:last]
            by_chance = drawn(chances, rows.alpha[who], uniforms)
            columns.append(np.where(rows.greedy[who], best(chances), by_chance))
        return np.stack(columns, axis=1)

    def step(self, rows: FactoredRows, turn: Turn, prefer: Prefer | None = None) -> Indices:
        inferred = self.infer(rows, turn)
        wanted = None if prefer is None else prefer(turn.who, inferred.beliefs)
        chosen = self.choose(rows, turn.who, inferred.beliefs, wanted)
        rows.commit(turn.who, inferred)
        return chosen


def _blocks(n: int, width: int) -> list[slice]:
    size = max(1, _BLOCK // width)
    return [slice(first, first + size) for first in range(0, max(n, 1), size)]


def _moved(rows: FactoredRows, who: Indices, beliefs: Array, actions: Indices) -> Array:
    """Predict what follows an action of each row; START leads to its D."""
    starts = rows.parameters.starts
    after = np.empty_like(beliefs)
    after[:] = starts if len(starts) == 1 else starts[who]
    on = (actions[:, 0] != START).nonzero()[0]
    for f, control in enumerate(rows.tables.factors[:, CONTROL]):
        chosen = actions[on, control] if control >= 0 else np.zeros(len(on), np.int64)
        part = part_of(rows, f)
        after[on, part] = predicted(rows, f, who[on], beliefs[on, part], chosen)
    return after


def _plan(rows: FactoredRows, who: Indices, beliefs: Array, wanted: Array) -> Plan:
    tables, habits, n_choices = rows.tables, rows.parameters.habits, len(rows.tables.choices)
    worth = scores(rows, who, beliefs, wanted)
    neg_efe = worth.take(tables.prefixes[0], axis=1)
    for scenes in tables.prefixes[1:]:
        neg_efe += worth.take(scenes, axis=1)
    likes = habits if len(habits) == 1 else habits[who]
    policies = softmax(rows.gamma[who][:, None] * neg_efe + likes)
    # The first joint action is the slowest index of the lexicographic order.
    first = total(policies.reshape(len(who), n_choices, tables.prefixes.shape[1] // n_choices))
    actions = np.zeros((len(who), int(tables.controls[-1])))
    for k, choice in enumerate(tables.choices):
        for at, action in zip(tables.controls, choice, strict=False):
            actions[:, at + action] += first[:, k]
    return Plan(neg_efe, policies, actions)
