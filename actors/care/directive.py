"""What may become of an agent that failed, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Directive(StrEnum):
    """What becomes of an agent that failed."""

    RESUME = "resume"
    """It goes on with the state it has."""
    RESTART = "restart"
    """It is built anew and given its last snapshot; address and backlog stay."""
    STOP = "stop"
    """It is out for good."""
    ESCALATE = "escalate"
    """The society stops, and whoever runs it hears why."""


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """What a strategy is told: who failed, when, how, and when it failed before."""

    agent_id: str
    round: int
    error: BaseException
    earlier: tuple[int, ...]
    """The rounds of its latest failures before this one, oldest first; at most ``HISTORY``."""


HISTORY = 32
"""How many failures of one agent are remembered."""

Strategy = Callable[[Failure], Directive]
"""Decides by nothing but what it is told, so that a replay decides alike."""


def always(directive: Directive) -> Strategy:
    """Answer every failure in one way."""
    return lambda failure: directive


def by_type(
    directives: Mapping[type[BaseException], Directive], *, otherwise: Directive
) -> Strategy:
    """Answer by the type of the error; of several that fit, the nearest holds.

    Raises:
        TypeError: something is listed that cannot be raised.
    """
    for kind in directives:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise TypeError(f"directives must be listed by exception type, got {kind!r}")
    listed = dict(directives)

    def strategy(failure: Failure) -> Directive:
        kinds = type(failure.error).__mro__
        return next((listed[kind] for kind in kinds if kind in listed), otherwise)

    return strategy
