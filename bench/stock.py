"""Stock Pykka: a ThreadingActor for each agent or role, with nothing round it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pykka

from ..models.agent import Agent, Context
from .programs import FUSE, Begin, Play, Program, Role


class StockHost(pykka.ThreadingActor):
    """Answers an observation with its agent's action."""

    use_daemon_thread = True

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self._agent = agent
        self._context = Context()

    def on_receive(self, message: Any) -> Any:
        return self._agent.act(message, self._context)


class StockPlayer(pykka.ThreadingActor):
    """Plays one role."""

    use_daemon_thread = True

    def __init__(self, role: Role) -> None:
        super().__init__()
        self._role = role

    def on_receive(self, message: Any) -> None:
        self._role.receive(message)


@contextmanager
def crowd(agents: Sequence[Agent]) -> Iterator[Play]:
    """Run an actor for each agent; a round asks all and gets all."""
    with asking(agents) as ask:
        yield lambda rounds: [list(pykka.get_all(ask(number))) for number in range(rounds)]


@contextmanager
def asking(agents: Sequence[Agent]) -> Iterator[Callable[[Any], list[pykka.Future[Any]]]]:
    """Run an actor for each agent; all can be asked, without waiting."""
    with _running(StockHost, agents) as refs:
        yield lambda observation: [ref.ask(observation, block=False) for ref in refs]


@contextmanager
def stage(program: Program) -> Iterator[Play]:
    """Run a program with an actor for each role."""
    with _running(StockPlayer, program.roles) as refs:
        results: SimpleQueue[Any] = SimpleQueue()
        program.link([ref.tell for ref in refs], results.put)

        def play(units: int) -> Any:
            refs[0].tell(Begin(units))
            return results.get(timeout=FUSE)

        yield play


@contextmanager
def _running(
    kind: type[pykka.ThreadingActor], parts: Sequence[Any]
) -> Iterator[list[pykka.ActorRef[Any]]]:
    refs: list[pykka.ActorRef[Any]] = []
    try:
        refs.extend(kind.start(part) for part in parts)
        yield refs
    finally:
        for ref in refs:
            ref.stop(block=False)
        for ref in refs:
            ref.actor_stopped.wait(FUSE)
