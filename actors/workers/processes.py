"""Other processes that work for this one: bytes go out, bytes come back, nothing else does."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from ...errors import StoppedError, WorkerError
from ...forks import here
from ...logs import get_logger
from ..failures import describe
from ..future import Future
from .frames import read_frame, write_frame

log = get_logger(__name__)

PATIENCE = 60.0
"""Seconds that one job may take."""
GRACE = 5.0
"""Seconds for threads and a killed process to be gone; a fuse."""

# No __main__ is imported in there, as multiprocessing would: a script without a guard would
# run a second time.
_BOOT = (
    "import importlib, json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "importlib.import_module(sys.argv[2]).serve(sys.argv[3])"
)


@dataclass(frozen=True, slots=True)
class WorkerStatistics:
    """What a worker process has done."""

    jobs: int
    """How many it was given."""
    done: int
    failed: int
    started: int
    """How many processes it took."""


class WorkerProcess:
    """Has one function called in a process of its own, for one job after another.

    The process begins with the first job. One that dies, or takes too long and is killed,
    fails the job that it had in hand; the next job begins another. It ends with this one,
    however this one ends.
    """

    def __init__(self, target: str, *, name: str = "worker", patience: float = PATIENCE) -> None:
        """Make a worker.

        Args:
            target: ``package.module:function``; it takes the bytes of a job and gives those of
                its result.
            patience: seconds that one job may take.
        """
        if not patience > 0:
            raise ValueError(f"patience must be > 0, got {patience}")
        self.name = name
        self._target = target
        self._patience = min(patience, threading.TIMEOUT_MAX)
        self._jobs: SimpleQueue[tuple[bytes, Future[bytes]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: _Process | None = None
        self._stopped = False
        self._given = self._done = self._failed = self._started = 0
        self._home = here()

    def submit(self, job: bytes) -> Future[bytes]:
        """Have a job done; returns at once.

        Returns:
            The answer to come: the result, a ``WorkerError``, or a ``StoppedError``.

        Raises:
            ForkedError: the worker is the parent's.
        """
        self._home.check(f"worker process {self.name}")
        answer: Future[bytes] = Future()
        with self._lock:
            if self._stopped:
                _fail(answer, StoppedError(f"worker process {self.name} has stopped"))
                return answer
            self._given += 1
            self._jobs.put((job, answer))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
                self._thread.start()
        return answer

    def stop(self) -> None:
        """End the process, whatever it does; jobs not done are answered. May be called again."""
        self._home.check(f"worker process {self.name}")
        with self._lock:
            self._stopped = True
            thread, process = self._thread, self._process
            self._jobs.put(None)
        if process is not None:
            process.kill()
        if thread is not None and thread is not threading.current_thread():
            thread.join(GRACE)

    @property
    def pid(self) -> int | None:
        """The process that there is now."""
        process = self._process
        return None if process is None else process.pid

    def statistics(self) -> WorkerStatistics:
        return WorkerStatistics(self._given, self._done, self._failed, self._started)

    def _work(self) -> None:
        """Do jobs until told to stop: what the thread runs."""
        # Those that wait when it is told to stop come before the word, and are answered.
        while (job := self._jobs.get()) is not None:
            self._do(*job)
        if self._process is not None:
            self._let_go(self._process)

    def _do(self, job: bytes, answer: Future[bytes]) -> None:
        try:
            result = self._result_of(job)
        except Exception as error:
            # Whatever it is: somebody waits for this job, and others for the next.
            self._failed += 1
            if not self._stopped:
                log.warning("worker.failed", worker=self.name, error=describe(error))
            _fail(answer, error)
        else:
            self._done += 1
            answer.set(result)

    def _result_of(self, job: bytes) -> bytes:
        process = self._process or self._begin()
        try:
            return process.call(job, self._patience)
        except _Lost as lost:
            self._let_go(process)
            if self._stopped:
                raise StoppedError(f"worker process {self.name} has stopped") from None
            raise WorkerError(self.name, str(lost)) from None
        except _Raised as raised:
            raise WorkerError(self.name, f"the job raised {raised}") from None

    def _begin(self) -> _Process:
        with self._lock:
            if self._stopped:
                raise StoppedError(f"worker process {self.name} has stopped")
            try:
                self._process = _Process(self._target, self.name)
            except OSError as error:
                raise WorkerError(self.name, f"it cannot be started: {error}") from error
            self._started += 1
            return self._process

    def _let_go(self, process: _Process) -> None:
        with self._lock:
            self._process = None
        process.end()


class _Lost(Exception):  # noqa: N818  it never leaves this file
    """The process is gone, or has to go."""


class _Raised(Exception):  # noqa: N818  it never leaves this file
    """The process lives, and what it was to do raised."""


class _Process:
    """One process, and the thread that reads what it says."""

    def __init__(self, target: str, name: str) -> None:
        paths = json.dumps(sys.path)
        command = [sys.executable, "-c", _BOOT, paths, f"{__package__}.serving", target]
        self._popen = subprocess.Popen(  # noqa: S603  our own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._said: SimpleQueue[bytes | None] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, name=f"{name}-reader", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def call(self, job: bytes, patience: float) -> bytes:
        """Give what it makes of a job.

        Raises:
            _Lost, _Raised: it makes nothing.
        """
        try:
            # It reads all the time, so this does not wait for the job before to be done.
            write_frame(self._pipe(self._popen.stdin), job)
        except OSError:
            raise _Lost(self._how_it_died()) from None
        try:
            said = self._said.get(timeout=patience)
        except Empty:
            raise _Lost(f"not done within {patience:g} s, so it was killed") from None
        if said is None:
            raise _Lost(self._how_it_died())
        if said[:1] != b"+":
            raise _Raised(said[1:].decode(errors="replace"))
        return said[1:]

    def kill(self) -> None:
        self._popen.kill()

    def end(self) -> None:
        """Kill it and wait until nothing is left of it."""
        self._popen.kill()
        self._popen.wait(GRACE)
        self._reader.join(GRACE)
        for pipe in (self._popen.stdin, self._popen.stdout):
            try:
                self._pipe(pipe).close()
            except OSError:  # what was not written yet has no reader any more
                continue

    def _read(self) -> None:
        said: bytes | None = b""
        while said is not None:
            try:
                said = read_frame(self._pipe(self._popen.stdout))
            except (OSError, ValueError):
                said = None
            self._said.put(said)

    def _how_it_died(self) -> str:
        try:
            code = self._popen.wait(GRACE)
        except subprocess.TimeoutExpired:
            return "it says nothing any more"
        return f"it died of signal {-code}" if code < 0 else f"it ended with exit code {code}"

    @staticmethod
    def _pipe(pipe: Any) -> Any:
        assert pipe is not None
        return pipe


def _fail(answer: Future[bytes], error: BaseException) -> None:
    answer.set_exception((type(error), error, error.__traceback__))
