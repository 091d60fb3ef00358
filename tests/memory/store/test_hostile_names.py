"""Hostile names and texts are data to the store, or refused by name; never SQL, never paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from antiphon.errors import AgentIdError, StoreError, UnknownNameError
from antiphon.memory.store.batch import Batch, Row
from antiphon.memory.store.database import Database
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.verify import verify
from antiphon.tests.memory.store.rounds import lived

NAMES = [
    "'; DROP TABLE row; --", '"; DROP TABLE row; --', "x' OR '1'='1", "row; VACUUM", "%s%s%n",
    "{0}", "../../etc/passwd", "..\\..\\run.db", "/etc/passwd", "a/b", "C:\\x", "con",
    "nul\x00byte", "\x1b[31mred", "line\nbreak", "tab\t", "\r\nSet-Cookie: x",
    "<script>alert(1)</script>", "&lt;", "<!--", "]]>", "\u202egnp.exe", "\u200b", "\xe9",
    "\uff46\uff55\uff4c\uff4c", "\U0001f642", "\u0131", "\u0130", " ", "", "  bob", "bob ", "Bob",
    "-rf", "--help", "$(id)", "`id`", "|id", ";id", "&&id", "*", "?", "~", "a" * 65, "a" * 10_000,
    "\ufeffbob", "null", "None", "NaN", "1e999", "0x10", "true", "__proto__", "constructor",
    "PRAGMA writable_schema=1", "\x7f", "\x85", "\u2028", "bob\x00",
    "\U0001d51f\U0001d52c\U0001d51f", "\ufb01",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which every name is a value, a key and a text."""
    made = tmp_path_factory.mktemp("hostile")
    database = Database(made, durability="off")
    for round, name in enumerate(NAMES):
        one = lived(round, "trader")
        one = one._replace(
            experience=one.experience._replace(
                observation={name: name}, status=name, intended=[name]
            )
        )
        rows = [Row("messages", {name: name}, "trader", round)]
        database.commit([Batch(round, {"trader": one}, rows=rows)])
    database.close()
    return made


@pytest.mark.parametrize("round", range(len(NAMES)))
def test_a_hostile_text_is_kept_as_it_is(folder: Path, round: int) -> None:
    name = NAMES[round]
    with Reader(folder) as reader:
        found: list[Any] = [remembered for _, remembered in reader.experiences("trader")]
        experience = found[round].experience
        assert (experience.observation, experience.status) == ({name: name}, name)
        assert experience.intended == [name]
        assert list(reader.rows("messages", "trader"))[round][1].value == {name: name}


def test_a_store_full_of_hostile_texts_is_whole(folder: Path) -> None:
    assert verify(folder).rounds == len(NAMES)
    assert {path.name for path in folder.iterdir()} <= {
        "run.db", "run.db-wal", "run.db-shm", "run.head", "run.ballast"
    }  # fmt: skip


def test_a_hostile_id_or_kind_is_refused_and_asked_for_in_vain(tmp_path: Path) -> None:
    database = Database(tmp_path, durability="off")
    for name in NAMES:
        if name not in {"con", "null", "true", "constructor", "0x10", "1e999"}:
            with pytest.raises(AgentIdError):
                database.commit([Batch(0, {name: lived(0, "trader")})])
            with pytest.raises(StoreError, match="not for others"):
                database.commit([Batch(0, rows=[Row(name, 1)])])
    database.commit([Batch(0, {"trader": lived(0, "trader")})])
    with Reader(tmp_path) as reader:
        for name in NAMES:
            with pytest.raises(UnknownNameError):
                next(reader.experiences(name))
            with pytest.raises(UnknownNameError):
                reader.item("trader", name)
            assert list(reader.rows(name)) == [] or name == ""
    database.close()
    assert verify(tmp_path).rounds == 1
