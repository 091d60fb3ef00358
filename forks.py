"""What is different in a child by fork: it has its parent's objects, and none of its threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from .errors import ForkedError

Lock = TypeVar("Lock")


class Home:
    """The process in which something was made; a child has left its parent's."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = False

    def check(self, what: str) -> None:
        """Refuse to go on in a child with what its parent made.

        Raises:
            ForkedError: this is one.
        """
        if self.left:
            raise ForkedError(what)


def here() -> Home:
    """Give the home of what is made now."""
    return _HERE[0]


def in_children(call: Callable[[], object]) -> None:
    """Have this called in each child by fork, before anything else is done there."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)


def free_in_children(lock: Lock) -> Lock:
    """Give the lock back; no child finds it taken by a thread that is not there to free it."""
    private: Any = lock

    def renew() -> None:
        private._at_fork_reinit()  # noqa: SLF001  as the standard library does with its own

    in_children(renew)
    return lock


def _leave() -> None:
    _HERE[0].left = True
    _HERE[0] = Home()


# Module-level, against the house rule: a process has one home, whoever asks.
_HERE = [Home()]
in_children(_leave)
