"""One experience as an agent's memory gives it back."""

from __future__ import annotations

from typing import NamedTuple

from ..models.experience import Experience


class Remembered(NamedTuple):
    """An experience with its place in an agent's life, and how much it meant to the agent."""

    sequence: int
    """1 for the first experience that the agent's memory was given, and so on."""
    experience: Experience
    importance: float
    """At least 0; 1 where nobody said."""
    surprise: float | None
    """In nats; None where the agent has no free energy to tell it from."""
