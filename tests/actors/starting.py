"""Dispatchers that a test starts, and that are stopped after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from antiphon.actors.dispatcher import Dispatcher

FUSE = 10.0

D = TypeVar("D", bound=Dispatcher)


def started_by(make: Callable[..., D]) -> Iterator[Callable[..., D]]:
    """Give what starts actors on a dispatcher of their own; for fixtures."""
    started: list[tuple[D, list[Any]]] = []

    def start(actors: list[Any], **limits: Any) -> D:
        dispatcher = make(**limits)
        dispatcher.start(actors, FUSE)
        started.append((dispatcher, actors))
        return dispatcher

    yield start
    for dispatcher, actors in started:
        dispatcher.stop(actors, FUSE)
