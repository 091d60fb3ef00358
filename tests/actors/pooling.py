"""What the tests of the pooled dispatcher put on a pool, and how they start one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from antiphon.actors.actor import Actor
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.pooled import PooledDispatcher
from antiphon.actors.workers.pool import PoolLimits
from antiphon.models.agent import Agent, Context
from antiphon.tests.actors.starting import started_by

FUSE = 10.0
FAR = 1000.0
"""Seconds between two looks of a watch that is not to help."""


class Echo(Actor):
    def on_receive(self, message: Any) -> Any:
        return message


class Idle(Agent):
    def act(self, observation: Any, context: Context) -> int:
        return 1


class Host(AgentActor):
    """Says when it has ended."""

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self.stopped = threading.Event()
        self.stops = 0

    def on_stop(self) -> None:
        self.stops += 1
        self.stopped.set()


Start = Callable[..., PooledDispatcher]


def dispatchers() -> Iterator[Start]:
    """Start pools for a test; they are stopped after it."""
    yield from started_by(lambda **limits: PooledDispatcher(PoolLimits(**limits)))


def wait_all(*events: Any) -> None:
    assert all(event.wait(FUSE) for event in events)
