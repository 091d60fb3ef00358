"""What is said of, and done with, whatever somebody's code raises in the kernel."""

from __future__ import annotations

import logging
import os
import threading
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from .once import OncePerRound

_LONGEST = 500
_PACKAGE = Path(__file__).parents[1]
_PYTHON = Path(os.__file__).parent
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_WRITTEN_LIKE_A_USERS = ("bench", "examples", "tests")
_ALL_ROUNDS = 0
"""The number of a round that is before all others, for what is said once and for all."""


class _Owner(Enum):
    """Whose a line of code is."""

    KERNEL = auto()
    LIBRARY = auto()
    USER = auto()


def describe(error: BaseException) -> str:
    """Give one line that names the error."""
    try:
        text = str(error)
    except BaseException as trouble:
        if is_ctrl_c(trouble):
            raise
        # An agent's error is an agent's code: that its __str__ raises too is no news.
        text = "it cannot be printed"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def shown(error: BaseException) -> str:
    """Give one short printable line for a person: the error, and where it was raised.

    For reading alone. ``describe`` is for whatever two runs are compared by: a line of a file
    moves with the file, and not with what the agents do.
    """
    place = place_of(error)
    line = _one_line(describe(error))
    return f"{line} ({_one_line(place)})" if place else line


def place_of(error: BaseException) -> str:
    """Give ``file:line`` of the innermost frame of the agent's own code; "" if it has none.

    Of an agent out of an installed package it is the line in which that began.
    """
    # The kernel raises errors of its own from what an agent raised.
    return _place_in(error.__traceback__) or (
        "" if error.__cause__ is None else _place_in(error.__cause__.__traceback__)
    )


def log_traceback(agent_id: str, error: BaseException, once: OncePerRound) -> None:
    """Log all of where an error comes from, at debug level; of a kind and an agent the first."""
    if error.__traceback__ is None or not _log.isEnabledFor(logging.DEBUG):
        return
    kind = ("traceback", agent_id, type(error).__qualname__, place_of(error))
    if once.is_first(kind, _ALL_ROUNDS):
        _log.debug("event=agent.raised agent=%r", agent_id, exc_info=error)


def is_ctrl_c(error: BaseException) -> bool:
    """Whether it is the user who wants to stop, and not an agent's idea."""
    # Only the main thread is interrupted, and there actors run inline: the user means us.
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
    )


def _place_in(step: TracebackType | None) -> str:
    place: TracebackType | None = None
    while step is not None:
        owner = _owner_of(step.tb_frame.f_code.co_filename)
        if owner is _Owner.USER or (owner is _Owner.LIBRARY and place is None):
            place = step
        step = step.tb_next
    return "" if place is None else f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}"


@lru_cache(1024)
def _owner_of(file: str) -> _Owner:
    path = Path(file)
    if path.is_relative_to(_PACKAGE):
        part = path.relative_to(_PACKAGE).parts[0]
        if part in _WRITTEN_LIKE_A_USERS:
            return _Owner.USER
        # Agents of ours are where models are.
        return _Owner.LIBRARY if part == "models" else _Owner.KERNEL
    pythons = path.is_relative_to(_PYTHON) or file.startswith("<frozen ")
    foreign = pythons or not _INSTALLED.isdisjoint(path.parts)
    return _Owner.LIBRARY if foreign else _Owner.USER


def _one_line(text: str) -> str:
    """Give a text of anybody's as it may stand in a line on a terminal."""
    text = text[: 2 * _LONGEST]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:_LONGEST]


# Not by get_logger: its events are one line each, and a traceback is not.
_log = logging.getLogger(__name__)
