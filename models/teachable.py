"""Agents that learn from what is made of their memories, and not in their own steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Teachable(Protocol):
    """An agent that can be taught between two acts."""

    def pupil(self) -> Any | None:
        """Give what it takes to teach it; None if it is not to be taught."""
        ...

    def teach(self, gains: Mapping[str, Any]) -> None:
        """Know this from the next act on: float64 arrays, by what they are added to."""
        ...
