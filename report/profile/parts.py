"""What a function works for: thinking, mail, rounds, what is written down, or the world."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from types import CodeType
from typing import Any

from .code import Code, path_in_package


class Part(StrEnum):
    """A part of a society that time is spent for."""

    INFERENCE = "inference"
    MAILBOX = "mailbox"
    COORDINATION = "coordination"
    RECORDS = "records"
    MEMORY = "memory"
    WORLD = "world"
    REST = "rest"


ABOUT = {
    Part.INFERENCE: "what agents do to choose an action",
    Part.MAILBOX: "actors, and messages between them",
    Part.COORDINATION: "rounds, outcomes, health",
    Part.RECORDS: "trace, events, metrics, tables",
    Part.MEMORY: "what agents remember",
    Part.WORLD: "the environment",
    Part.REST: "all else",
}

_PLAIN = "agent board chance experience frozen memory moment names outbox payload state topics"
_ROOMS = (
    # What everybody uses belongs to who uses it.
    *((f"models/{name}", None) for name in _PLAIN.split()),
    ("models/grid_", Part.WORLD),
    ("models/", Part.INFERENCE),
    ("actors/", Part.MAILBOX),
    ("memory/", Part.MEMORY),
    ("coordination/outcome.py", None),
    ("coordination/environment.py", Part.WORLD),
    ("coordination/records/course.py", Part.COORDINATION),
    ("coordination/talk/", Part.MAILBOX),
    ("coordination/records/", Part.RECORDS),
    ("coordination/journal/", Part.RECORDS),
    ("coordination/", Part.COORDINATION),
    ("society.py", Part.COORDINATION),
    ("commands/", Part.REST),
    ("report/", Part.REST),
)
"""By where a file stands in the package; the first that fits."""


class Parts:
    """Tells which part a function belongs to, as far as that is fixed."""

    def __init__(self, *agents: type) -> None:
        """Take the agents' types, whose methods are inference wherever they are written."""
        self._thinking = frozenset(code for agent in agents for code in _codes(agent))

    def of(self, code: Code) -> Part | None:
        """Give the part; None for what belongs to who calls it, as libraries do."""
        if isinstance(code, str):
            return None
        path = path_in_package(code.co_filename)
        if path is not None:
            for start, part in _ROOMS:
                if path.startswith(start):
                    return part
        return Part.INFERENCE if code in self._thinking else None


def _codes(agent: type) -> Iterator[CodeType]:
    for kind in agent.__mro__:
        for attribute in vars(kind).values():
            yield from _codes_of(attribute)


def _codes_of(attribute: Any) -> Iterator[CodeType]:
    """Give what runs when this is called or read, decorators and the function within."""
    if isinstance(attribute, property):
        for accessor in (attribute.fget, attribute.fset):
            yield from _codes_of(accessor)
        return
    seen: set[int] = set()
    while attribute is not None and id(attribute) not in seen:
        seen.add(id(attribute))
        function = getattr(attribute, "__func__", attribute)
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            yield code
        attribute = getattr(function, "__wrapped__", None)
