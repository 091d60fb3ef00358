"""Per-step tables, streamed to disk: one row for each agent, one for the whole society."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingExtraError, StoreError, StoreFullError
from ...logs import get_logger
from ..outcome import Status
from ..rollout import Step
from ..spans import seconds_of
from .lines import Lines
from .standing import Standing

AGENT_COLUMNS = (
    "step", "agent", "round", "episode", "status", "action", "reward", "latency_ms", "act_ms",
)  # fmt: skip
MODEL_COLUMNS = (
    "step", "round", "episode", "members", *(str(s) for s in Status), "reward", "round_ms", "late",
)  # fmt: skip

_AT_ONCE = 1 << 15
"""Characters that are held before they are written."""
MOST_HELD = 1 << 26
"""Bytes that wait for space at most."""

log = get_logger(__name__)


class Table:
    """A file of rows. While its disk is full they wait in memory, for the run waits as well.

    Where a run goes on the file is there already. It is not touched as long as the rows that
    are given again stand in it.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Make the file, or open it where it is.

        Raises:
            StoreError: it cannot be written.
        """
        self._path = path
        self._columns = columns
        self._standing: Standing | None = None
        self._rows = io.StringIO(newline="")
        self._writer = csv.writer(self._rows)
        self._held = bytearray()
        try:
            if path.is_file():
                self._standing = Standing(path, columns)
            self._file = path.open("wb" if self._standing is None else "r+b", buffering=0)
        except OSError as error:
            raise _named(path, error) from error
        if self._standing is None:
            self._writer.writerow(columns)

    def add_again(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows of a round that was played before, unless they stand there; errors as ``add``.

        What stands there stays as it is, times and all.
        """
        if self._standing is not None:
            rows = list(dropwhile(self._standing.has, rows))
        if rows:
            self.add(rows)

    def add(self, rows: Iterable[Sequence[Any]] | str) -> None:
        """Write rows, or the lines that they are; errors as of ``Tables.add``."""
        self.cut()
        if isinstance(rows, str):
            self._rows.write(rows)
        else:
            self._writer.writerows(rows)
        if self._rows.tell() < _AT_ONCE:
            return
        waited = bool(self._held)
        try:
            self._write()
        except StoreFullError as full:
            if len(self._held) > MOST_HELD:
                raise
            if not waited:
                log.warning("table.waits_for_space", error=str(full))

    def cut(self) -> None:
        """Have nothing follow what was found; errors as ``add``."""
        standing, self._standing = self._standing, None
        if standing is None:
            return
        standing.close()
        try:
            # What is as long as it has to be is not touched.
            if self._file.seek(0, os.SEEK_END) > standing.end:
                self._file.truncate(standing.end)
                self._file.seek(standing.end)
        except OSError as error:
            raise _named(self._path, error) from error
        if not standing.end:
            self._writer.writerow(self._columns)

    def _write(self) -> None:
        self._held += self._rows.getvalue().encode()
        self._rows.seek(0)
        self._rows.truncate()
        try:
            while self._held:
                # A disk may take a part of it, and be full then.
                del self._held[: self._file.write(self._held)]
        except OSError as error:
            raise _named(self._path, error) from error

    def close(self) -> None:
        """Write what is left; errors as of ``Tables.add``."""
        try:
            self._write()
        finally:
            if self._standing is not None:
                self._standing.close()
            self._file.close()


def _named(path: Path, error: OSError) -> StoreError:
    from ...memory.store.failing import named  # brings SQLite, where it is wanted

    try:
        with named(path):
            raise error
    except StoreError as found:
        return found


class Tables:
    """Writes ``agents.csv`` and ``model.csv`` into a run's folder as the run goes on.

    Of rounds that were played before the rows stand there, or are written without times.
    """

    def __init__(self, folder: Path, *, played: int = 0) -> None:
        """Begin, or go on.

        Args:
            played: the last round that was played before.
        """
        self.folder = folder
        self._played = played
        self._agents = Table(folder / "agents.csv", AGENT_COLUMNS)
        self._model = Table(folder / "model.csv", MODEL_COLUMNS)
        self._lines = Lines()

    def add(self, step: Step) -> None:
        """Write one step.

        Raises:
            StoreFullError: there was no space for so long that too much waits for it.
            StoreError: a file cannot be written.
        """
        round = step.outcome.round
        if round > self._played:
            self._agents.add(self._lines.of(step) or agents_rows(step))
            self._model.add([_model_row(step, measured=True)])
            return
        self._agents.add_again(agents_rows(step))
        self._model.add_again([_model_row(step, measured=False)])
        if round == self._played:
            # Rounds that were not on disk when the run was killed are no rounds of it.
            self._agents.cut()
            self._model.cut()

    def close(self) -> None:
        """Write what is left; errors as ``add``, but nothing waits any more."""
        try:
            self._agents.close()
        finally:
            self._model.close()


def agents_rows(step: Step) -> list[tuple[Any, ...]]:
    """Give the rows of a step, one for each agent."""
    outcome, lived = step.outcome, step.columns
    ids = list(step.experiences)
    columns = (
        [step.number] * len(ids),
        ids,
        lived.round,
        [step.episode] * len(ids),
        lived.status,
        [action if type(action) is int else _cell(action) for action in lived.executed],
        lived.reward,
        _all_ms(outcome.latencies, ids),
        _all_ms(outcome.act_seconds, ids),
    )
    return list(zip(*columns, strict=True))


def _model_row(step: Step, *, measured: bool) -> tuple[Any, ...]:
    outcome = step.outcome
    counts = outcome.counts
    return (
        step.number,
        outcome.round,
        step.episode,
        len(outcome.status),
        *(counts.get(status, 0) for status in Status),
        step.reward,
        _ms(outcome.elapsed if measured else None),
        outcome.late,
    )


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


def _all_ms(spans: Mapping[str, float], ids: Sequence[str]) -> list[str]:
    """Give the time of each; empty for who has none."""
    milliseconds: list[float] = (seconds_of(spans, ids) * 1000).tolist()
    return ["" if isnan(ms) else f"{ms:.4f}" for ms in milliseconds]


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
