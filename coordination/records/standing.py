"""The rows that a run has left in a table, for the run that goes on with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

_KEYS = 3
"""Columns that say which row it is; the others may hold times, which nobody measures twice."""


class Standing:
    """Tells row by row what stands there already.

    A table may lack its end, or end in the middle of a row: its writer was killed.

    Attributes:
        end: bytes, up to where it is what it has to be.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Open it; errors as of a file."""
        self.end = 0
        self._read = 0
        self._whole = False
        self._columns = len(columns)
        self._file = path.open("rb")
        self._rows: Iterator[list[str]] = csv.reader(self._lines())
        self._next_is(columns, len(columns))

    def _lines(self) -> Iterator[str]:
        for line in self._file:
            self._read += len(line)
            self._whole = line.endswith(b"\n")
            yield line.decode()

    def has(self, row: Sequence[Any]) -> bool:
        """Say whether the next row is this one; if not, none of those after it stands either."""
        return self._next_is(row, _KEYS)

    def _next_is(self, row: Sequence[Any], keys: int) -> bool:
        try:
            found = next(self._rows)
        except (StopIteration, csv.Error, UnicodeDecodeError):
            found = []
        same = found[:keys] == [str(cell) for cell in row[:keys]]
        if same and self._whole and len(found) == self._columns:
            self.end = self._read
            return True
        self._rows = iter(())
        return False

    def close(self) -> None:
        self._file.close()
