"""Variants that are alive only while it is their turn.

A thousand idle threads slow down whoever runs beside them, so nobody is to have any but its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from .harness import Variant
from .programs import Play

Start = Callable[[], AbstractContextManager[Play]]
Check = Callable[[int, Any], str]


def in_turn(
    name: str, units: int, start: Start, check: Check, *, warm_up: int = 0, starts: bool = False
) -> Variant:
    """Make a variant that starts before each repeat and ends after it.

    Args:
        warm_up: units that it plays first, unmeasured.
        starts: whether the time of its start is told; it must do nothing else then.
    """
    turn = _Turn(start, warm_up)
    return Variant(name, units, turn.play, check, turn.open, starts, turn.warm)


class _Turn:
    def __init__(self, start: Start, warm_up: int) -> None:
        self._start, self._warm_up = start, warm_up
        self._play: Play | None = None

    @contextmanager
    def open(self) -> Iterator[None]:
        with self._start() as play:
            self._play = play
            yield
        self._play = None

    def warm(self) -> None:
        if self._warm_up:
            self.play(self._warm_up)

    def play(self, units: int) -> Any:
        assert self._play is not None
        return self._play(units)
