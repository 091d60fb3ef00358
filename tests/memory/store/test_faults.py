"""A machine that fails or is full: a typed error, the last round whole, and on it goes."""

from __future__ import annotations

import errno
import os
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from antiphon.errors import StoreError, StoreFullError
from antiphon.memory.store import database, head
from antiphon.memory.store.ballast import Ballast
from antiphon.memory.store.batch import Batch
from antiphon.memory.store.database import Database
from antiphon.memory.store.verify import verify
from antiphon.tests.memory.store.faulty import Nth, connecting, failure, silent
from antiphon.tests.memory.store.rounds import batch, batches, content, in_child, store

ROUNDS = 4
FAILURES = {
    "full": (sqlite3.SQLITE_FULL, "database or disk is full", StoreFullError),
    "write": (sqlite3.SQLITE_IOERR_WRITE, "disk I/O error", StoreError),
    "sync": (sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error", StoreError),
    "read only": (sqlite3.SQLITE_READONLY, "attempt to write a readonly database", StoreError),
}


@pytest.fixture(scope="module")
def meant(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str, int, int, bytes]]:
    folder = tmp_path_factory.mktemp("meant")
    store(folder, ROUNDS)
    return content(folder)


def raising(code: int, text: str) -> Callable[[], None]:
    def fail() -> None:
        raise failure(code, text)

    return fail


@pytest.mark.parametrize("after", [False, True], ids=["undone", "done"])
@pytest.mark.parametrize(
    "kind",
    ["full", "write", *[pytest.param(k, marks=pytest.mark.soak) for k in ("sync", "read only")]],
)
def test_every_nth_failure_of_the_database_is_named_and_overcome(
    tmp_path: Path, meant: list[Any], kind: str, *, after: bool
) -> None:
    code, text, expected = FAILURES[kind]
    nth = met = 0
    while nth <= met:
        nth += 1
        fail = Nth(nth, raising(code, text))
        folder = tmp_path / str(nth)
        folder.mkdir()
        say = (silent, fail) if after else (fail, silent)
        failed = write_through(folder, connecting(*say), expected)
        assert failed <= (fail.steps >= nth)
        assert content(folder) == meant
        assert verify(folder).rounds == ROUNDS
        met = fail.steps
    assert nth > 30, "no step was left out"


def write_through(
    folder: Path, connect: Any, expected: type[StoreError], durability: Any = "off"
) -> int:
    """Write all rounds, trying again what fails; how often something did."""
    failed = 0
    store: Database | None = None
    at = 0
    try:
        while at < ROUNDS:
            try:
                store = store or Database(
                    folder, connect=connect, ballast=4096, durability=durability
                )
                store.commit(batches_once(at))
                at += 2
            except StoreError as error:
                assert type(error) is expected  # noqa: PT017
                assert "run." in str(error)  # noqa: PT017
                failed += 1
    finally:
        if store is not None:
            store.close()
    return failed


_GIVEN: dict[int, Any] = {}


def batches_once(first: int) -> Any:
    """The same objects each time, as one who tries again has them."""
    return _GIVEN.setdefault(first, batches(2, first))


@pytest.mark.parametrize("name", ["pwrite", "_sync", "pread"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_every_nth_failure_of_the_head_is_named_and_overcome(
    tmp_path: Path, meant: list[Any], name: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: Any = head if name == "_sync" else os
    whole = getattr(where, name)
    expected = StoreFullError if number == errno.ENOSPC else StoreError
    nth = met = 0
    while nth <= met:
        nth += 1

        def fail() -> None:
            raise OSError(number, os.strerror(number))

        count = Nth(nth, fail)
        monkeypatch.setattr(where, name, lambda *a, count=count: (count(), whole(*a))[1])
        folder = tmp_path / str(nth)
        folder.mkdir()
        write_through(folder, sqlite3.connect, expected, "full")
        monkeypatch.setattr(where, name, whole)
        assert content(folder) == meant
        met = count.steps
    assert nth >= 3


def as_many_as_fit(store: Database, given: Sequence[Batch]) -> tuple[int, StoreError | None]:
    """Commit rounds one by one; how many went in, and what the next one met."""
    for count, one in enumerate(given):
        try:
            store.commit([one])
        except StoreError as error:
            return count, error
    return len(given), None


def has_ballast_after(store: Database, one: Batch) -> bool:
    store.commit([one])
    return store.has_ballast


class Small:
    """A database that may have so many pages; what is beyond is a full disk."""

    def __init__(self, pages: int) -> None:
        self.pages = pages

    def __call__(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = sqlite3.connect(*arguments, **options)
        connection.execute("PRAGMA page_size = 8192")
        connection.execute(f"PRAGMA max_page_count = {self.pages}").fetchall()
        return connection


def test_a_full_database_keeps_its_last_round_and_goes_on_when_it_may_grow(tmp_path: Path) -> None:
    small = Small(12)
    store = Database(tmp_path, connect=small)
    waiting = batches(400)
    committed, error = as_many_as_fit(store, waiting)
    assert isinstance(error, StoreFullError)
    assert "run.db: database or disk is full" in str(error)
    assert 0 < committed < 400
    assert store.round == committed - 1
    assert verify(tmp_path).rounds == committed
    with pytest.raises(StoreFullError):
        store.commit(waiting[committed:])
    small.pages = 10_000
    store.commit(waiting[committed:])
    store.close()
    assert verify(tmp_path).rounds == 400


def test_the_ballast_goes_overboard_once_and_comes_back_when_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Database(tmp_path, ballast=4096)
    ballast = tmp_path / database.BALLAST
    assert ballast.stat().st_size == 4096
    assert ballast.stat().st_blocks * 512 >= 4096
    whole = Database._written
    is_full = True

    def written(self: Database, given: Any) -> Any:
        if ballast.exists() and is_full:
            raise failure(sqlite3.SQLITE_FULL, "database or disk is full")
        return whole(self, given)

    monkeypatch.setattr(Database, "_written", written)
    monkeypatch.setattr(Ballast, "_has_room", lambda _: not is_full)
    store.commit([batch(0)])
    assert (store.round, store.has_ballast) == (0, False)
    store.commit([batch(1)])
    assert not store.has_ballast
    is_full = False
    store.commit([batch(2)])
    assert store.has_ballast
    store.close()
    assert verify(tmp_path).rounds == 3


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB, where this machine lets us make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_the_last_things_are_written_and_then_it_waits(tiny_disk: Path) -> None:
    filler = tiny_disk / "filler"
    store = Database(tiny_disk, ballast=512 << 10)
    filler.write_bytes(bytes(1 << 20))
    given = batches(2000)
    dropped_at = next(one.round for one in given if not has_ballast_after(store, one))
    more, error = as_many_as_fit(store, given[dropped_at + 1 :])
    assert isinstance(error, StoreFullError)
    assert "run." in str(error)
    assert more > 0, "the ballast made room for more rounds"
    committed = dropped_at + 1 + more
    assert verify(tiny_disk).rounds == committed == store.round + 1
    filler.unlink()
    store.commit(given[committed : committed + 50])
    assert store.round == committed + 49
    store.close()
    assert verify(tiny_disk).rounds == committed + 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_writes_that_the_machine_refuses_are_named(tmp_path: Path) -> None:
    def write() -> None:
        # From there on every write to any file fails in the kernel.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        store = Database(tmp_path, ballast=4096)
        given = batches(2000)
        committed, error = as_many_as_fit(store, given)
        assert "run.db" in str(error)
        assert verify(tmp_path).rounds == committed > 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        store.commit(given[committed : committed + 20])
        store.close()
        assert verify(tmp_path).rounds == committed + 20

    assert in_child(write) == 0


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"run\.head: No such file"):
        Database(tmp_path / "nowhere")
