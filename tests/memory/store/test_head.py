"""The head outside the database holds under a torn write, and tells whether the tail is there."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from antiphon.errors import StoreCorruptError
from antiphon.memory.store.database import Database
from antiphon.memory.store.head import BLOCK, HEAD, START, Head, HeadFile, read_head
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.verify import verify
from antiphon.tests.memory.store.rounds import batches, files, lay, store


def test_the_newer_of_two_heads_counts_and_a_torn_one_leaves_the_other(tmp_path: Path) -> None:
    path = tmp_path / HEAD
    file = HeadFile(path, sync=True)
    file.begin()
    assert file.read() == read_head(path) == START
    for seq in range(1, 6):
        before = path.read_bytes()
        file.write(Head(seq, seq, bytes([seq]) * 32))
        after = path.read_bytes()
        assert read_head(path).seq == seq
        for cut in (1, 20, 70):
            at = next(at for at in (0, BLOCK) if before[at : at + BLOCK] != after[at : at + BLOCK])
            path.write_bytes(before[:at] + after[at : at + cut] + before[at + cut :])
            assert read_head(path).seq in {seq - 1, seq}
        path.write_bytes(after)
    file.close()


def test_a_reopened_head_is_written_over_the_older_place(tmp_path: Path) -> None:
    for seq in range(4):
        file = HeadFile(tmp_path / HEAD, sync=False)
        if not seq:
            file.begin()
        assert file.read().seq == seq
        file.write(Head(seq + 1, seq, bytes(32)))
        blocks = (tmp_path / HEAD).read_bytes()
        (tmp_path / HEAD).write_bytes(blocks)
        file.close()
        assert read_head(tmp_path / HEAD).seq == seq + 1
        other = [at for at in (0, BLOCK) if blocks[at + 16] == seq]
        assert len(other) == 1, "the one before is still there"


@pytest.mark.parametrize("size", [0, 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK + 1])
def test_a_head_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    store(tmp_path, 2)
    octets = (tmp_path / HEAD).read_bytes()
    (tmp_path / HEAD).write_bytes((octets + octets)[:size])
    for look in (Reader, verify, Database):
        with pytest.raises(StoreCorruptError, match=r"run\.head"):
            look(tmp_path)


def test_a_lost_tail_is_seen_by_everyone(tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.mkdir()
    store(older, 3)
    newer = lay(tmp_path / "newer", files(older))
    store(newer, 0)
    database = Database(newer)
    database.commit(batches(3, 3))
    database.close()
    mixed = lay(tmp_path / "mixed", files(older) | {HEAD: (newer / HEAD).read_bytes()})
    for look in (Reader, verify, Database):
        with pytest.raises(StoreCorruptError, match="ends with round 2, and round 5 was") as caught:
            look(mixed)
        assert caught.value.round == 3


def test_another_runs_head_is_refused(tmp_path: Path) -> None:
    for name, first in (("one", 0), ("other", 7)):
        (tmp_path / name).mkdir()
        database = Database(tmp_path / name)
        database.commit(batches(2, first))
        database.close()
    for ours, theirs in itertools.permutations(("one", "other")):
        mixed = lay(
            tmp_path / "mixed",
            files(tmp_path / ours) | {HEAD: (tmp_path / theirs / HEAD).read_bytes()},
        )
        with pytest.raises(StoreCorruptError, match=r"its head says|was committed"):
            Reader(mixed)


def test_a_head_that_a_kill_left_behind_is_mended_when_the_run_goes_on(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.commit(batches(2))
    behind = (tmp_path / HEAD).read_bytes()
    database.commit(batches(2, 2))
    database.close()
    (tmp_path / HEAD).write_bytes(behind)
    assert verify(tmp_path).rounds == 4
    Database(tmp_path).close()
    assert read_head(tmp_path / HEAD).round == 3
