"""The rows of most steps, put together as text at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from math import isnan

from ..rollout import Step
from ..spans import seconds_of


class Lines:
    """Writes each agent's row of a step as the csv module would, in half the time.

    That looks at each cell anew, and what kind of values a column holds is mostly seen at a
    glance.
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._cells: list[str] = []

    def of(self, step: Step) -> str | None:
        """Give the lines; None where an action or reward is no number, or a time is missing."""
        outcome, lived = step.outcome, step.columns
        if set(map(type, lived.executed)) != {int} or set(map(type, lived.reward)) != {float}:
            return None
        ids = list(step.experiences)
        latencies, spent = (_ms(s, ids) for s in (outcome.latencies, outcome.act_seconds))
        if isnan(sum(latencies) + sum(spent)):
            return None
        if ids != self._ids:
            self._ids, self._cells = ids, [_cell(agent_id) for agent_id in ids]
        line = f"{step.number},%s,{outcome.round},{step.episode},%s,%d,%r,%.4f,%.4f\r\n"
        columns = self._cells, lived.status, lived.executed, lived.reward, latencies, spent
        return "".join([line % row for row in zip(*columns, strict=True)])


def _ms(spans: Mapping[str, float], ids: Sequence[str]) -> list[float]:
    milliseconds: list[float] = (seconds_of(spans, ids) * 1000).tolist()
    return milliseconds


def _cell(agent_id: str) -> str:
    row = io.StringIO(newline="")
    csv.writer(row).writerow((agent_id, ""))
    return row.getvalue().removesuffix(",\r\n")
