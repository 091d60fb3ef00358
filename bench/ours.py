"""Our own side of the benches: societies for rounds, plain actors for messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any

from ..actors.actor import Actor
from ..actors.address import Address
from ..actors.dispatcher import Dispatcher
from ..actors.inline import InlineDispatcher
from ..actors.pooled import PooledDispatcher
from ..actors.threaded import ThreadedDispatcher
from ..coordination.outcome import Outcome
from ..models.agent import Agent
from ..society import Society
from .programs import FUSE, Begin, Play, Program, Role

DISPATCHERS: dict[str, Callable[[], Dispatcher]] = {
    "pooled": PooledDispatcher,
    "threaded": ThreadedDispatcher,
    "inline": InlineDispatcher,
}
"""Everyone that is measured, by the name under which a society knows it."""

_SEED = 7


@contextmanager
def crowd(dispatcher: str, kind: type[Agent], n: int, **options: Any) -> Iterator[Play]:
    """Run a society of n agents, whose ids end in 1 to n; it plays rounds."""
    with society(dispatcher) as running:
        running.add(kind, n=n, **options)
        running.start()
        yield partial(step, running)


def society(dispatcher: str) -> Society:
    """Found a society that is never in a hurry."""
    return Society(dispatcher=dispatcher, seed=_SEED, timeout=FUSE, start_timeout=FUSE, grace=FUSE)


def step(society: Society, rounds: int) -> list[Outcome]:
    """Show everyone the number of the round, from 0, and gather."""
    ids = list(society)
    return [society.step(dict.fromkeys(ids, number)) for number in range(rounds)]


class Player(Actor):
    """An actor that plays one role."""

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._role = role

    def on_receive(self, message: Any) -> None:
        self._role.receive(message)


@contextmanager
def stage(dispatcher: Callable[[], Dispatcher], program: Program) -> Iterator[Play]:
    """Run a program on a dispatcher of its own."""
    players = [Player(role) for role in program.roles]
    tells = [Address(player).tell for player in players]
    results: SimpleQueue[Any] = SimpleQueue()
    program.link(tells, results.put)
    running = dispatcher()
    running.start(players, FUSE)

    def play(units: int) -> Any:
        tells[0](Begin(units))
        return results.get(timeout=FUSE)

    try:
        yield play
    finally:
        running.stop(players, FUSE)
