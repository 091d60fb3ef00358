"""Per-step tables, streamed to disk: one row for each agent, one for the whole society."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingExtraError
from ..outcome import Status
from ..rollout import Step

AGENT_COLUMNS = (
    "step", "agent", "round", "episode", "status", "action", "reward", "latency_ms", "act_ms",
)  # fmt: skip
MODEL_COLUMNS = (
    "step", "round", "episode", "members", *(str(s) for s in Status), "reward", "round_ms", "late",
)  # fmt: skip


class Tables:
    """Writes ``agents.csv`` and ``model.csv`` into a run's folder as the run goes on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._agents_file = (folder / "agents.csv").open("w", newline="", encoding="utf-8")
        self._model_file = (folder / "model.csv").open("w", newline="", encoding="utf-8")
        self._agents = csv.writer(self._agents_file)
        self._model = csv.writer(self._model_file)
        self._agents.writerow(AGENT_COLUMNS)
        self._model.writerow(MODEL_COLUMNS)

    def add(self, step: Step) -> None:
        """Write one step."""
        outcome = step.outcome
        # As dicts, which answer twice as quickly as what they are made by.
        latencies, act_seconds = dict(outcome.latencies.items()), dict(outcome.act_seconds.items())
        number, episode = step.number, step.episode
        self._agents.writerows(
            [
                (
                    number,
                    agent_id,
                    lived.round,
                    episode,
                    lived.status,
                    lived.executed if type(lived.executed) is int else _cell(lived.executed),
                    lived.reward,
                    _ms(latencies.get(agent_id)),
                    _ms(act_seconds.get(agent_id)),
                )
                for agent_id, lived in step.experiences.items()
            ]
        )
        counts = outcome.counts
        self._model.writerow(
            (
                step.number,
                outcome.round,
                step.episode,
                len(outcome.status),
                *(counts.get(status, 0) for status in Status),
                step.reward,
                _ms(outcome.elapsed),
                outcome.late,
            )
        )

    def close(self) -> None:
        self._agents_file.close()
        self._model_file.close()


def read_table(path: Path, index: list[str]) -> Any:
    """Give a table as a pandas frame.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError("a data frame", "data") from error
    return pd.read_csv(path, index_col=index)


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.4f}"


def _cell(action: Any) -> Any:
    if action is None or isinstance(action, (int, float, str)):
        return action
    if isinstance(action, np.generic):
        return action.item()
    return json.dumps(action, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return repr(value)
