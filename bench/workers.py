"""Worker processes that are all asked before anyone is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..actors.workers.processes import WorkerProcess
from ..coordination.vitals.machine import usable_cores
from .programs import FUSE

Ask = Callable[[Sequence[bytes]], list[bytes]]
"""Gives each process its job, and what came of each."""


def shares(n: int) -> list[range]:
    """Share n agents, numbered from 0, among as many processes as we may use cores."""
    size = -(-n // min(n, usable_cores()))
    return [range(first, min(first + size, n)) for first in range(0, n, size)]


@contextmanager
def workers(target: str, n: int) -> Iterator[Ask]:
    """Keep so many processes; each begins with its first job.

    Args:
        target: as of a ``WorkerProcess``.
    """
    some = [WorkerProcess(target, patience=FUSE) for _ in range(n)]

    def ask(jobs: Sequence[bytes]) -> list[bytes]:
        asked = [worker.submit(job) for worker, job in zip(some, jobs, strict=True)]
        return [answer.get(timeout=FUSE) for answer in asked]

    try:
        yield ask
    finally:
        for worker in some:
            worker.stop()
