"""The power fails: what was acknowledged is there, whatever else of the last writes is.

What a disk holds then is put together from copies: up to the last acknowledged commit all of
it, since that commit waited for the disk; of what was written later any part, in any order.
"""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from antiphon.errors import StoreCorruptError
from antiphon.memory.store.database import Database
from antiphon.memory.store.head import HEAD
from antiphon.memory.store.schema import DATABASE
from antiphon.memory.store.verify import verify
from antiphon.tests.memory.store.rounds import batch, batches, content, files, lay, store

ROUNDS = 30
WAL = f"{DATABASE}-wal"
PAGE = 8192
Disk = dict[str, bytes]


def held(folder: Path) -> Disk:
    """The files that a machine which starts again finds; shared memory is gone."""
    return {name: octets for name, octets in files(folder).items() if not name.endswith("-shm")}


def quietly(*arguments: Any, **options: Any) -> sqlite3.Connection:
    """A connection that leaves the log alone, for checkpoints to be made by hand."""

    class Quiet(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("checkpoint = 1000", "checkpoint = 0"), *rest)

    return sqlite3.connect(*arguments, factory=Quiet, **options)


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Disk, Disk]]:
    """For each round, what the disk held for certain, and what it may have held in part."""
    folder = tmp_path_factory.mktemp("run")
    database = Database(folder, connect=quietly, ballast=64)
    pairs = []
    for round in range(ROUNDS):
        certain = held(folder)
        if round % 10 == 9:
            assert database._connection is not None
            database._connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
        else:
            database.commit([batch(round - round // 10)])
        pairs.append((certain, held(folder)))
    database.close()
    return pairs


@pytest.fixture(scope="module")
def meant(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    folder = tmp_path_factory.mktemp("meant")
    store(folder, ROUNDS)
    return content(folder)


def cut_off(certain: Disk, later: Disk, chance: random.Random) -> Disk:
    """Put together what may be on the disk after a power cut between two moments."""
    # The head is begun when the commit has come back from the disk: one of the two is whole.
    committed = chance.random() < 0.3
    return {
        name: torn(certain.get(name, b""), octets, chance)
        if (name == HEAD) == committed
        else (later if committed else certain | {name: certain.get(name, b"")})[name]
        for name, octets in later.items()
    }


def torn(before: bytes, after: bytes, chance: random.Random, sector: int = 512) -> bytes:
    """Take each sector from before or after; new ones may be blank, garbage, or not there."""
    share = chance.choice([0.0, 0.1, 0.5, 0.9, 1.0])
    made = bytearray(before)
    for at in range(0, max(len(before), len(after)), sector):
        new = after[at : at + sector]
        if before[at : at + sector] != new and chance.random() < share:
            made += bytes(max(0, at - len(made)))
            made[at : at + len(new)] = new
    if len(made) > len(before) and chance.random() < 0.3:
        end = chance.randrange(len(before), len(made))
        made[end:] = chance.randbytes(len(made) - end)
    return bytes(made)


def cut_the_power(
    folder: Path, disks: list[tuple[Disk, Disk]], meant: list[Any], count: int
) -> int:
    """Cut it so many times; how often more than what was acknowledged was there."""
    more = 0
    for number in range(count):
        chance = random.Random(number)
        moment = chance.randrange(1, len(disks))
        certain, later = disks[moment]
        acknowledged = verify(lay(folder, certain)).rounds
        lay(folder, cut_off(certain, later, chance))
        rounds = go_on(folder)
        assert acknowledged <= rounds <= acknowledged + 1, f"cut {number}"
        rows = content(folder)
        assert rows == meant[: len(rows)], f"cut {number}"
        more += rounds > acknowledged
    return more


def go_on(folder: Path) -> int:
    """Open the store as a run does that goes on; how many whole rounds there are."""
    Database(folder, ballast=64).close()
    return verify(folder).rounds


def test_a_power_cut_loses_nothing_that_was_acknowledged(
    tmp_path: Path, disks: list[tuple[Disk, Disk]], meant: list[Any]
) -> None:
    assert cut_the_power(tmp_path / "run", disks, meant, 20) > 2


@pytest.mark.soak
def test_a_thousand_power_cuts_lose_nothing_that_was_acknowledged(
    tmp_path: Path, disks: list[tuple[Disk, Disk]], meant: list[Any]
) -> None:
    assert cut_the_power(tmp_path / "run", disks, meant, 1000) > 100


def test_a_commit_that_did_not_wait_for_the_disk_is_missed(
    tmp_path: Path, disks: list[tuple[Disk, Disk]], meant: list[Any]
) -> None:
    # The mutant: with less than FULL the log may lag behind what was acknowledged.
    unsynced = [(disks[max(0, n - 3)][0], later) for n, (_, later) in enumerate(disks)]
    lagging = [(old | {HEAD: later[HEAD]}, later) for old, later in unsynced]
    with pytest.raises((AssertionError, StoreCorruptError)):
        cut_the_power(tmp_path / "run", lagging[4:9], meant, 20)


def test_batches_are_acknowledged_together(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.commit(batches(5))
    acknowledged = held(tmp_path)
    database.close()
    assert verify(lay(tmp_path / "after", acknowledged)).rounds == 5
