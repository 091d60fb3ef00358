"""The actor that alone writes the store of a run, while rounds go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from ...actors.actor import Actor
from ...actors.future import Future
from ...actors.messages import Request
from ...clock import Clock
from ...errors import AntiphonError, StoppedError, StoreError, StoreFullError
from ...logs import get_logger
from .batch import Batch, Totals
from .database import Database

MOST_ROUNDS = 1024
"""How many rounds one transaction holds."""
MOST_EXPERIENCES = 1 << 17
PAUSE = 0.25
"""Seconds from one commit to the next where nobody asks: each costs as much as many rows."""
RETRY_AFTER = 1.0
"""Seconds after a failure in which nobody asked for more."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Commit:
    """Rounds for the store: heard by its writer, which answers nothing.

    What is put into the tray afterwards is taken without a letter when the next commit is due,
    which is ``PAUSE`` after the one that this sets off.
    """

    tray: deque[Batch]


@dataclass(frozen=True, slots=True)
class Flush:
    """Commit what waits, now: asked of the writer, which answers ``Flushed``."""


@dataclass(frozen=True, slots=True, eq=False)
class AwaitSpace(Request):
    """Told the writer: answer ``Flushed`` when all is committed, or space is not what it lacks."""

    reply_to: Future[Flushed]

    def fail(self, error: BaseException) -> None:
        self.reply_to.set_exception((type(error), error, error.__traceback__))

    def lose(self, error: BaseException) -> None:
        self.fail(StoppedError("the writer of the store has stopped"))


@dataclass(frozen=True, slots=True, eq=False)
class Flushed:
    """How far the store has come: heard by whoever asked."""

    round: int
    """The last that is committed; -1 before the first."""
    waiting: int
    """How many rounds are not, because of the error."""
    error: AntiphonError | None
    totals: Totals
    has_ballast: bool
    commits: int
    """How many transactions there were."""


class StoreWriter(Actor):
    """Takes rounds as they come and commits as many as wait in one transaction.

    It does so at once when somebody asks, and otherwise a few times a second, so that a commit
    is of many rounds where they are quick. What fails stays, is tried again when more comes,
    when somebody asks, and after a second, and goes on where it stopped. How many rounds may
    wait is for those to bound who tell it: see ``Feed``.
    """

    def __init__(
        self, make: Callable[[], Database], *, name: str = "store", clock: Clock | None = None
    ) -> None:
        """Make a writer that opens its store when it starts.

        Args:
            make: opens the database, on the thread that starts the actor.
        """
        super().__init__(name, clock=clock)
        self._make = make
        self._waiting: deque[Batch] = deque()
        self._tray: deque[Batch] = deque()
        self._database: Database | None = None
        self._error: AntiphonError | None = None
        self._awaiting: list[AwaitSpace] = []
        self._commits = 0
        self._due = -inf

    def on_start(self) -> None:
        self._database = self._make()

    def on_receive(self, message: object) -> Flushed | None:
        try:
            return self._hear(message)
        finally:
            # The last letter that waits, whatever it is, sets off the commit of all before it.
            if self._waiting and (self.actor_inbox.empty() or len(self._waiting) >= MOST_ROUNDS):
                self._commit_when_due()

    def _hear(self, message: object) -> Flushed | None:
        match message:
            case Commit(tray):
                self._tray = tray
                self._take()
            case Flush():
                self._commit_all()
                return self._flushed()
            case AwaitSpace():
                self._awaiting.append(message)
                self._commit_all()
            case _:
                raise TypeError(f"the writer of a store hears no {type(message).__name__}")
        return None

    def _take(self) -> None:
        while self._tray:
            self._waiting.append(self._tray.popleft())

    def on_wake(self) -> None:
        self._commit_all()

    def on_stop(self) -> None:
        self._commit_all()
        for one in self._awaiting:
            one.lose(StoppedError())
        if self._waiting:
            log.error("store.rounds_lost", rounds=len(self._waiting), error=str(self._error))
        if self._database is not None:
            self._database.close()

    def _commit_when_due(self) -> None:
        if self.clock.now() >= self._due or len(self._waiting) >= MOST_ROUNDS:
            self._commit_all()
        else:
            self.wake_at = self._due

    def _commit_all(self) -> None:
        """Commit what waits; after a failure round by round, for a few may find room."""
        if self._database is None:
            return
        self._take()
        try:
            while self._waiting:
                self._commit(self._database, 1 if self._error else MOST_ROUNDS)
        except (AntiphonError, ValueError) as error:
            self._failed(self._database, error)
        else:
            self._error = None
        self._tell_those_who_wait()

    def _tell_those_who_wait(self) -> None:
        if isinstance(self._error, StoreFullError):
            return
        awaiting, self._awaiting = self._awaiting, []
        for one in awaiting:
            one.reply_to.set(self._flushed())

    def _commit(self, database: Database, most: int) -> None:
        some = self._some(most)
        database.commit(some)
        for _ in some:
            self._waiting.popleft()
        self._commits += bool(some)
        # Also if nobody tells it of more: some may lie in the tray by then.
        self._due = self.wake_at = self.clock.now() + PAUSE

    def _some(self, most: int) -> list[Batch]:
        some: list[Batch] = []
        size = 0
        for batch in self._waiting:
            size += len(batch.experiences)
            if len(some) == most or (some and size > MOST_EXPERIENCES):
                break
            some.append(batch)
        return some

    def _failed(self, database: Database, error: AntiphonError | ValueError) -> None:
        if self._error is None:
            log.error("store.failed", error=str(error), waiting=len(self._waiting))
        if not isinstance(error, AntiphonError):
            error = StoreError(database.path, str(error))
        self._error = error
        self.wake_at = self.clock.now() + RETRY_AFTER

    def _flushed(self) -> Flushed:
        assert self._database is not None, "it is open while the actor runs"
        return Flushed(
            self._database.round,
            len(self._waiting),
            self._error,
            self._database.totals,
            self._database.has_ballast,
            self._commits,
        )
