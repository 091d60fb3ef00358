"""Writes the frames of a run into files, a few steps at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from ...errors import MissingExtraError, StoreError
from ...memory.store.failing import named
from .frames import FRAMES, Frame, Record, steps
from .history import History, check_there

FORMATS = ("csv", "parquet")
_AT_ONCE = 1 << 15
"""Rows that are held before they are written."""
_TIMING = ("step", "agent", "latency_ms", "act_ms")


class Sheet(Protocol):
    """A file that takes rows."""

    def write(self, rows: Sequence[Record]) -> None: ...

    def close(self) -> None: ...


class CsvSheet:
    """Rows with commas between."""

    def __init__(self, path: Path, columns: dict[str, type]) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow(columns)

    def write(self, rows: Sequence[Record]) -> None:
        self._writer.writerows(rows)

    def close(self) -> None:
        self._file.close()


class ParquetSheet:
    """Rows in columns, compressed; each write is a group of its own."""

    def __init__(self, path: Path, columns: dict[str, type]) -> None:
        pa, pq = _arrow()
        kinds = {int: pa.int64(), float: pa.float64(), str: pa.string(), bool: pa.bool_()}
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        self._table = pa.table
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[Record]) -> None:
        held = dict(zip(self._schema.names, zip(*rows, strict=True), strict=True))
        self._writer.write_table(self._table(held, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _arrow() -> tuple[Any, Any]:
    """Import what writes Parquet.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        # By name: what comes with an extra is not there for who checks types.
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtraError("Parquet", "data") from error


_SHEETS: dict[str, Any] = {"csv": CsvSheet, "parquet": ParquetSheet}


def export(run: Path, to: Path, *, format: str = "csv") -> dict[str, int]:
    """Write the frames of a run into a new folder; give how many rows each has.

    There is one file for each: agents and messages by step and agent, the model by step; and
    timing, if the run kept tables, for it is in no journal.

    Raises:
        FileNotFoundError: there is no run.
        JournalError: nobody knows what it was made of.
        StoreError: it cannot be read, or the folder cannot be written.
        FileExistsError: the folder has something in it.
        MissingExtraError: Parquet needs an extra.
    """
    check_there(run)
    if format == "parquet":
        _arrow()  # before there is a folder
    with History(run) as history:
        to.mkdir(parents=True, exist_ok=True)
        if any(to.iterdir()):
            raise FileExistsError(f"folder {to} is not empty; choose another name")
        counts = dict.fromkeys(FRAMES, 0)
        with ExitStack() as stack:
            sheets = {
                name: stack.enter_context(_Buffered(to, name, frame.columns, format))
                for name, frame in FRAMES.items()
            }
            for told in steps(history):
                for name, frame in FRAMES.items():
                    counts[name] += sheets[name].add(frame.rows(told))
    if (run / "agents.csv").is_file():
        counts["timing"] = _export_timing(run / "agents.csv", to, format)
    return counts


def _export_timing(agents: Path, to: Path, format: str) -> int:
    columns = {"step": int, "agent": str, "latency_ms": float, "act_ms": float}
    with _Buffered(to, "timing", columns, format) as sheet:
        return sum(sheet.add(iter([row])) for row in _timing_in(agents))


def _timing_in(agents: Path) -> Iterator[Record]:
    with named(agents), agents.open(newline="", encoding="utf-8") as file:
        try:
            for row in csv.DictReader(file):
                step, agent_id, *times = (row[name] for name in _TIMING)
                yield int(step), agent_id, *(float(one) if one else None for one in times)
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise StoreError(agents, f"is no table of a run: {error}") from error


class _Buffered:
    """Holds rows until there are enough of them."""

    def __init__(self, to: Path, name: str, columns: Any, format: str) -> None:
        self._path = to / f"{name}.{format}"
        with named(self._path):
            self._sheet: Sheet = _SHEETS[format](self._path, dict(columns))
        self._rows: list[Record] = []

    def __enter__(self) -> Self:
        return self

    def add(self, rows: Iterator[Record]) -> int:
        """Take rows; give how many they were."""
        before = len(self._rows)
        self._rows.extend(rows)
        added = len(self._rows) - before
        if len(self._rows) >= _AT_ONCE:
            self._write()
        return added

    def _write(self) -> None:
        with named(self._path):
            if self._rows:
                self._sheet.write(self._rows)
            self._rows.clear()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._write()
        finally:
            with named(self._path):
                self._sheet.close()


def frame_of(run: Path, name: str) -> Any:
    """Give one frame of a run for pandas, indexed.

    Raises:
        MissingExtraError: pandas is not installed.
        JournalError, StoreError: as ``export``.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingExtraError("a data frame", "data") from error
    frame: Frame = FRAMES[name]
    with History(run) as history:
        rows = [row for told in steps(history) for row in frame.rows(told)]
    table = pd.DataFrame.from_records(rows, columns=list(frame.columns))
    return table.set_index(list(frame.keys))
