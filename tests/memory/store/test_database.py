"""Rounds go in whole and in order, and come out as they were."""

from __future__ import annotations

import itertools
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from antiphon.errors import (
    AgentIdError,
    ForkedError,
    StoreCorruptError,
    StoreError,
    UnknownNameError,
)
from antiphon.memory.remembered import Remembered
from antiphon.memory.store import insertion
from antiphon.memory.store.batch import Batch, Row, Totals
from antiphon.memory.store.database import Database
from antiphon.memory.store.reader import Reader
from antiphon.memory.store.rows import MOST, closing_row
from antiphon.memory.store.schema import AT_ONCE, DATABASE, INSERT, INSERT_MANY
from antiphon.memory.store.values import encode
from antiphon.memory.store.verify import Counts, verify
from antiphon.tests.memory.store.faulty import connecting, silent
from antiphon.tests.memory.store.rounds import (
    AGENTS,
    batch,
    batches,
    content,
    in_child,
    lived,
    replacement,
    same,
    store,
)


def test_everything_comes_back_as_it_was_given(tmp_path: Path) -> None:
    store(tmp_path, 12)
    with Reader(tmp_path) as reader:
        assert (reader.round, reader.agents) == (11, list(AGENTS))
        found = list(reader.experiences())
        assert [agent_id for agent_id, _ in found] == list(AGENTS) * 12
        for agent_id, remembered in found:
            assert same(tuple(remembered), tuple(lived(remembered.sequence - 1, agent_id)))
        assert [e.first for e in reader.evictions("trader")] == [2, 5, 8, 11]
        assert list(reader.evictions("explorer-2")) == []
        rows = list(reader.rows("outcomes"))
        assert rows[7] == (7, Row("outcomes", {"missing": ["trader"], "round": 7}, number=7))
        assert len(rows) == 12


def test_replacements_come_back_with_their_items_and_samples(tmp_path: Path) -> None:
    store(tmp_path, 12)
    with Reader(tmp_path) as reader:
        found = list(reader.replacements("explorer-1"))
        for one, given in zip(found, [replacement("explorer-1", n) for n in (1, 7)], strict=True):
            assert one[:4] == given[:4]
            for item, meant in zip(one.items, given.items, strict=True):
                for name in meant.__slots__:
                    assert same(getattr(item, name), getattr(meant, name)), name
        assert [item.id for item in reader.items("explorer-1")] == [
            "1-4.0",
            "1-4.1",
            "7-10.0",
            "7-10.1",
        ]
        assert reader.item("explorer-1", "7-10.1").text == "seen <b>once</b>"
        for wrong in ("7-10.2", "7-10.9", "1-2", "x", "-.", "1-4.99999999999999999999", "٣-4.0"):
            with pytest.raises(UnknownNameError):
                reader.item("explorer-1", wrong)


def test_one_agents_experiences_are_read_forwards_and_backwards(tmp_path: Path) -> None:
    store(tmp_path, 12)
    with Reader(tmp_path) as reader:
        forwards = [remembered.sequence for _, remembered in reader.experiences("trader")]
        assert forwards == list(range(1, 13))
        newest = itertools.islice(reader.experiences("trader", newest_first=True), 2)
        assert [remembered.sequence for _, remembered in newest] == [12, 11]
        everyone = reader.experiences(newest_first=True)
        assert [agent_id for agent_id, _ in itertools.islice(everyone, 3)] == sorted(AGENTS)[::-1]
        with pytest.raises(UnknownNameError, match="nobody"):
            next(reader.experiences("nobody"))


def test_verify_counts_what_became_of_every_experience(tmp_path: Path) -> None:
    store(tmp_path, 12)
    verified = verify(tmp_path)
    assert verified.rounds == 12
    assert verified.totals == Totals(agents=3, written=36, consolidated=8, evicted=4, items=4)
    assert verified.totals.live == 24
    assert verified.counts == {
        "explorer-1": Counts(12, 8, 0),
        "explorer-2": Counts(12, 0, 0),
        "trader": Counts(12, 0, 4),
    }
    assert verified.counts["explorer-1"].live == 4


def test_the_bytes_do_not_depend_on_how_many_rounds_a_commit_took(tmp_path: Path) -> None:
    for folder, at_once in (("one", 1), ("five", 5), ("all", 12)):
        (tmp_path / folder).mkdir()
        store(tmp_path / folder, 12, at_once)
    assert content(tmp_path / "one") == content(tmp_path / "five") == content(tmp_path / "all")


def test_many_rows_go_in_with_one_statement(tmp_path: Path) -> None:
    said: list[str] = []
    database = Database(tmp_path, connect=connecting(said.append, silent))
    said.clear()
    database.commit([Batch(round, rows=[Row("note", round)]) for round in range(100)])
    database.close()
    assert said.count(INSERT_MANY) == 200 // AT_ONCE
    assert said.count(INSERT) == 1
    assert verify(tmp_path).rows == 200


def test_large_rows_do_not_wait_for_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insertion, "_MOST", 1000)
    said: list[str] = []
    database = Database(tmp_path, connect=connecting(said.append, silent))
    said.clear()
    database.commit([Batch(round, rows=[Row("note", bytes(1001))]) for round in range(3)])
    database.close()
    # Each with the row that closed the round before.
    assert len([one for one in said if one.startswith("INSERT")]) == 4
    assert verify(tmp_path).rows == 6


def test_the_row_that_closes_a_round_is_encoded_as_others_are() -> None:
    totals = Totals(1, 22, 333, 4444, 55555)
    assert closing_row(7, totals).body == encode(totals._asdict())


def test_a_store_goes_on_where_it_stopped(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    store(tmp_path / "whole", 12)
    for first in range(0, 12, 4):
        database = Database(tmp_path / "parts")
        assert database.round == first - 1
        database.commit(batches(4, first))
        database.close()
    assert content(tmp_path / "parts") == content(tmp_path / "whole")
    assert verify(tmp_path / "parts") == verify(tmp_path / "whole")


@pytest.mark.parametrize("rounds", [[4], [2], [3, 3], [3, 5], [-1]])
def test_a_round_out_of_order_is_refused_and_nothing_is_written(
    tmp_path: Path, rounds: list[int]
) -> None:
    store(tmp_path, 3)
    database = Database(tmp_path)
    with pytest.raises(ValueError, match="must come next"):
        database.commit([Batch(round) for round in rounds])
    assert database.round == 2
    database.commit([batch(3)])
    database.close()
    assert verify(tmp_path).rounds == 4


def test_a_run_may_begin_with_any_round(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.commit([Batch(400), Batch(401)])
    database.close()
    assert verify(tmp_path).rounds == 2


@pytest.mark.parametrize(
    ("wrong", "kind", "word"),
    [
        (Batch(3, {"a b": lived(3, "trader")}), AgentIdError, "a b"),
        (Batch(3, rows=[Row("round", {})]), StoreError, "'round'"),
        (Batch(3, rows=[Row("x; --", {})]), StoreError, "x; --"),
        (Batch(3, rows=[Row("states", "\ud800")]), StoreError, "surrogate"),
        (Batch(3, rows=[Row("states", n, "trader") for n in (1, 2)]), StoreError, "UNIQUE"),
        (Batch(3, rows=[Row("states", 1, number=1 << 63)]), StoreError, "64 bits"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_takes_its_whole_round_with_it(
    tmp_path: Path, wrong: Batch, kind: type[Exception], word: str
) -> None:
    store(tmp_path, 3)
    before = content(tmp_path)
    database = Database(tmp_path)
    with pytest.raises(kind, match=word):
        database.commit([wrong])
    assert content(tmp_path) == before
    database.commit([batch(3)])
    database.close()
    assert verify(tmp_path).totals.agents == 3


def test_a_bad_value_is_named_by_round_field_and_agent(tmp_path: Path) -> None:
    good, bad = lived(0, "explorer-1"), lived(0, "trader")
    bad = bad._replace(experience=bad.experience._replace(intended="\ud800"))
    database = Database(tmp_path)
    with pytest.raises(
        StoreError, match=r"round 0: intended of agent 'trader'.*surrogate"
    ) as caught:
        database.commit([Batch(0, {"explorer-1": good, "trader": bad})])
    database.close()
    assert caught.value.path == str(tmp_path / DATABASE)


def test_a_replacement_takes_effect_once(tmp_path: Path) -> None:
    store(tmp_path, 6)
    database = Database(tmp_path)
    again = Batch(6, {}, replacements=[replacement("explorer-1", 1)])
    with pytest.raises(StoreError, match="UNIQUE"):
        database.commit([again])
    database.close()
    assert verify(tmp_path).totals.consolidated == 4


def seeing(observation: Any) -> Remembered:
    one = lived(0, "trader")
    return one._replace(experience=one.experience._replace(observation=observation))


def test_a_crowd_and_a_round_that_is_too_large_are_cut_into_rows(tmp_path: Path) -> None:
    crowd = {f"a{n}": lived(0, "trader") for n in range(MOST + 5)}
    wide = {f"b{n}": seeing(f"{n}" * 3_000_000) for n in range(6)}
    database = Database(tmp_path)
    database.commit([Batch(0, crowd), Batch(1, wide)])
    database.close()
    with Reader(tmp_path) as reader:
        assert [len(row.body) > 1 for row in reader.stored("experiences")] == [True] * 4
        assert sum(1 for _ in reader.experiences()) == MOST + 11
        assert len(reader.agents) == MOST + 11
    verify(tmp_path)


def test_what_no_row_bears_is_refused_by_name(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with pytest.raises(StoreError, match="agent 'trader' takes more than"):
        database.commit([Batch(0, {"trader": seeing(bytes(13 << 20))})])
    database.close()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with pytest.raises(StoreError, match="in use"):
        Database(tmp_path)
    database.close()
    Database(tmp_path).close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_by_fork_is_told_that_the_store_is_its_parents(tmp_path: Path) -> None:
    database = Database(tmp_path)

    def write() -> None:
        for do in (lambda: database.commit(batches(1)), database.close, database.open):
            with pytest.raises(ForkedError):
                do()

    assert in_child(write) == 0
    database.commit(batches(1))
    database.close()
    assert verify(tmp_path).rounds == 1


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1), ("off", 0)])
def test_a_commit_waits_for_as_much_as_it_is_told(
    tmp_path: Path, durability: Any, level: int
) -> None:
    store(tmp_path, 2, durability=durability)
    database = Database(tmp_path, durability=durability)
    assert database._connection is not None
    assert database._connection.execute("PRAGMA synchronous").fetchone() == (level,)
    assert database._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
    verify(tmp_path)


def test_the_table_is_strict(tmp_path: Path) -> None:
    store(tmp_path, 1)
    connection = sqlite3.connect(tmp_path / DATABASE)
    with pytest.raises(sqlite3.IntegrityError, match="TEXT value in INTEGER"):
        connection.execute("UPDATE row SET number = 'x'")
    connection.close()


def test_no_statement_is_made_of_what_came_from_outside(tmp_path: Path) -> None:
    said: list[str] = []
    database = Database(tmp_path, connect=connecting(said.append, silent))
    database.commit([Batch(0, rows=[Row("states", "'); DROP TABLE row; --", number=3)]), batch(1)])
    database.close()
    assert not any("DROP" in statement for statement in said)
    with Reader(tmp_path) as reader:
        assert next(reader.rows("states"))[1].value == "'); DROP TABLE row; --"


def test_an_older_or_foreign_database_is_refused_by_name(tmp_path: Path) -> None:
    store(tmp_path, 1)
    for statement, word in (
        ("PRAGMA user_version = 2", "version 2"),
        ("PRAGMA application_id = 7", "not the store of a run"),
    ):
        connection = sqlite3.connect(tmp_path / DATABASE)
        connection.execute(statement)
        connection.close()
        for look in (Reader, Database, verify):
            with pytest.raises(StoreCorruptError, match=word):
                look(tmp_path)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON row BEGIN DELETE FROM row; END",
        "CREATE VIEW v AS SELECT * FROM row",
        "DROP INDEX once",
    ],
)
def test_a_database_with_anything_else_in_it_is_refused(tmp_path: Path, statement: str) -> None:
    store(tmp_path, 1)
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute(statement)
    connection.close()
    with pytest.raises(StoreCorruptError, match="other tables"):
        Reader(tmp_path)
