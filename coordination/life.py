"""The life of a society: it starts when it is needed, plays round by round, and stops."""

from __future__ import annotations

import abc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from ..errors import EscalatedError, RoundOpenError, StoppedError
from ..forks import here
from .ensemble import Ensemble
from .stage import Stage

_OVER = "the society has been stopped; found a new one"


class Life(abc.ABC):
    """Starts and stops; the society says what that takes.

    One thread drives it, in the process in which it was founded; any thread may stop it.
    """

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._in_round = False
        self._stopped = False
        self._starting = threading.RLock()
        self._stopping = threading.Lock()
        self._home = here()
        self.abandoned: list[str] = []
        """Agents that did not come back when they were removed, or the society stopped."""

    @abc.abstractmethod
    def _begin(self) -> Stage:
        """Start every actor, or none; errors as ``start``."""

    @abc.abstractmethod
    def _end(self, stage: Stage | None) -> None:
        """Clear the stage, if there is one, and let go of all else."""

    @abc.abstractmethod
    def _clear(self, stage: Stage) -> None:
        """Stop every actor on it."""

    def start(self) -> None:
        """Start every actor, or none; ``run`` and the others do it when needed.

        Raises:
            StartError: an agent could not be made or started.
            TooManyActorsError: the machine does not bear so many threads.
            ValueError: nobody is there, or a place of the environment is vacant.
            ForkedError: it was founded in the parent of this process.
        """
        self._home.check("the society")
        if self._stopped:
            raise StoppedError(_OVER)
        if self._stage is not None:
            return
        # Several threads may be the first to tell somebody something.
        with self._starting:
            if self._stage is None:
                self._start()

    def _start(self) -> None:
        stage = self._begin()
        with self._stopping:
            self._stage = stage
            over = self._stopped
        if over:
            # Meanwhile, by another thread, which found nobody whom it could stop.
            self._clear(stage)
            raise StoppedError(_OVER)

    def stop(self) -> None:
        """Stop every actor within the grace; may be called again, and from any thread.

        Raises:
            ForkedError: it was founded in the parent of this process.
        """
        self._home.check("the society")
        with self._stopping:
            if self._stopped:
                return
            self._stopped, stage = True, self._stage
        self._end(stage)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        # A child that leaves the block has nothing to stop in there.
        if not self._home.left:
            self.stop()

    @contextmanager
    def _round_open(self) -> Iterator[None]:
        self._check_no_round()
        self._in_round = True
        try:
            yield
        except EscalatedError:
            self.stop()
            raise
        finally:
            self._in_round = False

    def _check_no_round(self) -> None:
        self._home.check("the society")
        if self._in_round:
            raise RoundOpenError(self._running.round)

    def _not_started(self, what: str) -> None:
        if self._stopped:
            raise StoppedError(_OVER)
        if self._stage is not None:
            raise StoppedError(f"{what} before the society starts, and it has")

    @property
    def _running(self) -> Stage:
        if self._stage is None or self._stopped:
            raise StoppedError(_OVER)
        return self._stage

    @property
    def _ensemble(self) -> Ensemble:
        self.start()
        return self._running.ensemble

    @property
    def _ensemble_to_read(self) -> Ensemble:
        return self._stage_to_read.ensemble

    @property
    def _stage_to_read(self) -> Stage:
        """What runs, or has run until it was stopped."""
        self._home.check("the society")
        if self._stage is None:
            self.start()
        assert self._stage is not None
        return self._stage
