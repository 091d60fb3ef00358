"""Keeping what is lived on disk: a round at a time, by an actor that alone writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from ..actors.address import Address
from ..actors.threaded import ThreadedDispatcher
from ..clock import Clock
from .memories import Memories
from .settings import MemorySettings
from .store.batch import Batch, Eviction, Replacement, Row
from .store.database import Database
from .store.feed import Feed
from .store.schema import Durability
from .store.writer import Flushed, StoreWriter

_START = 30.0
"""Seconds that opening the store may take."""
_GRACE = 30.0
"""Seconds for the last commit."""


class Keeping:
    """Hands each round to the store of a run, with all that took effect in it.

    The writer has a thread of its own whatever runs the agents: it waits for the disk.
    """

    def __init__(
        self,
        folder: Path,
        memories: Memories,
        *,
        clock: Clock,
        durability: Durability = "full",
        rows: Sequence[Row] = (),
    ) -> None:
        """Open the store.

        Args:
            folder: the run's.
            rows: what is to be known before the first round.

        Raises:
            StartError: it cannot be opened; the cause says why.
        """
        self._memories = memories
        self._rows = list(rows)
        self._writer = StoreWriter(lambda: Database(folder, durability=durability), clock=clock)
        self._dispatcher = ThreadedDispatcher()
        self._dispatcher.start([self._writer], _START)
        self._feed = Feed(Address(self._writer))
        self._last: int | None = None
        memories.keep_news()

    def add(self, round: int, rows: Sequence[Row] = ()) -> None:
        """Hand on what a round added; returns at once unless many rounds wait.

        Raises:
            StoreFullError: there is no space; see ``Feed.add``.
            StoreError: the store failed; see ``Feed.add``.
        """
        # A round that was cut short added nothing.
        for empty in range(self._last + 1, round) if self._last is not None else ():
            self._feed.add(Batch(empty))
        self._last = round
        news = self._memories.take_news()
        batch = Batch(
            round,
            news.lived,
            [
                Eviction(gone.agent_id, a, b, str(gone.reason))
                for gone in news.evicted
                for a, b in gone.ranges
            ],
            [Replacement(r.agent_id, r.number, r.first, r.last, r.items) for r in news.replaced],
            (*self._rows, *rows),
        )
        self._rows = []
        self._feed.add(batch)

    def flush(self) -> Flushed:
        """Wait until all is on disk; errors as ``Feed.flush``."""
        return self._feed.flush()

    def close(self) -> None:
        """Commit what waits and let go of the store.

        Raises:
            StoreError: not all of it could be kept.
        """
        try:
            self.flush()
        finally:
            self._memories.keep_no_news()
            self._dispatcher.stop([self._writer], _GRACE)


def settings_row(settings: MemorySettings) -> Row:
    """Give the row that tells readers how the memories were bounded."""
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return Row("memory", {k: repr(v) if callable(v) else v for k, v in values.items()})
