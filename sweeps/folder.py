"""A sweep's folder: what it is, a file for each cell that is finished, and the table of all."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ..coordination.records.manifest import write_json

_LONGEST = 60


class SweepFolder:
    """Keeps the results of cells, each whole or not at all; one process at a time has it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.table = path / "sweep.csv"
        self.scratch = path / "scratch"
        self._cells = path / "cells"
        self._manifest = path / "sweep.json"

    def open(self, plan: Mapping[str, Any]) -> Self:
        """Make the folder, or go on with the one that is there.

        Raises:
            FileExistsError: it holds something else, another sweep, or one that goes on now.
        """
        if self.path.exists() and (not self.path.is_dir() or self._is_strange()):
            raise FileExistsError(f"{self.path} is there and holds no sweep; choose another name")
        self._cells.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / "sweep.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._take(plan)
        except BaseException:  # Ctrl-C too: whoever has no folder cannot close it
            os.close(self._lock)
            raise
        return self

    def _is_strange(self) -> bool:
        # What is left of one that ended before it could say what it was is no harm.
        ours = {"sweep.lock", "cells", "sweep.json.part"}
        return not self._manifest.exists() and {f.name for f in self.path.iterdir()} - ours != set()

    def _take(self, plan: Mapping[str, Any]) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileExistsError(f"{self.path} is in use: its sweep is going on") from None
        if not self._manifest.exists():
            write_json(self._manifest, plan)
        elif different := _difference(json.loads(self._manifest.read_text("utf-8")), plan):
            raise FileExistsError(f"{self.path} holds another sweep: {different}")
        # Those that failed have another try; what was killed left its scratch.
        for file in self._cells.glob("*.failed.json"):
            file.unlink()
        self._clear()
        self.scratch.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._clear()
        os.close(self._lock)

    def _clear(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)

    def has(self, number: int) -> bool:
        """Whether this cell is finished."""
        return self._file(number).exists()

    def finished(self) -> int:
        """Count the cells that are finished."""
        if not self._cells.is_dir():
            return 0
        with os.scandir(self._cells) as entries:
            return sum(entry.name.count(".") == 1 for entry in entries)

    def keep(self, number: int, cell: Mapping[str, Any]) -> None:
        """Keep what came of a cell."""
        write_json(self._file(number), cell)

    def keep_failed(self, number: int, cell: Mapping[str, Any]) -> None:
        """Keep why a cell failed, until it has another try."""
        write_json(self._file(number, ".failed"), cell)

    def read(self, number: int) -> dict[str, Any] | None:
        """Give what came of a cell, or why it failed; None if it has not been tried."""
        for kind in ("", ".failed"):
            try:
                found: dict[str, Any] = json.loads(self._file(number, kind).read_text("utf-8"))
            except FileNotFoundError:
                continue
            return found
        return None

    def _file(self, number: int, kind: str = "") -> Path:
        return self._cells / f"{number:08}{kind}.json"


def _difference(there: Mapping[str, Any], here: Mapping[str, Any], path: str = "") -> str:
    """Name the first thing in which two sweeps differ; empty if there is none."""
    # What was written down is compared with what would be, in which no tuple is left.
    here = json.loads(json.dumps(here))
    for key in dict.fromkeys([*there, *here]):
        one, other = there.get(key), here.get(key)
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            return _difference(one, other, f"{path}{key}.")
        return f"its {path}{key} is {_short(one)}, not {_short(other)}; choose another name"
    return ""


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
