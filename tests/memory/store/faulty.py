"""Connections on which a chosen statement fails, or before or after which something is done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

Say = Callable[[str], None]


def watched(before: Say, after: Say) -> type[sqlite3.Connection]:
    """Give a kind of connection that tells each statement before and after it is run."""

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            before(sql)
            return told(super().execute(sql, *arguments), sql)

        def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
            before(sql)
            return told(super().executemany(sql, rows), sql)

    def told(found: sqlite3.Cursor, sql: str) -> sqlite3.Cursor:
        try:
            after(sql)
        except BaseException:
            # Held by the traceback it holds the database; a transaction can be rolled back.
            if not found.connection.in_transaction:
                found.close()
            raise
        return found

    return Watched


def connecting(before: Say, after: Say) -> Callable[..., sqlite3.Connection]:
    """Give what opens such connections."""
    factory = watched(before, after)

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        before("connect")
        connection = sqlite3.connect(*arguments, factory=factory, **options)
        try:
            after("connect")
        except BaseException:
            connection.close()
            raise
        return connection

    return connect


def failure(code: int, text: str) -> sqlite3.OperationalError:
    """Give an error as SQLite raises it."""
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def silent(_: str) -> None:
    pass


class Nth:
    """Calls something at the nth step, and counts the steps."""

    def __init__(self, nth: int, call: Callable[[], object]) -> None:
        self.steps = 0
        self._nth = nth
        self._call = call

    def __call__(self, *_: object) -> None:
        self.steps += 1
        if self.steps == self._nth:
            self._call()
