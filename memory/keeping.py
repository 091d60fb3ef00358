"""Keeping what is lived on disk: a round at a time, by an actor that alone writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import inf
from pathlib import Path
from threading import TIMEOUT_MAX

from ..actors.address import Address
from ..actors.threaded import ThreadedDispatcher
from ..clock import Clock
from ..errors import AskTimeoutError, StoreFullError
from ..logs import get_logger
from .memories import Memories
from .news import News
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
_ROUNDS = 32
_SECONDS = 0.05
"""The writer is told once in so many seconds, or as soon as so many rounds wait."""


log = get_logger(__name__)


class Keeping:
    """Hands each round to the store of a run, with all that took effect in it.

    The writer has a thread of its own whatever runs the agents: it waits for the disk.
    """

    def __init__(
        self,
        folder: Path,
        memories: Memories | None,
        *,
        clock: Clock,
        durability: Durability = "full",
        rows: Sequence[Row] = (),
        patience: float = 0.0,
    ) -> None:
        """Open the store.

        Args:
            folder: the run's.
            memories: what is lived; None where nothing is remembered.
            rows: what is to be known before the first round.
            patience: seconds to wait for space on a full disk.

        Raises:
            StartError: it cannot be opened; the cause says why.
        """
        self._patience = patience
        self._memories = memories
        self._rows = list(rows)
        self._writer = StoreWriter(lambda: Database(folder, durability=durability), clock=clock)
        self._dispatcher = ThreadedDispatcher()
        self._dispatcher.start([self._writer], _START)
        self._feed = Feed(Address(self._writer))
        self._last: int | None = None
        self._clock = clock
        self._held = 0
        self._due = -inf
        if memories is not None:
            memories.keep_news()

    def add(self, round: int, rows: Sequence[Row] = ()) -> None:
        """Hand on what a round added; returns at once unless many rounds wait, or for space.

        Raises:
            StoreFullError: there is no space; see ``Feed.add``.
            StoreError: the store failed; see ``Feed.add``.
        """
        # A round that was cut short added nothing.
        for empty in range(self._last + 1, round) if self._last is not None else ():
            self._feed.hold(Batch(empty))
        self._last = round
        news = News() if self._memories is None else self._memories.take_news()
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
        self._hand_on(batch)

    def _hand_on(self, batch: Batch) -> None:
        """Tell the writer of a few at a time: to wake it for each costs more than writing.

        Those of which it is not told it finds by itself, should the next one take long.
        """
        now = self._clock.now()
        if self._held + 1 < _ROUNDS and now < self._due:
            self._held += 1
            self._feed.hold(batch)
            return
        self._held, self._due = 0, now + _SECONDS
        try:
            # What cannot be committed now is handed over all the same.
            self._feed.add(batch)
        except StoreFullError as full:
            self.wait_for_space(full)

    def wait_for_space(self, full: StoreFullError) -> None:
        """Wait until there is room for all that was handed on; nothing is lost meanwhile.

        Raises:
            StoreFullError: there was none in time.
            StoreError: something else has failed.
        """
        if not self._patience:
            raise full
        log.warning("store.waits_for_space", error=str(full), patience=self._patience)
        try:
            flushed = self._feed.await_space(min(self._patience, TIMEOUT_MAX))
        except AskTimeoutError:
            raise full from None
        log.warning("store.goes_on", round=flushed.round)

    def flush(self) -> Flushed:
        """Wait until all is on disk; errors as ``Feed.flush``."""
        return self._feed.flush()

    def close(self, *, in_peace: bool = True) -> None:
        """Commit what waits and let go of the store.

        Args:
            in_peace: whether there is time to wait for space on a full disk.

        Raises:
            StoreError: not all of it could be kept.
        """
        if not in_peace:
            self._patience = 0.0
        try:
            self._flush_in_time()
        finally:
            if self._memories is not None:
                self._memories.keep_no_news()
            self._dispatcher.stop([self._writer], _GRACE)

    def _flush_in_time(self) -> None:
        try:
            self.flush()
        except StoreFullError as full:
            self.wait_for_space(full)


def settings_row(settings: MemorySettings) -> Row:
    """Give the row that tells readers how the memories were bounded."""
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return Row("memory", {k: repr(v) if callable(v) else v for k, v in values.items()})
