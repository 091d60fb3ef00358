"""A disk that is full makes a run wait, and one that fails ends it; what was kept stays whole."""

from __future__ import annotations

import csv
import errno
import os
import sqlite3
import threading
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal import export as exporting
from antiphon.coordination.records import folder, tables
from antiphon.errors import RunInterrupted, StoreError, StoreFullError
from antiphon.memory import keeping
from antiphon.memory.store import insertion, writer
from antiphon.memory.store.database import Database
from antiphon.memory.store.verify import verify
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import RING, Diary, ran, resumed
from antiphon.tests.memory.store.faulty import connecting, failure, silent

STEPS = 40
FULL = (sqlite3.SQLITE_FULL, "database or disk is full")
BROKEN = (sqlite3.SQLITE_IOERR_WRITE, "disk I/O error")
READ_ONLY = (sqlite3.SQLITE_READONLY, "attempt to write a readonly database")


class Disk:
    """Lets so many statements through; what comes then fails until it is mended."""

    def __init__(self, statements: int, how: tuple[int, str]) -> None:
        self._left = statements
        self._how = how
        self.failed = 0
        self.has_failed: Callable[[], object] = lambda: None

    def mend(self) -> None:
        self._left = 1 << 30

    def __call__(self, statement: str) -> None:
        self._left -= 1
        if self._left < 0:
            self.failed += 1
            self.has_failed()
            raise failure(*self._how)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        def database(folder: Path, **options: Any) -> Database:
            return Database(folder, connect=connecting(self, silent), ballast=4096, **options)

        patch.setattr(keeping, "Database", database)
        patch.setattr(keeping, "_ROUNDS", 4)
        # However many rounds one commit is of, each row is a statement.
        patch.setattr(insertion, "_MOST", 0)
        patch.setattr(writer, "PAUSE", 0.0)
        patch.setattr(writer, "RETRY_AFTER", 0.001)


@pytest.fixture(scope="module")
def whole() -> str:
    return ran(STEPS, RING, Diary).trace


@pytest.mark.parametrize("statements", [30, 36, 42])
def test_a_run_on_a_full_disk_waits_and_goes_on_when_there_is_space(
    tmp_path: Path, whole: str, statements: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(statements, FULL)
    disk.has_failed = lambda: disk.mend() if disk.failed == 5 else None
    disk.install(monkeypatch)
    run = ran(STEPS, RING, Diary, out=tmp_path / "r")
    assert (run.trace, run.rounds) == (whole, STEPS)
    assert disk.failed == 5
    assert verify(tmp_path / "r").rounds == STEPS


def test_while_it_waits_it_says_why_and_plays_no_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("antiphon.memory.store.feed.MOST_ROUNDS", 8)
    disk = Disk(36, FULL)
    disk.install(monkeypatch)
    steps: list[int] = []
    before = threading.Event()

    def fail() -> None:
        if disk.failed >= 20 and "store.waits_for_space" in caplog.text:
            # Whoever plays is at rest by now: the rounds that may wait are eight.
            before.set()
            disk.mend()

    disk.has_failed = fail
    ran(STEPS, RING, Diary, out=tmp_path / "r", then=lambda step: steps.append(step.number))
    assert before.is_set()
    assert "store.waits_for_space" in caplog.text
    assert "run.db: database or disk is full" in caplog.text
    assert "store.goes_on" in caplog.text
    assert steps == list(range(1, STEPS + 1))


@pytest.mark.parametrize(
    "failing", [(FULL, StoreFullError), (BROKEN, StoreError), (READ_ONLY, StoreError)]
)
@pytest.mark.parametrize("statements", [30, 33, 38])
def test_what_does_not_end_is_a_typed_error_and_the_run_can_be_resumed(
    tmp_path: Path,
    whole: str,
    statements: int,
    failing: tuple[tuple[int, str], type[StoreError]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    how, kind = failing
    with monkeypatch.context() as patch:
        disk = Disk(statements, how)
        disk.install(patch)
        with pytest.raises(kind) as caught:
            ran(STEPS, RING, Diary, out=tmp_path / "r", disk_patience=0)
    assert type(caught.value) is kind
    assert "run.db" in str(caught.value)
    assert verify(tmp_path / "r").rounds < STEPS
    assert resumed(tmp_path / "r", STEPS).trace == whole
    assert verify(tmp_path / "r").rounds == STEPS
    Society.verify(tmp_path / "r")


def test_who_ends_a_run_that_waits_for_space_need_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(36, FULL)
    disk.install(monkeypatch)

    def enough(step: Any) -> None:
        if step.number == 30:
            raise ZeroDivisionError

    # An hour is not over when this ends.
    with pytest.raises((ZeroDivisionError, StoreFullError)):
        ran(STEPS, RING, Diary, out=tmp_path / "r", then=enough)


def test_ctrl_c_ends_a_run_whose_table_and_result_have_no_space(
    tmp_path: Path, whole: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def ctrl_c(step: Any) -> None:
        if step.number == 9:
            raise KeyboardInterrupt

    def no_space(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        # What is in memory when the run is over meets a full disk then, and not before.
        table_fails(patch, "agents.csv", 0, number=errno.ENOSPC)
        patch.setattr(tables, "_AT_ONCE", 1 << 20)
        patch.setattr(folder.RunFolder, "write_result", no_space)
        with pytest.raises(RunInterrupted) as caught:
            ran(STEPS, RING, Diary, out=tmp_path / "r", tables=True, then=ctrl_c)
    assert caught.value.run.rounds == 9
    assert caplog.text.count("run.left_unwritten") == 2
    assert resumed(tmp_path / "r", STEPS).trace == whole


class Faulty:
    """A file that lets so many writes through, and fails so many after them."""

    def __init__(self, file: Any, writes: int, failures: int, number: int) -> None:
        self._file, self._left, self._failures, self._number = file, writes, failures, number

    def write(self, octets: bytes) -> int:
        if self._left > 0:
            self._left -= 1
            # As a disk does that is nearly full: it takes a part.
            return int(self._file.write(bytes(octets[:100])))
        if self._failures > 0:
            self._failures -= 1
            raise OSError(self._number, os.strerror(self._number))
        return int(self._file.write(octets))

    def close(self) -> None:
        self._file.close()


def table_fails(
    patch: pytest.MonkeyPatch, name: str, writes: int, *, failures: int = 1 << 30, number: int
) -> None:
    opened = Path.open

    def open(path: Path, *arguments: Any, **options: Any) -> Any:
        file = opened(path, *arguments, **options)
        writing = path.name == name and arguments[:1] == ("wb",)
        return Faulty(file, writes, failures, number) if writing else file

    patch.setattr(Path, "open", open)
    patch.setattr(tables, "_AT_ONCE", 200)
    patch.setattr(tables, "MOST_HELD", 400)


def without_times(path: Path) -> list[list[str]]:
    times = {"latency_ms", "act_ms", "round_ms"}
    with path.open(newline="", encoding="utf-8") as file:
        return [
            [held for key, held in row.items() if key not in times] for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize(
    "fails", [*product(["agents.csv", "model.csv"], [errno.ENOSPC, errno.EIO])]
)
@pytest.mark.parametrize(
    "writes", [0, 9, *[pytest.param(n, marks=pytest.mark.soak) for n in (*range(1, 9), 12, 15)]]
)
def test_a_table_that_cannot_be_written_is_named_and_the_rounds_before_are_kept(
    tmp_path: Path, whole: str, writes: int, fails: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, number = fails
    kind = StoreFullError if number == errno.ENOSPC else StoreError
    steps: list[int] = []
    with monkeypatch.context() as patch:
        table_fails(patch, name, writes, number=number)
        with pytest.raises(kind, match=f"{name}: {os.strerror(number)}") as caught:
            ran(STEPS, RING, Diary, out=tmp_path / "r", tables=True,
                then=lambda step: steps.append(step.number))  # fmt: skip
    assert type(caught.value) is kind
    # No more waits than may, though a run that small could keep all of it.
    assert len(steps) < STEPS or writes > 9
    # The round whose rows could not be written was played, and so is kept.
    assert verify(tmp_path / "r").rounds in (len(steps), len(steps) + 1)
    assert resumed(tmp_path / "r", STEPS).trace == whole
    ran(STEPS, RING, Diary, out=tmp_path / "whole", tables=True)
    for table in ("agents.csv", "model.csv"):
        assert without_times(tmp_path / "r" / table) == without_times(tmp_path / "whole" / table)


@pytest.mark.parametrize("name", ["agents.csv", "model.csv"])
def test_a_table_goes_on_without_a_gap_when_there_is_space(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        table_fails(patch, name, 5, failures=2, number=errno.ENOSPC)
        patch.setattr(tables, "MOST_HELD", 5000)
        ran(STEPS, RING, Diary, out=tmp_path / "r", tables=True)
    assert caplog.text.count("table.waits_for_space") == 1
    assert f"{name}: {os.strerror(errno.ENOSPC)}" in caplog.text
    ran(STEPS, RING, Diary, out=tmp_path / "whole", tables=True)
    for table in ("agents.csv", "model.csv"):
        assert without_times(tmp_path / "r" / table) == without_times(tmp_path / "whole" / table)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device here")
def test_a_table_on_a_full_device_is_named(tmp_path: Path, whole: str) -> None:
    ran(12, RING, Diary, out=tmp_path / "r", tables=True)
    table = tmp_path / "r/agents.csv"
    table.unlink()
    table.symlink_to("/dev/full")
    with pytest.raises(StoreFullError, match=r"agents\.csv"):
        resumed(tmp_path / "r", STEPS)
    assert verify(tmp_path / "r").rounds == STEPS
    table.unlink()
    assert resumed(tmp_path / "r").trace == whole


@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("where", ["write", "close"])
def test_an_export_that_cannot_be_written_is_named(
    tmp_path: Path, format: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    ran(12, RING, Diary, out=tmp_path / "r")
    before = verify(tmp_path / "r")

    real = getattr(exporting._SHEETS[format], where)

    def fail(*arguments: Any) -> None:
        if where == "close":
            real(*arguments)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(exporting._SHEETS[format], where, fail)
    with pytest.raises(StoreFullError, match=rf"(agents|model|messages)\.{format}: No space"):
        exporting.export(tmp_path / "r", tmp_path / "t", format=format)
    assert verify(tmp_path / "r") == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_files_beside_the_store_fail_by_name_as_well(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, value: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(folder, "write_json", write)
    kind = StoreFullError if number == errno.ENOSPC else StoreError
    with pytest.raises(kind, match=r"settings\.json") as caught:
        ran(3, RING, Diary, out=tmp_path / "r")
    assert type(caught.value) is kind
