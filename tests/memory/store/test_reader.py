"""Readers see whole rounds, of a living run too, and leave everything as it is."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from antiphon.errors import StoreCorruptError, StoreError
from antiphon.memory.store import access
from antiphon.memory.store.batch import Batch
from antiphon.memory.store.database import Database
from antiphon.memory.store.head import HEAD
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.schema import DATABASE
from antiphon.memory.store.verify import verify
from antiphon.tests.memory.store.faulty import connecting, silent
from antiphon.tests.memory.store.rounds import batches, content, files, lay, store


def test_a_living_run_is_read_up_to_its_last_whole_round(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.commit(batches(3))
    with Reader(tmp_path) as reader:
        seen = len(list(reader.stored()))
        rows = reader.stored()
        next(rows)
        database.commit(batches(3, 3))
        assert reader.round == 2
        assert len(list(rows)) == seen - 1
        assert len(list(reader.items("explorer-1"))) == 0
        reader.refresh()
        assert (reader.round, verify(tmp_path).rounds) == (5, 6)
        assert len(list(reader.items("explorer-1"))) == 2
    database.close()


def test_a_round_under_way_is_not_seen(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(sql: str) -> None:
        if sql == "COMMIT" and (tmp_path / HEAD).exists():
            with Reader(tmp_path) as reader:
                seen.append(reader.round)

    database = Database(tmp_path)
    database.close()
    database = Database(tmp_path, connect=connecting(look, silent))
    database.commit(batches(2))
    database.commit(batches(1, 2))
    database.close()
    assert seen == [-1, 1]


def test_rows_behind_the_last_whole_round_do_not_exist_and_verify_names_them(
    tmp_path: Path,
) -> None:
    store(tmp_path, 3)
    before = content(tmp_path)
    connection = sqlite3.connect(tmp_path / DATABASE)
    with connection:
        connection.execute("INSERT INTO row VALUES (999, 3, 'experiences', 0, 3, x'', x'')")
    connection.close()
    assert content(tmp_path) == before
    with pytest.raises(StoreCorruptError, match="behind its last whole round"):
        verify(tmp_path)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("lost", ["seq > 9", "seq = 9", "seq = 1", "seq > 0"])
def test_a_row_that_is_not_there_is_named_by_whoever_reads_them_all(
    tmp_path: Path, lost: str, *, newest_first: bool
) -> None:
    store(tmp_path, 5)
    with Reader(tmp_path) as reader:
        connection = sqlite3.connect(tmp_path / DATABASE)
        connection.execute(f"DELETE FROM row WHERE {lost}")
        connection.commit()
        connection.close()
        with pytest.raises(StoreCorruptError):
            list(reader.stored(newest_first=newest_first))


def test_reading_changes_no_file(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.commit(batches(6))
    living = {name: octets for name, octets in files(tmp_path).items() if "shm" not in name}
    copy = lay(tmp_path / "killed", living)
    verify(copy)
    content(copy)
    after = files(copy)
    assert {name: after[name] for name in living} == living
    assert (copy / "run.db-wal").stat().st_size > 0
    database.close()


def test_a_reader_that_stops_in_the_middle_holds_nothing_up(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.commit(batches(40))
    with Reader(tmp_path) as reader:
        rows = reader.stored()
        next(rows)
        assert database._connection is not None
        busy, log, done = database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (busy, log, done) == (0, 0, 0)
    database.close()


def test_a_folder_that_nobody_may_write_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(tmp_path, 3)
    opened: list[str] = []
    connect = sqlite3.connect

    def listening(target: str, *arguments: object, **options: object) -> sqlite3.Connection:
        opened.append(target)
        return connect(target, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite3, "connect", listening)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert verify(tmp_path).rounds == 3
    assert all("immutable=1" in target for target in opened)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.ballast", "run.db", "run.head"]


def test_a_name_full_of_signs_leads_to_its_own_file(tmp_path: Path) -> None:
    folder = tmp_path / "50%? #1&mode=rw;'\"é"
    folder.mkdir()
    store(folder, 2)
    assert verify(folder).rounds == 2


def test_where_there_is_no_store_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        Reader(tmp_path)
    store(tmp_path, 1)
    (tmp_path / HEAD).unlink()
    with pytest.raises(StoreError, match=r"run\.head: No such file"):
        Reader(tmp_path)
    with pytest.raises(StoreCorruptError, match="is blank"):
        Database(tmp_path)


def test_a_store_without_rounds_is_whole(tmp_path: Path) -> None:
    store(tmp_path, 0)
    assert verify(tmp_path).rounds == 0
    database = Database(tmp_path)
    database.commit([Batch(0)])
    database.close()
    assert verify(tmp_path).rounds == 1


def test_rows_are_read_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, 12)
    whole = content(tmp_path)
    monkeypatch.setattr(access, "_AT_ONCE", 3000)
    with Reader(tmp_path) as reader:
        assert len(reader._some("", 1, 1000, newest_first=False)) < 12
    assert content(tmp_path) == whole
