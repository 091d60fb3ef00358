"""The table of a sweep: a row for each cell, in the order of the cells, whoever was first."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ..coordination.outcome import Status
from ..errors import MissingExtraError
from .folder import SweepFolder
from .plan import FIGURES, Plan


class Table:
    """Writes ``sweep.csv`` anew from the results that there are, and goes on as others come."""

    def __init__(self, plan: Plan, folder: SweepFolder) -> None:
        self._plan, self._folder = plan, folder
        self._next = 0
        self._file = folder.table.open("w", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._file, [*plan.parameters, *FIGURES])
        self._writer.writeheader()

    def catch_up(self) -> None:
        """Write all rows that no untried cell stands before."""
        while self._next < len(self._plan):
            result = self._folder.read(self._next)
            if result is None:
                break
            self._writer.writerow(row_of(result))
            self._next += 1
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()


def row_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Give the row of one cell; a failed one has an error and no figures."""
    cells = {name: _cell(value) for name, value in result["parameters"].items()}
    if "error" in result:
        return {**cells, "seed": result["seed"], "error": result["error"]}
    figures = dict(result["figures"])
    outcomes = figures.pop("outcomes")
    every = {str(status): 0 for status in Status}
    return {**cells, "seed": result["seed"], **every, **outcomes, **figures, "error": ""}


def read_frame(path: Path) -> Any:
    """Give the table as a pandas frame.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError("a data frame", "data") from error
    return pd.read_csv(path, dtype={"error": "string", "trace": "string"})


def _cell(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else json.dumps(value)
