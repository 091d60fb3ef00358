"""What a health check warns of, and how not to say it again and again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class HealthWarning:
    """One thing that is not as it should be."""

    key: str
    """The kind, such as ``timeouts.many``: constant, for programs to look at."""
    message: str
    """What is wrong and what to do about it, for a person."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What was found and the threshold it broke, as JSON values."""

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {"key": self.key, "message": self.message, "figures": dict(self.figures)}


class OncePerKind:
    """Lets the first warning of each kind through, and none after it."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, warnings: Iterable[HealthWarning]) -> list[HealthWarning]:
        """Give those of a kind that has not been seen yet."""
        fresh = []
        for warning in warnings:
            if warning.key not in self._said:
                self._said.add(warning.key)
                fresh.append(warning)
        return fresh
