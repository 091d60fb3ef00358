"""Threads that share work."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ...forks import in_children
from ...logs import get_logger
from ..statistics import PoolStatistics

log = get_logger(__name__)


class Work(Protocol):
    """Something that a worker can do; it contains what it raises."""

    def take_turn(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """How many workers there may be, and when another is brought in."""

    minimum: int = 1
    initial: int = 1
    maximum: int = 1024
    threshold: float = 0.85
    """Share of one core below which the process counts as waiting for something."""
    interval: float = 0.002
    """Seconds between two looks at whether those who work get on."""
    patience: float = 10.0
    """Seconds after which a worker without work leaves, down to the minimum."""

    def __post_init__(self) -> None:
        for name in ("minimum", "initial"):
            if not 1 <= (count := getattr(self, name)) <= self.maximum:
                raise ValueError(f"{name} must be in [1, {self.maximum}], got {count}")
        for name in ("threshold", "interval", "patience"):
            if not (quantity := getattr(self, name)) > 0:
                raise ValueError(f"{name} must be > 0, got {quantity}")


class Worker:
    """One thread of a pool, and the bell on which it rests."""

    __slots__ = ("bell", "permit", "thread")

    def __init__(self) -> None:
        self.bell = allocate_lock()
        self.bell.acquire()
        self.permit = 0
        """The epoch in which it was let to work; 0 for none."""
        self.thread: threading.Thread | None = None


_HERE = threading.local()
# A worker that forks is no worker in the child.
in_children(lambda: vars(_HERE).clear())


@contextmanager
def blocking() -> Iterator[None]:
    """Let somebody else work while this thread waits for something; anywhere it may be said.

    For an agent that waits inside ``act``, ``receive`` or ``answer`` for a network, a disk or
    another process: with the pooled dispatcher another agent is called meanwhile, at once, and
    not only when the pool has found that the process idles. On a thread that is no pool's
    worker, as with all other dispatchers, it changes nothing.

    ::

        def act(self, observation, context):
            with antiphon.blocking():
                return self.model.complete(observation)
    """
    pool: Pool | None = getattr(_HERE, "pool", None)
    if pool is not None:
        pool.hand_place_on(_HERE.worker)
    # Back from waiting it goes on as it is; before its next work it asks for a permit.
    yield


class Pool:
    """Runs work on as few threads as keep the processor busy.

    Under the GIL one thread at a time gets on, so one worker is awake and the others rest,
    the last to rest being the first to wake. Whoever looks after the pool calls ``widen``
    when work waits while the processor does not: then those at work are waiting inside an
    agent, their permits are written off, and twice as many others may be brought in. Who
    comes back without a permit takes one that is free, or rests.
    """

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self.limits = limits or PoolLimits()
        self.ready: deque[Work] = deque()
        self.urgent: deque[Work] = deque()
        """Work that never blocks and for which others wait; it goes first."""
        self.begun = 0
        """How many pieces of work have been taken in hand."""
        self._lock = allocate_lock()
        self._hiring = allocate_lock()
        self._window = 1
        self._awake = 0
        self._epoch = 1
        self._idle: list[Worker] = []
        # By age, as dicts are: of a set each process would go through them in another order.
        self._workers: dict[Worker, None] = {}
        self._peak = 0
        self._patience = min(self.limits.patience, threading.TIMEOUT_MAX)
        self._full = False
        self._warned = False
        self._stopped = False

    def start(self) -> None:
        """Bring in the first workers.

        Raises:
            RuntimeError: the system has not one thread for them.
        """
        first = [Worker() for _ in range(self.limits.initial)]
        with self._lock:
            self._workers |= dict.fromkeys(first)
        for worker in first:
            self._hire(worker)
        if not self.workers:
            raise RuntimeError("the system gives no threads")

    def submit(self, work: Work) -> None:
        """Have a worker do this; returns at once."""
        self.ready.append(work)
        if self._awake < self._window:
            self._summon(1)

    def submit_urgent(self, work: Work) -> None:
        """Have this done before all else; it must never block."""
        self.urgent.append(work)
        if self._awake < self._window:
            self._summon(1)

    def do_urgent(self) -> None:
        """Do on this thread what is urgent and waits now."""
        for _ in range(len(self.urgent)):
            try:
                work = self.urgent.popleft()
            except IndexError:
                return  # a worker was quicker
            do(work)

    def widen(self) -> None:
        """Write off the permits that are out, and let twice as many others work."""
        self._window = min(2 * self._window, self.limits.maximum)
        self.write_off()

    def bring_in(self, count: int) -> bool:
        """Wake or hire so many, while work waits; whether there may be more to bring in."""
        return bool(self.ready or self.urgent) and self._summon(count) == count

    def write_off(self) -> None:
        """Forget the permits that are out: those who have them may never come back."""
        with self._lock:
            self._epoch += 1
            self._awake = 0
            # Threads that the system refused it may give now.
            self._full = False

    def narrow(self) -> None:
        """Let half as many work from now on."""
        self._window = max(1, self._window // 2)

    def hand_place_on(self, worker: Worker) -> None:
        """Let another work in place of this one."""
        with self._lock:
            self._take_permit_from(worker)
        if self.ready or self.urgent:
            self._summon(1)

    def is_here(self) -> bool:
        """Whether this thread is one of its workers."""
        return getattr(_HERE, "pool", None) is self

    def statistics(self) -> PoolStatistics:
        with self._lock:
            return PoolStatistics(
                workers=len(self._workers),
                awake=self._awake,
                idle=len(self._idle),
                waiting=len(self.ready) + len(self.urgent),
                peak=self._peak,
                maximum=self.limits.maximum,
            )

    def withdraw(self) -> Iterator[Work]:
        """Take back, one by one, what nobody has begun."""
        for queue in (self.urgent, self.ready):
            while queue:
                try:
                    yield queue.popleft()
                except IndexError:
                    break  # a worker was quicker

    def stop(self) -> None:
        """Let the workers go once nothing is left to do; those at work when they are done."""
        with self._lock:
            self._stopped = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.bell.release()
        # Whoever is being hired is hired now, and the next finds that it is too late; so
        # these are all workers that there will be.
        with self._hiring:
            pass

    @property
    def workers(self) -> list[Worker]:
        """Those that have not left."""
        with self._lock:
            return list(self._workers)

    def _summon(self, count: int) -> int:
        """Wake or hire so many, as far as permits and limits go; give how many it was."""
        woken: list[Worker] = []
        hired: list[Worker] = []
        with self._lock:
            while len(woken) + len(hired) < count and not (
                self._stopped or self._awake >= self._window
            ):
                if self._idle:
                    worker = self._idle.pop()
                    woken.append(worker)
                elif len(self._workers) < self.limits.maximum and not self._full:
                    worker = Worker()
                    self._workers[worker] = None
                    hired.append(worker)
                else:
                    break
                worker.permit = self._epoch
                self._awake += 1
        for worker in woken:
            worker.bell.release()
        for worker in hired:
            self._hire(worker)
        return len(woken) + len(hired)

    def _hire(self, worker: Worker) -> None:
        """Give a worker its thread, if the system has one and the end has not come."""
        try:
            with self._hiring:
                if not self._stopped:
                    self._start_thread_of(worker)
                    return
        except (RuntimeError, MemoryError) as error:
            # The system gives no more threads; those that there are go on.
            self._full = True
            self._warn(error)
        except BaseException:  # Ctrl-C: nobody may wait for a thread that never ran
            self._forget(worker)
            raise
        self._forget(worker)

    def _forget(self, worker: Worker) -> None:
        with self._lock:
            self._take_permit_from(worker)
            self._workers.pop(worker, None)

    def _start_thread_of(self, worker: Worker) -> None:
        count = len(self._workers)
        worker.thread = threading.Thread(
            target=self._serve, args=(worker,), name=f"worker-{count}", daemon=True
        )
        worker.thread.start()
        self._peak = max(self._peak, count)

    def _warn(self, error: BaseException) -> None:
        if not self._warned:
            self._warned = True
            log.warning("pool.grew_no_further", workers=len(self._workers) - 1, error=str(error))

    def _serve(self, worker: Worker) -> None:
        """Work, rest, work: what each thread runs."""
        _HERE.pool, _HERE.worker = self, worker
        goes_on = bool(worker.permit) or self._rest(worker)
        while goes_on:
            while (
                (worker.permit == self._epoch and self._awake <= self._window)
                or self._gets_permit(worker)
            ) and (work := self._next()) is not None:
                try:
                    work.take_turn()
                except BaseException as error:
                    _tell_of(work, error)
            goes_on = self._rest(worker)

    def _next(self) -> Work | None:
        try:
            work = self.urgent.popleft() if self.urgent else self.ready.popleft()
        except IndexError:
            return None
        self.begun += 1
        return work

    def _gets_permit(self, worker: Worker) -> bool:
        """Find one for who has none that holds; whether there is any."""
        with self._lock:
            self._take_permit_from(worker)
            # At the end others may never come back to do what is left.
            if self._awake >= self._window and not self._stopped:
                return False
            self._awake += 1
            worker.permit = self._epoch
            return True

    def _take_permit_from(self, worker: Worker) -> None:
        if worker.permit == self._epoch:
            self._awake -= 1
        worker.permit = 0

    def _rest(self, worker: Worker) -> bool:
        """Sleep until there is work or the end has come; False for a worker that leaves."""
        with self._lock:
            self._take_permit_from(worker)
            if self._stopped:
                if self.ready or self.urgent:
                    return True  # submitted before the end, and after this one has looked
                self._workers.pop(worker, None)
                return False
            self._idle.append(worker)
        # First lie down, then look: submit() does it the other way round.
        if self.ready or self.urgent:
            self._summon(1)
        while not worker.bell.acquire(timeout=self._patience):
            if self._is_superfluous(worker):
                return False
        return True

    def _is_superfluous(self, worker: Worker) -> bool:
        """Whether it leaves now; if somebody has just called it, the bell will ring."""
        with self._lock:
            leaves = worker in self._idle and len(self._workers) > self.limits.minimum
            if leaves:
                self._idle.remove(worker)
                self._workers.pop(worker, None)
        return leaves


def do(work: Work) -> None:
    """Do a piece of work on this thread."""
    try:
        work.take_turn()
    except BaseException as error:
        _tell_of(work, error)


def _tell_of(work: Work, error: BaseException) -> None:
    # Work contains what actors raise; this is a fault of ours, and the others' work is not to
    # wait for ever because of it.
    log.error("worker.failed", work=repr(work), error=repr(error))
