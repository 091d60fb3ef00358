"""All calls of a run as a tree: what each took, by whom it was called, and by whom that."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ...clock import Clock
from .code import Code, called

DEEPEST = 100
"""Levels that are told apart; what is called below belongs to the last of them."""
_MOST = 200_000
"""Places in a tree, so that agents who call each other in all orders do not fill the memory."""


class Node:
    """A function as it was called from one place in the tree."""

    __slots__ = ("calls", "children", "code", "own")

    def __init__(self, code: Code) -> None:
        self.code = code
        self.calls = 0
        self.own = 0.0
        """Seconds, without those of its children."""
        # By identity: to hash a code is to hash all that is in it.
        self.children: dict[int | str, Node] = {}

    def __iter__(self) -> Iterator[Node]:
        return iter(self.children.values())


class CallTree:
    """Watches the calls of the thread that starts it, until that stops it.

    The time that watching takes is taken out, as far as it is spent in here.
    """

    def __init__(self, clock: Clock) -> None:
        self.root = Node("all")
        self._now = clock.now
        self._at = self.root
        self._above: list[Node] = []
        self._last = 0.0
        self._room = _MOST

    def start(self) -> None:
        self._last = self._now()
        sys.setprofile(self._notice)

    def stop(self) -> None:
        sys.setprofile(None)

    def _notice(self, frame: FrameType, event: str, argument: Any) -> None:
        self._at.own += self._now() - self._last
        if event == "call":
            self._enter(id(frame.f_code), frame.f_code)
        elif event == "c_call":
            name = called(argument)
            self._enter(name, name)
        elif self._above:
            # Functions that were there before it started return into nothing.
            self._at = self._above.pop()
        self._last = self._now()

    def _enter(self, key: int | str, code: Code) -> None:
        self._above.append(self._at)
        child = self._at.children.get(key)
        if child is None:
            if len(self._above) > DEEPEST or not self._room:
                return
            self._room -= 1
            child = self._at.children[key] = Node(code)
        child.calls += 1
        self._at = child
