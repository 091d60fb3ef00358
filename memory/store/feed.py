"""How rounds get to the writer without piling up in front of it."""

from __future__ import annotations

from collections import deque

from ...actors.address import Address, wait_for
from ...actors.future import Future
from .batch import Batch
from .writer import AwaitSpace, Commit, Flush, Flushed

MOST_ROUNDS = 256
MOST_EXPERIENCES = 1 << 15


class Feed:
    """Tells the writer of a store each round, and waits for it when many wait.

    After so many rounds or experiences, whichever is first, it asks whether they are
    committed, and looks at the answer after as many more; so no more than twice that, and what
    is handed over at once, is ever in memory, and while the writer keeps up nobody waits for
    it. For one thread.
    """

    __slots__ = ("_asked", "_experiences", "_rounds", "_timeout", "_tray", "_writer")

    def __init__(self, writer: Address, *, timeout: float = 60.0) -> None:
        """Make a feed.

        Args:
            timeout: seconds that a commit may take, however slow the disk.
        """
        self._writer = writer
        self._timeout = timeout
        self._tray: deque[Batch] = deque()
        self._rounds = 0
        self._experiences = 0
        self._asked: Future[Flushed] | None = None

    def hold(self, batch: Batch) -> None:
        """Put a round where the writer finds it with the next, or by itself a little later."""
        self._tray.append(batch)
        self._rounds += 1
        self._experiences += len(batch.experiences)

    def add(self, batch: Batch) -> None:
        """Hand a round to the writer, with all that are held.

        Raises:
            StoreFullError: rounds wait for space. These are handed over all the same; call
                ``flush`` until it raises no more, then go on with the next.
            StoreError: the writer failed; as above.
            AskTimeoutError: it did not answer in time; as above.
        """
        self.hold(batch)
        self._tell()
        if self._rounds >= MOST_ROUNDS or self._experiences >= MOST_EXPERIENCES:
            self._ask()

    def _tell(self) -> None:
        if self._tray:
            self._writer.tell(Commit(self._tray))

    def _ask(self) -> None:
        """Ask how far these are, and wait for what was asked before."""
        self._rounds = self._experiences = 0
        before, self._asked = self._asked, Future()
        self._writer.forward(Flush(), self._asked)
        if before is not None:
            _raise_from(wait_for(before, self._writer.name, self._timeout))

    def flush(self) -> Flushed:
        """Wait until all rounds that were added are committed.

        Raises:
            StoreFullError: as in ``add``; try again once there is space.
            StoreError: as in ``add``.
            AskTimeoutError: as in ``add``.
        """
        self._tell()
        return self._checked(self._writer.ask(Flush(), self._timeout))

    def await_space(self, timeout: float) -> Flushed:
        """Wait until the disk has room for all rounds that were added, and they are committed.

        Args:
            timeout: seconds.

        Raises:
            AskTimeoutError: it had none in time; as in ``add``.
            StoreError: something else has failed; as in ``add``.
        """
        reply: Future[Flushed] = Future()
        self._writer.tell(AwaitSpace(reply))
        return self._checked(wait_for(reply, "the store", timeout))

    def _checked(self, flushed: Flushed) -> Flushed:
        _raise_from(flushed)
        # What else was asked was answered before, perhaps while there was no space.
        self._rounds = self._experiences = 0
        self._asked = None
        return flushed


def _raise_from(flushed: Flushed) -> None:
    if flushed.error is not None:
        raise flushed.error
