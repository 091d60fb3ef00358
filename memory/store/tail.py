"""Where a store ends: its last whole round, what it has come to, and who was met until then."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple

from ...errors import StoreCorruptError
from .batch import Totals
from .checked import checked
from .head import START, Head
from .records import names_of, totals_of
from .schema import LAST, NAMES


class Tail(NamedTuple):
    """Where the chain ends, and what it has come to."""

    head: Head
    totals: Totals


NO_ROWS = Tail(START, Totals())


def tail_of(connection: sqlite3.Connection, path: Path) -> Tail:
    """Give the end of the last whole round.

    Raises:
        StoreCorruptError: the row that closes it is not what was written.
    """
    found = connection.execute(LAST).fetchone()
    if found is None:
        return NO_ROWS
    row = checked(found, path)
    return Tail(Head(row.seq, row.round, row.hash), totals_of(row, path))


def agents_of(connection: sqlite3.Connection, path: Path, tail: Tail) -> list[str]:
    """Give the ids of all agents that were met; the first has number 1.

    Raises:
        StoreCorruptError: they are not what was written.
    """
    ids: list[str] = []
    for found in connection.execute(NAMES):
        row = checked(found, path)
        if row.seq > tail.head.seq:
            break
        if row.number != len(ids) + 1:
            raise StoreCorruptError(path, "leaves agents out", round=row.round)
        ids += names_of(row, path)
    if len(ids) != tail.totals.agents:
        raise StoreCorruptError(path, f"names {len(ids)} of {tail.totals.agents} agents")
    return ids


def check_head(connection: sqlite3.Connection, path: Path, known: Head, last: Head) -> None:
    """Look whether the database holds all that the head says it held.

    Raises:
        StoreCorruptError: its tail is lost, or it is another run's.
    """
    if known.seq > last.seq:
        rule = f"ends with round {last.round}, and round {known.round} was committed"
        raise StoreCorruptError(path, rule, round=last.round + 1)
    if _hash_at(connection, known.seq) != known.hash:
        raise StoreCorruptError(path, "is not what its head says", round=known.round)


def _hash_at(connection: sqlite3.Connection, seq: int) -> bytes:
    found = connection.execute("SELECT hash FROM row WHERE seq = ?", (seq,)).fetchone()
    return START.hash if found is None else bytes(found[0])
