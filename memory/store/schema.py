"""The database of a run: its one table, its settings, and what it is opened with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from ...errors import StoreCorruptError
from .values import BODY_LIMIT

DATABASE = "run.db"
Durability = Literal["full", "normal", "off"]
"""What a commit waits for: the disk; the machine; nobody. Only ``full`` outlives a power cut."""
Connect = Callable[..., sqlite3.Connection]

APPLICATION_ID = 0x616E7470
VERSION = 1

CREATE_ROWS = """CREATE TABLE row(
    seq INTEGER PRIMARY KEY,
    round INTEGER NOT NULL,
    kind TEXT NOT NULL,
    agent INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT"""
# What happened to an agent once, like a replacement, is not written twice.
CREATE_ONCE = "CREATE UNIQUE INDEX once ON row(kind, agent, number) WHERE agent > 0"
# The last row of each round; behind the last of them nothing exists.
CREATE_CLOSING = "CREATE UNIQUE INDEX closing ON row(round) WHERE kind = 'round'"
CREATE_NAMES = "CREATE UNIQUE INDEX names ON row(number) WHERE kind = 'agents'"

INSERT = "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)"
AT_ONCE = 32
"""How many rows one statement inserts, where there are so many."""
INSERT_MANY = INSERT + ", (?, ?, ?, ?, ?, ?, ?)" * (AT_ONCE - 1)
# Each row with the hash of the one before it, against which it is checked.
LAST = """
    SELECT seq, round, kind, agent, number, hash, body,
        (SELECT hash FROM row AS before WHERE before.seq = row.seq - 1)
    FROM row WHERE kind = 'round' ORDER BY round DESC LIMIT 1
"""
NAMES = """
    SELECT seq, round, kind, agent, number, hash, body,
        (SELECT hash FROM row AS before WHERE before.seq = row.seq - 1)
    FROM row WHERE kind = 'agents' ORDER BY number
"""
OF_AGENT = """
    SELECT seq, round, kind, agent, number, hash, body,
        (SELECT hash FROM row AS before WHERE before.seq = row.seq - 1)
    FROM row WHERE agent > 0 AND kind = ? AND agent = ? AND number BETWEEN ? AND ? ORDER BY number
"""
FORWARDS = """
    SELECT seq, round, kind, agent, number, hash, body,
        (SELECT hash FROM row AS before WHERE before.seq = row.seq - 1)
    FROM row WHERE seq BETWEEN ? AND ? AND ? IN ('', kind) ORDER BY seq
"""
BACKWARDS = """
    SELECT seq, round, kind, agent, number, hash, body,
        (SELECT hash FROM row AS before WHERE before.seq = row.seq - 1)
    FROM row WHERE seq BETWEEN ? AND ? AND ? IN ('', kind) ORDER BY seq DESC
"""
CLOSING = "SELECT seq FROM row WHERE kind = 'round' AND round = ?"

# All that there is, and nothing that runs by itself, as triggers would.
_OBJECTS = {
    ("table", "row"): CREATE_ROWS,
    ("index", "once"): CREATE_ONCE,
    ("index", "closing"): CREATE_CLOSING,
    ("index", "names"): CREATE_NAMES,
}
_SYNCHRONOUS = {
    "full": "PRAGMA synchronous = FULL",
    "normal": "PRAGMA synchronous = NORMAL",
    "off": "PRAGMA synchronous = OFF",
}
_IDENTITY = ("PRAGMA application_id = 1634628720", "PRAGMA user_version = 1")


def prepare(connection: sqlite3.Connection, durability: Durability) -> None:
    """Set up the writer's connection, and make the table if there is none."""
    limit(connection)
    # Before the first table; large rows take fewer pages.
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute(_SYNCHRONOUS[durability])
    connection.execute("PRAGMA wal_autocheckpoint = 1000").fetchall()
    connection.execute("PRAGMA journal_size_limit = 67108864").fetchall()
    connection.execute("PRAGMA cache_size = -8192")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.execute("BEGIN IMMEDIATE")
        for statement in (*_IDENTITY, *_OBJECTS.values()):
            connection.execute(statement)
        connection.execute("COMMIT")


def limit(connection: sqlite3.Connection) -> None:
    """Let no row be larger than one that we write; nothing is allocated for it."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, BODY_LIMIT + 4096)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Look whether this is a database of ours, of this version.

    Raises:
        StoreCorruptError: it is not.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise StoreCorruptError(path, "is not the store of a run")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise StoreCorruptError(path, f"is of version {version}, and this antiphon reads {VERSION}")
    found = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    if {(kind, name): sql for kind, name, sql in found} != _OBJECTS:
        raise StoreCorruptError(path, "has other tables than the store of a run")


def uri(path: Path, parameters: str) -> str:
    """Give the address of a file for SQLite, whatever characters are in its name."""
    return f"{path.absolute().as_uri()}?{parameters}"


def connected(connect: Connect, target: Path | str, **options: Any) -> sqlite3.Connection:
    """Open a connection in which only we begin and end transactions."""
    # Whichever thread runs the actor that owns it: one at a time.
    return connect(target, isolation_level=None, check_same_thread=False, **options)
