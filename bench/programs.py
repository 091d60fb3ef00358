"""What a program of ``messaging`` is: roles that tell each other things, whatever carries it."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

FUSE = 120.0
"""Seconds; nothing in a bench takes so long."""

Tell = Callable[[Any], None]
Play = Callable[[int], Any]
"""Runs so many units of a program and gives its result."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Heard by a program's first role: do so many units of work."""

    units: int


class Role(abc.ABC):
    """What one actor of a program does with a message; one call at a time."""

    tells: Sequence[Tell]
    """How to reach every role of the program, in their order."""
    done: Tell
    """Takes the result; called once for each ``Begin``."""

    @abc.abstractmethod
    def receive(self, message: Any) -> None:
        """Handle a message, and tell others."""


class Program(abc.ABC):
    """A few roles, and what so many units of their work must come to."""

    def __init__(self, roles: Sequence[Role]) -> None:
        self.roles = roles

    def link(self, tells: Sequence[Tell], done: Tell) -> None:
        """Tell the roles how to reach each other, and who wants the result."""
        for role in self.roles:
            role.tells, role.done = tells, done

    @abc.abstractmethod
    def check(self, units: int, result: Any) -> str:
        """Say what is wrong with so many units, and count anew; empty if nothing is."""
