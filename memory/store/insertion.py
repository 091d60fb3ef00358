"""Rows on their way into the database, many in one statement."""

from __future__ import annotations

import sqlite3
from itertools import chain
from typing import Any

from .chain import NewRow
from .schema import AT_ONCE, INSERT, INSERT_MANY

_MOST = 1 << 20
"""Bytes that wait to be inserted."""


class Rows:
    """Takes the rows of one transaction and inserts them, some at a time.

    With each statement Python lets other threads go on, and to have its turn again waits for
    them: a statement for each row would leave the writer far behind rounds that are quick.
    """

    __slots__ = ("_connection", "_size", "_some")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._some: list[tuple[Any, ...]] = []
        self._size = 0

    def add(self, seq: int, round: int, row: NewRow, digest: bytes) -> None:
        """Take the next; errors as of SQLite."""
        kind, agent, number, body = row
        self._some.append((seq, round, kind, agent, number, digest, body))
        self._size += len(body)
        if len(self._some) == AT_ONCE or self._size > _MOST:
            self.end()

    def end(self) -> None:
        """Insert what waits; errors as of SQLite."""
        some, self._some, self._size = self._some, [], 0
        if len(some) == AT_ONCE:
            self._connection.execute(INSERT_MANY, tuple(chain.from_iterable(some)))
        elif some:
            self._connection.executemany(INSERT, some)
