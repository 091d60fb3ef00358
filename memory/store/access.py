"""A store opened for reading alone: its rows, each checked against the chain."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from ...errors import StoreCorruptError, StoreError
from .batch import Totals
from .chain import StoredRow
from .checked import checked
from .failing import named
from .head import HEAD, Head, read_head
from .schema import (
    BACKWARDS,
    CLOSING,
    DATABASE,
    FORWARDS,
    OF_AGENT,
    check,
    connected,
    limit,
    uri,
)
from .tail import agents_of, check_head, tail_of

_AT_ONCE = 1 << 20
_MOST = (1 << 63) - 1
_FEW = 16


class Access:
    """The rows of a store up to the round that was the last when it was opened.

    Each row is checked against the chain as it is read. That nothing is missing is for
    ``verify`` to say. It holds no transaction open, so the writer is never held up, however
    long somebody reads; whoever wants later rounds calls ``refresh``. For one thread.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store in a run's folder.

        Raises:
            StoreError: there is none, or it cannot be read.
            StoreCorruptError: it is not what was written.
        """
        self.path = folder / DATABASE
        self._head_path = folder / HEAD
        if not self.path.is_file():
            raise StoreError(self.path, "there is no store of a run")
        with named(self.path):
            self._connection = _opened(self.path)
        try:
            self.refresh()
        except BaseException:
            # An interrupt too: whoever gets no object cannot close it.
            self.close()
            raise

    def refresh(self) -> None:
        """Take in what was committed since.

        Raises:
            StoreError: as when it was opened.
        """
        # First the head: what is committed in between makes the database only longer.
        with named(self._head_path):
            known = read_head(self._head_path)
        with named(self.path), _one_moment(self._connection):
            check(self._connection, self.path)
            self._tail = tail_of(self._connection, self.path)
            check_head(self._connection, self.path, known, self._tail.head)
            self.agents = agents_of(self._connection, self.path, self._tail)
        self._numbers = {agent_id: number for number, agent_id in enumerate(self.agents, 1)}

    @property
    def round(self) -> int:
        """The last whole one; -1 if there is none."""
        return self._tail.head.round

    @property
    def head(self) -> Head:
        return self._tail.head

    @property
    def totals(self) -> Totals:
        return self._tail.totals

    def stored(
        self, kind: str = "", *, first: int = 1, last: int = _MOST, newest_first: bool = False
    ) -> Iterator[StoredRow]:
        """Give rows in the order in which they were written, some of them at a time.

        Args:
            kind: of this kind only.
            first: the lowest seq.
            last: the highest.

        Raises:
            StoreCorruptError: a row is not what was written, or, of all kinds, not there.
        """
        last = min(last, self.head.seq)
        round = None
        while first <= last:
            some = self._some(kind, first, last, newest_first=newest_first)
            wanted = last if newest_first else first
            if not kind and (not some or some[0].seq != wanted):
                # Where a page of the database is in another's place, rows before it are sound.
                raise StoreCorruptError(self.path, f"lacks row {wanted}", round=round)
            if not some:
                return
            yield from some
            end = some[-1]
            if newest_first:
                last = end.seq - 1
            else:
                first, round = end.seq + 1, end.round + (end.kind == "round")

    def _some(self, kind: str, first: int, last: int, *, newest_first: bool) -> list[StoredRow]:
        """Give rows up to a number of bytes; no statement stays open."""
        some, size = [], 0
        query = BACKWARDS if newest_first else FORWARDS
        with named(self.path):
            found = self._connection.execute(query, (first, last, kind))
            for columns in found:
                some.append(checked(columns, self.path))
                size += len(some[-1].body) + 256
                if size > _AT_ONCE:
                    break
            found.close()
        return some

    def of_agent(
        self, kind: str, agent: int, first: int = -_MOST - 1, last: int = _MOST
    ) -> Iterator[StoredRow]:
        """Give an agent's rows of a kind, ascending by number."""
        while True:
            with named(self.path):
                found = self._connection.execute(OF_AGENT, (kind, agent, first, last))
                some = [checked(columns, self.path) for columns in found.fetchmany(_FEW)]
                found.close()
            yield from (row for row in some if row.seq <= self.head.seq)
            if len(some) < _FEW or some[-1].number == _MOST:
                return
            first = some[-1].number + 1

    def end_of(self, round: int) -> int | None:
        """Give the seq of the row that closed a round; None if there is no such round."""
        with named(self.path):
            found = self._connection.execute(CLOSING, (round,)).fetchone()
        return None if found is None or found[0] > self.head.seq else int(found[0])

    def check_nothing_follows(self) -> None:
        """Look whether rows lie behind the last whole round, which nobody writes.

        Raises:
            StoreCorruptError: there are some.
        """
        with named(self.path), _one_moment(self._connection):
            last = tail_of(self._connection, self.path).head
            (seq,) = self._connection.execute("SELECT max(seq) FROM row").fetchone()
        if (seq or 0) > last.seq:
            rule = f"has {seq - last.seq} rows behind its last whole round"
            raise StoreCorruptError(self.path, rule, round=last.round + 1)

    def check_indexes(self) -> None:
        """Have SQLite hold its indexes against its table; takes a while.

        Raises:
            StoreCorruptError: they do not agree.
        """
        with named(self.path):
            found = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != ("ok",):
            raise StoreCorruptError(self.path, str(found[0]))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def has_rows(path: Path) -> bool:
    """Whether there is a database in which anything was ever written.

    Raises:
        StoreError: nobody can tell.
    """
    if not path.is_file():
        return False
    with named(path), closing(_opened(path)) as connection:
        made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'row'").fetchone()
        return bool(made and connection.execute("SELECT 1 FROM row LIMIT 1").fetchone())


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all that is read be of one moment; a short one."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        # After some failures SQLite has ended it already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _opened(path: Path) -> sqlite3.Connection:
    parameters = "mode=ro"
    log = path.with_name(f"{path.name}-wal")
    if not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size):
        # SQLite would want to make files beside it, even for reading.
        parameters = "immutable=1"
    connection = connected(sqlite3.connect, uri(path, parameters), uri=True)
    try:
        connection.execute("PRAGMA query_only = ON")
        limit(connection)
    except BaseException:
        # As above.
        connection.close()
        raise
    return connection
