"""A store that was changed on disk is named, or says what it always said; never anything else."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from antiphon.errors import StoreCorruptError, StoreError
from antiphon.memory.store import access, checked
from antiphon.memory.store.database import Database
from antiphon.memory.store.head import HEAD
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.schema import DATABASE
from antiphon.memory.store.verify import verify
from antiphon.tests.memory.store.rounds import AGENTS, batches, content, files, lay, same, store

ROUNDS = 24
WAL = f"{DATABASE}-wal"

Said = list[object]


def everything(folder: Path) -> Said:
    """All that a reader can say, after the store was verified."""
    verified = verify(folder)
    with Reader(folder) as reader:
        return [
            verified,
            [tuple(one) for one in reader.experiences()],
            [tuple(one) for one in reader.evictions()],
            [(r[:4], [i.id for i in r.items]) for a in AGENTS for r in reader.replacements(a)],
            list(reader.rows("outcomes")),
            content(folder),
        ]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("ended")
    store(folder, ROUNDS, ballast=64)
    return files(folder)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A run that was killed while all of it was in the write-ahead log."""
    folder = tmp_path_factory.mktemp("killed")
    database = Database(folder, ballast=64)
    for first in range(0, ROUNDS, 3):
        database.commit(batches(3, first))
    left = {name: octets for name, octets in files(folder).items() if "shm" not in name}
    database.close()
    return left


def named_or_the_same(folder: Path, harmed: dict[str, bytes], meant: Said) -> bool:
    """Whether the harm was named; else what is said must be what was meant."""
    lay(folder, harmed)
    try:
        said = everything(folder)
    except StoreError as error:
        assert "run." in error.path, "it names the file"  # noqa: PT017
        return True
    assert same(said, meant)
    return False


def flipped(octets: bytes, bit: int) -> bytes:
    harmed = bytearray(octets)
    harmed[bit // 8] ^= 1 << bit % 8
    return bytes(harmed)


def flip(folder: Path, whole: dict[str, bytes], name: str, count: int, seed: int) -> int:
    """Flip bits one at a time; how often it was named."""
    meant = everything(lay(folder, whole))
    chance = random.Random(seed)
    bits = [chance.randrange(8 * len(whole[name])) for _ in range(count)]
    return sum(
        named_or_the_same(folder, whole | {name: flipped(whole[name], bit)}, meant) for bit in bits
    )


def cut(folder: Path, whole: dict[str, bytes], name: str, count: int, seed: int) -> int:
    meant = everything(lay(folder, whole))
    chance = random.Random(seed)
    lengths = [chance.randrange(len(whole[name])) for _ in range(count)]
    return sum(
        named_or_the_same(folder, whole | {name: whole[name][:length]}, meant) for length in lengths
    )


def test_a_flipped_bit_in_the_database_is_named_or_in_bytes_that_nobody_reads(
    tmp_path: Path, ended: dict[str, bytes]
) -> None:
    assert flip(tmp_path / "run", ended, DATABASE, 60, seed=1) > 20


def test_a_flipped_bit_in_the_log_is_named(tmp_path: Path, killed: dict[str, bytes]) -> None:
    assert flip(tmp_path / "run", killed, WAL, 25, seed=2) >= 24


def test_a_flipped_bit_in_the_head_changes_nothing(tmp_path: Path, ended: dict[str, bytes]) -> None:
    flip(tmp_path / "run", ended, HEAD, 10, seed=3)


def test_a_cut_file_is_named(
    tmp_path: Path, ended: dict[str, bytes], killed: dict[str, bytes]
) -> None:
    assert cut(tmp_path / "run", ended, DATABASE, 15, seed=4) == 15
    assert cut(tmp_path / "run", killed, WAL, 10, seed=5) == 10
    assert cut(tmp_path / "run", ended, HEAD, 5, seed=6) == 5


@pytest.mark.soak
def test_four_hundred_flips_two_hundred_cuts_and_a_hundred_flips_in_the_log(
    tmp_path: Path, ended: dict[str, bytes], killed: dict[str, bytes]
) -> None:
    folder = tmp_path / "run"
    assert flip(folder, ended, DATABASE, 400, seed=11) > 120
    assert flip(folder, ended, HEAD, 100, seed=12) == 0
    assert cut(folder, ended, DATABASE, 100, seed=13) == 100
    assert cut(folder, killed, WAL, 50, seed=14) == 50
    assert cut(folder, ended, HEAD, 50, seed=15) == 50
    assert flip(folder, killed, WAL, 100, seed=16) >= 98


@pytest.mark.parametrize("name", [DATABASE, WAL, HEAD])
def test_a_file_that_is_gone_is_named(tmp_path: Path, killed: dict[str, bytes], name: str) -> None:
    lay(tmp_path / "run", {other: octets for other, octets in killed.items() if other != name})
    for look in (everything, Database):
        with pytest.raises(StoreError, match=r"run\."):
            look(tmp_path / "run")


Harm = Callable[[sqlite3.Connection], object]
HARMS: dict[str, Harm] = {
    "a row is gone": lambda c: c.execute("DELETE FROM row WHERE seq = 9"),
    "the first row is gone": lambda c: c.execute("DELETE FROM row WHERE seq = 1"),
    "a body is another": lambda c: c.execute(
        "UPDATE row SET body = (SELECT body FROM row WHERE seq = 3) WHERE seq = 6"
    ),
    "two rows are swapped": lambda c: c.executescript(
        "UPDATE row SET seq = -1 WHERE seq = 5; UPDATE row SET seq = 5 WHERE seq = 6;"
        "UPDATE row SET seq = 6 WHERE seq = -1;"
    ),
    "a row has another agent": lambda c: c.execute(
        "UPDATE row SET agent = 2 WHERE kind = 'item' AND agent = 1"
    ),
    "a row has another kind": lambda c: c.execute(
        "UPDATE row SET kind = 'outcome' WHERE kind = 'outcomes'"
    ),
    "a round is gone": lambda c: c.execute("DELETE FROM row WHERE round = 4"),
    "the last round is gone": lambda c: c.execute("DELETE FROM row WHERE round = 23"),
    "a hash is another": lambda c: c.execute("UPDATE row SET hash = x'00' WHERE seq = 8"),
    "the end of a round is gone": lambda c: c.execute(
        "DELETE FROM row WHERE kind = 'round' AND round = 10"
    ),
    "there is one row more": lambda c: c.execute(
        "INSERT INTO row SELECT 9999, round, 'x', agent, number, hash, body FROM row WHERE seq = 1"
    ),
    "all is gone": lambda c: c.execute("DELETE FROM row"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_whoever_changes_rows_by_sql_is_found_out(
    tmp_path: Path, ended: dict[str, bytes], harm: str
) -> None:
    folder = lay(tmp_path / "run", ended)
    connection = sqlite3.connect(folder / DATABASE)
    HARMS[harm](connection)
    connection.commit()
    connection.close()
    with pytest.raises(StoreCorruptError):
        everything(folder)


def test_the_first_bad_row_is_named_with_its_round(tmp_path: Path, ended: dict[str, bytes]) -> None:
    folder = lay(tmp_path / "run", ended)
    connection = sqlite3.connect(folder / DATABASE)
    with connection:
        connection.execute("UPDATE row SET body = x'00' WHERE kind = 'outcomes' AND round >= 7")
        (seq,) = connection.execute(
            "SELECT seq FROM row WHERE kind = 'outcomes' AND round = 7"
        ).fetchone()
    connection.close()
    with pytest.raises(StoreCorruptError, match=rf"round 7: row {seq} \('outcomes'\)") as caught:
        verify(folder)
    assert caught.value.round == 7
    assert caught.value.path == str(folder / DATABASE)


def test_a_changed_row_is_seen_by_whoever_reads_it(tmp_path: Path, ended: dict[str, bytes]) -> None:
    folder = lay(tmp_path / "run", ended)
    connection = sqlite3.connect(folder / DATABASE)
    with connection:
        connection.execute("UPDATE row SET body = x'00' WHERE kind = 'item'")
    connection.close()
    with Reader(folder) as reader:
        with pytest.raises(StoreCorruptError, match="is not what was written"):
            list(reader.items("explorer-1"))
        with pytest.raises(StoreCorruptError, match="is not what was written"):
            reader.item("explorer-1", "1-4.0")


def test_without_a_chain_flips_go_unseen(
    tmp_path: Path, ended: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checked, "follows", lambda *_: True)
    with pytest.raises(AssertionError):
        flip(tmp_path / "run", ended, DATABASE, 60, seed=1)


def test_without_a_head_a_lost_tail_goes_unseen(
    tmp_path: Path, killed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "check_head", lambda *_: None)
    with pytest.raises(AssertionError):
        cut(tmp_path / "run", killed, WAL, 10, seed=5)
