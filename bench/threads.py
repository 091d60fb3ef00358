"""Bare threads: one for each agent, woken by a lock of its own."""

from __future__ import annotations

import threading
from _thread import LockType, allocate_lock
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..models.agent import Agent, Context
from .programs import FUSE, Play


@contextmanager
def crowd(agents: Sequence[Agent]) -> Iterator[Play]:
    """Run a thread for each agent, and the least round that can be: no outcome, no deadline."""
    threads = _Crowd(agents)
    try:
        threads.start()
        yield lambda rounds: [threads.ask(number) for number in range(rounds)]
    finally:
        threads.stop()


class _Crowd:
    def __init__(self, agents: Sequence[Agent]) -> None:
        self._observation: Any = None
        self._answers: list[Any] = [None] * len(agents)
        # Taking from a list is atomic: who finds it empty is the last to answer.
        self._others: list[None] = []
        self._filled = _locked()
        self._over = False
        self._bells = [_locked() for _ in agents]
        self._threads = [
            threading.Thread(target=self._answer, args=(index, agent), daemon=True)
            for index, agent in enumerate(agents)
        ]

    def _answer(self, index: int, agent: Agent) -> None:
        context, bell = Context(), self._bells[index]
        while bell.acquire() and not self._over:
            self._answers[index] = agent.act(self._observation, context)
            try:
                self._others.pop()
            except IndexError:
                self._filled.release()

    def ask(self, observation: Any) -> list[Any]:
        """Show everyone an observation, and gather."""
        self._observation = observation
        self._others = [None] * (len(self._bells) - 1)
        for bell in self._bells:
            bell.release()
        if not self._filled.acquire(timeout=FUSE):
            raise TimeoutError("a thread did not answer")
        return list(self._answers)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over = True
        for bell in self._bells:
            bell.release()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(FUSE)


def _locked() -> LockType:
    lock = allocate_lock()
    lock.acquire()
    return lock
