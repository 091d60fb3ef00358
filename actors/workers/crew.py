"""Several worker processes for one stream of jobs: whoever is free takes the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue

from ...errors import StoppedError, WorkerError
from ..future import Future
from .processes import GRACE, PATIENCE, WorkerProcess

_SLICE = 0.05
"""Seconds of one wait: a Ctrl-C that comes just before one is seen only when it ends."""

Worn = Callable[[bytes], bool]
"""Whether the process that gave this result must not be given another job."""


class Crew:
    """Has one function called in several processes, for job after job; owned by one thread."""

    def __init__(
        self,
        target: str,
        size: int,
        *,
        name: str = "worker",
        patience: float = PATIENCE,
        worn: Worn = lambda result: False,
    ) -> None:
        """Make the workers; each begins a process with its first job.

        Args:
            target: ``package.module:function``, as for ``WorkerProcess``.
            size: how many processes there may be at once.
            patience: seconds that one job may take.
            worn: asked of each result; a process that is worn is ended, and another begins.
        """
        if size < 1:
            raise ValueError(f"size must be >= 1, got {size}")
        self._stopped = False
        self._done: SimpleQueue[tuple[_Hand, Future[bytes]]] = SimpleQueue()
        self._hands = [
            _Hand(target, f"{name}-{number}", patience, worn, self._done.put)
            for number in range(1, size + 1)
        ]

    def results(
        self, jobs: Iterable[tuple[int, bytes]]
    ) -> Iterator[tuple[int, bytes | WorkerError]]:
        """Give each job's number and result as it is ready; jobs are asked for one by one.

        Raises:
            StoppedError: the crew is stopped meanwhile.
        """
        waiting = iter(jobs)
        at_work: dict[_Hand, int] = {}
        for hand, (number, job) in zip(self._hands, waiting, strict=False):
            at_work[hand] = number
            hand.submit(job)
        while at_work:
            hand, answer = self._next_done()
            number = at_work.pop(hand)
            # Before what it made is looked at: it is not to wait for that.
            if (following := next(waiting, None)) is not None:
                at_work[hand] = following[0]
                hand.submit(following[1])
            yield number, _result(answer)

    def stop(self) -> None:
        """End all processes, whatever they do; may be called again."""
        self._stopped = True
        for hand in self._hands:
            hand.stop()

    def _next_done(self) -> tuple[_Hand, Future[bytes]]:
        while not self._stopped:
            try:
                return self._done.get(timeout=_SLICE)
            except Empty:
                continue
        raise StoppedError("the crew of workers has stopped")


class _Hand(WorkerProcess):
    """A worker process that tells when a job is done."""

    def __init__(
        self,
        target: str,
        name: str,
        patience: float,
        worn: Worn,
        tell: Callable[[tuple[_Hand, Future[bytes]]], None],
    ) -> None:
        super().__init__(target, name=name, patience=patience)
        self._worn = worn
        self._tell = tell

    def _do(self, job: bytes, answer: Future[bytes]) -> None:
        super()._do(job, answer)
        if not self._stopped:
            self._rest(_result(answer))
        self._tell((self, answer))

    def _rest(self, result: bytes | WorkerError) -> None:
        """End a process that is worn."""
        if isinstance(result, bytes) and self._process is not None and self._worn(result):
            self._let_go(self._process)


def _result(answer: Future[bytes]) -> bytes | WorkerError:
    try:
        result: bytes = answer.get(timeout=GRACE)
    except WorkerError as error:
        return error
    return result
