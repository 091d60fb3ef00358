"""The writer's side of the store: whole rounds in order, in one transaction or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ...errors import StoreCorruptError, StoreError, StoreFullError
from ...forks import here
from ...logs import get_logger
from .ballast import Ballast
from .batch import Batch, Totals
from .chain import NewRow, link
from .failing import named
from .head import HEAD, Head, HeadFile
from .insertion import Rows
from .rows import Names, closing_row, rows_of
from .schema import DATABASE, Connect, Durability, check, connected, prepare
from .tail import NO_ROWS, Tail, agents_of, check_head, tail_of
from .values import UnstorableError

BALLAST = "run.ballast"

log = get_logger(__name__)


class Database:
    """The one connection that writes a run; a plain object for one thread at a time.

    After a failure it lets go of the connection, for nobody knows how much of the last commit
    is on disk, and the next call looks. No part of a round is ever there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durability: Durability = "full",
        connect: Connect = sqlite3.connect,
        ballast: int | None = None,
    ) -> None:
        """Open the store of a run, or begin one.

        Args:
            folder: the run's; it exists.
            connect: what opens connections, for those who want them to fail.
            ballast: its size in bytes.

        Raises:
            StoreError: it is in use, or cannot be read or written.
            StoreCorruptError: it is not what was written.
        """
        self.path = folder / DATABASE
        self._folder = folder
        self._durability: Durability = durability
        self._connect = connect
        self._home = here()
        self._connection: sqlite3.Connection | None = None
        self._names = Names()
        self._stowed = False
        self._tail = NO_ROWS
        # By identity: whose commit failed, so that nobody knows whether they are there.
        self._unsure: dict[int, Batch] = {}
        options = () if ballast is None else (ballast,)
        self._ballast = Ballast(folder / BALLAST, *options)
        with named(folder / HEAD):
            self._head = HeadFile(folder / HEAD, sync=durability == "full")
        try:
            self.open()
        except BaseException:
            self.close()
            raise

    @property
    def round(self) -> int:
        """The last that is committed, as far as is known; -1 before the first."""
        return self._tail.head.round

    @property
    def totals(self) -> Totals:
        return self._tail.totals

    @property
    def has_ballast(self) -> bool:
        return self._ballast.is_there

    def open(self) -> None:
        """Open the connection unless it is, and look what is there.

        Raises:
            StoreError: as when it was made.
        """
        self._home.check("the store of a run")
        if self._connection is not None:
            return
        try:
            with named(self._folder / HEAD):
                self._begin()
            with named(self.path):
                self._look()
            with named(self._folder / BALLAST):
                self._stowed = self._ballast.stow()
        except BaseException:
            self._let_go()
            raise

    def _begin(self) -> None:
        if not self._head.is_blank:
            return
        if self.path.exists() and self._has_rounds():
            raise StoreCorruptError(self._folder / HEAD, "is blank, and the database is not")
        self._head.begin()
        _sync_folder(self._folder)

    def _has_rounds(self) -> bool:
        with named(self.path):
            connection = self._connected()
            found = connection.execute("SELECT 1 FROM row LIMIT 1").fetchone()
        return found is not None

    def _look(self) -> None:
        connection = self._connected()
        check(connection, self.path)
        tail = tail_of(connection, self.path)
        names = agents_of(connection, self.path, tail)
        known = self._head.read()
        check_head(connection, self.path, known, tail.head)
        if known != tail.head:
            # The machine stopped between a commit and its head.
            self._head.write(tail.head)
        self._tail, self._names = tail, Names(names)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connected(self._connect, self.path)
            prepare(self._connection, self._durability)
        return self._connection

    def commit(self, batches: Sequence[Batch]) -> None:
        """Write rounds, all or none; on a full disk by help of the ballast.

        After a failure the same batches may be given again, also with more behind them: what
        was written before it failed is not written twice.

        Raises:
            ValueError: they do not follow the last one, and each other.
            StoreFullError: there is no space.
            StoreError: something in them cannot be stored, or the machine failed.
        """
        try:
            self._commit(batches)
        except StoreFullError:
            if not self._ballast.drop():
                raise
            self._stowed = False
            log.warning("store.ballast_dropped", path=str(self.path), round=self.round)
            self._commit(batches)

    def _commit(self, batches: Sequence[Batch]) -> None:
        self.open()
        # It can have failed behind the commit, when the head was to be written.
        new = [b for b in batches if b.round > self.round or id(b) not in self._unsure]
        self._check_order(new)
        self._unsure |= {id(batch): batch for batch in new}
        try:
            with named(self.path):
                self._tail = self._written(new)
            with named(self._folder / HEAD):
                self._head.write(self._tail.head)
        except BaseException:
            self._let_go()
            raise
        for batch in batches:
            self._unsure.pop(id(batch), None)
        if not self._stowed:
            self._stowed = self._ballast.stow()

    def _check_order(self, batches: Sequence[Batch]) -> None:
        # A run that goes on from another one's begins with any round.
        begins = self._tail is NO_ROWS and batches
        first = max(0, batches[0].round) if begins else self.round + 1
        for round, batch in enumerate(batches, first):
            if batch.round != round:
                raise ValueError(f"round {round} must come next, got round {batch.round}")

    def _written(self, batches: Sequence[Batch]) -> Tail:
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        tail, rows = self._tail, Rows(connection)
        for batch in batches:
            tail = self._write(rows, tail, batch)
        rows.end()
        connection.execute("COMMIT")
        return tail

    def _write(self, rows: Rows, tail: Tail, batch: Batch) -> Tail:
        (seq, _, digest), round = tail.head, batch.round
        made, totals = self._made(batch, tail.totals)
        for row in made:
            seq += 1
            digest = link(digest, seq, round, row)
            rows.add(seq, round, row, digest)
        return Tail(Head(seq, round, digest), totals)

    def _made(self, batch: Batch, before: Totals) -> tuple[list[NewRow], Totals]:
        try:
            rows = rows_of(batch, self._names)
            totals = before.plus(batch, agents=len(self._names))
            return [*rows, closing_row(batch.round, totals)], totals
        except UnstorableError as error:
            raise StoreError(self.path, f"round {batch.round}: {error}") from error

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # It may have failed for good; what it held of the file is free all the same. First
            # the transaction: while a traceback holds a cursor, SQLite closes nothing.
            with suppress(sqlite3.Error):
                connection.rollback()
            with suppress(sqlite3.Error):
                connection.close()

    def close(self) -> None:
        """Let go of the run; what was committed stays."""
        self._home.check("the store of a run")
        self._let_go()
        self._head.close()


def _sync_folder(folder: Path) -> None:
    """Let the names of new files outlive a power cut, where folders can be synced."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
