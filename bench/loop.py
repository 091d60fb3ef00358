"""No actors at all: what the same work costs in a plain loop, the floor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..models.agent import Agent, Context
from .programs import Begin, Play, Program, Role, Tell


@contextmanager
def crowd(agents: Sequence[Agent]) -> Iterator[Play]:
    """Call one agent after the other."""
    context = Context()
    yield lambda rounds: [
        [agent.act(number, context) for agent in agents] for number in range(rounds)
    ]


@contextmanager
def stage(program: Program) -> Iterator[Play]:
    """Run a program with one queue for all roles."""
    letters: deque[tuple[Role, Any]] = deque()
    results: list[Any] = []
    tells = [_tell(role, letters) for role in program.roles]
    program.link(tells, results.append)

    def play(units: int) -> Any:
        tells[0](Begin(units))
        while letters:
            role, message = letters.popleft()
            role.receive(message)
        return results.pop()

    yield play


def _tell(role: Role, letters: deque[tuple[Role, Any]]) -> Tell:
    def tell(message: Any) -> None:
        letters.append((role, message))

    return tell
