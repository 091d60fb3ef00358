"""Reads the journal of a run, round by round."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from ...errors import JournalError, StoreCorruptError, StoreError
from ...memory.store.access import has_rows
from ...memory.store.batch import Row
from ...memory.store.chain import StoredRow
from ...memory.store.failing import named
from ...memory.store.head import BLOCK, HEAD, START, read_head
from ...memory.store.reader import Reader
from ...memory.store.revival import decode
from ...memory.store.schema import DATABASE
from ..records.length import Length
from .charter import Charter
from .states import VERSION as STATE_VERSION
from .timing import Timing

KINDS = frozenset({"members", "rules", "removed", "tuned", "lived", "events"})
"""The rows of a round that say how it went."""
STATES = frozenset({"state", "world"})
"""Those that say what agents and environment were after it."""
CHARTER = "journal"
"""Under which name the charter stands in a run's manifest."""


class Entry(NamedTuple):
    """One round as it was written down."""

    round: int
    rows: list[StoredRow]
    """Those of ``KINDS`` and ``STATES``, in the order in which they were written."""

    def value(self, kind: str) -> Any:
        """Give the value of the one row of a kind; None if there is none."""
        for row in self.rows:
            if row.kind == kind:
                return decode(row.body)
        return None

    def values(self, kind: str) -> list[Any]:
        return [decode(row.body) for row in self.rows if row.kind == kind]


class History:
    """What is known of a run that has ended somehow, or has not even begun."""

    def __init__(self, folder: Path) -> None:
        """Open the run in a folder; nothing is changed there.

        Raises:
            JournalError: there is no run, or nobody knows what it was made of.
            StoreError: it cannot be read.
            StoreCorruptError: it is not what was written.
        """
        self.folder = folder
        self._reader = _opened(folder)
        try:
            self.charter = self._charter()
            self.length = self._length()
        except BaseException:
            self.close()
            raise

    @property
    def round(self) -> int:
        """The last that was kept; 0 if none was."""
        return 0 if self._reader is None else max(0, self._reader.round)

    def _charter(self) -> Charter:
        if (row := next(self.rows("run"), None)) is not None:
            return Charter.of_value(row[1].value, self.folder / DATABASE)
        # Killed before its first round was on disk.
        return _announced(self.folder)

    def _length(self) -> Length:
        length = self.charter.length
        for _, row in self.rows("length"):
            length = Length(**row.value)
        return length

    def rows(self, kind: str) -> Iterator[tuple[int, Row]]:
        """Give the rows of a kind with the round of each."""
        return iter(()) if self._reader is None else self._reader.rows(kind)

    def entries(self) -> Iterator[Entry]:
        """Give the rounds, from the first.

        Raises:
            StoreCorruptError: they are not what was written, or not all there.
        """
        if self._reader is None:
            return
        wanted = KINDS | STATES
        for round, rows in groupby(self._reader.stored(), attrgetter("round")):
            yield Entry(round, [row for row in rows if row.kind in wanted])

    def timing(self, last: int) -> Timing:
        """Give who was late in the rounds up to this one, and when they were back."""
        return Timing.of(((round, row.value) for round, row in self.rows("events")), last)

    def agent(self, number: int) -> str:
        """Give the id that a row's number stands for; empty for nobody's."""
        return self._reader.agents[number - 1] if number and self._reader is not None else ""

    def states(self, before: float) -> Mapping[str, tuple[int, Any]]:
        """Give the last state of each agent, and its round, from before a round.

        Those of another version are passed over: who has no other is lived again.
        """
        found: dict[str, tuple[int, Any]] = {}
        for round, row in self.rows("state"):
            if round < before and row.value.get("version") == STATE_VERSION:
                found[row.agent] = round, row.value
        return found

    def world(self, until: int) -> tuple[int, Any] | None:
        """Give the last state of the environment up to a round, and its round."""
        found = None
        for round, row in self.rows("world"):
            if round <= until and row.value.get("version") == STATE_VERSION:
                found = round, row.value["state"]
        return found

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def check_there(folder: Path) -> None:
    """See that somebody began a run in a folder, whatever is left of it.

    Raises:
        FileNotFoundError: nobody did.
    """
    if not any((folder / name).is_file() for name in ("manifest.json", HEAD)):
        raise FileNotFoundError(f"there is no run in {folder}")


def _opened(folder: Path) -> Reader | None:
    """Open the store; None where nothing was ever committed, whatever there is of it."""
    path = folder / HEAD
    if not path.is_file() or not any(path.read_bytes()[: 2 * BLOCK]):
        if has_rows(folder / DATABASE):
            raise StoreCorruptError(path, "is not there or blank, and the database is not")
        return None
    with named(path):
        begun = read_head(path) != START
    try:
        return Reader(folder)
    except StoreError:
        # Killed while it was made, it is what nobody can read.
        if begun:
            raise
        return None


def _announced(folder: Path) -> Charter:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        value = manifest[CHARTER]
    except FileNotFoundError:
        raise JournalError(folder, "there is none; start it anew") from None
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(folder, f"its manifest says not what it was: {error}") from error
    if value is None:
        raise JournalError(folder, "it was killed before its first round was kept; start it anew")
    return Charter.of_value(value, folder / "manifest.json")
