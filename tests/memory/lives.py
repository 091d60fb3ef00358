"""Experiences for tests of what keeps them."""

from __future__ import annotations

from typing import Any

from antiphon.models.experience import Experience


def lived(round: int, observation: Any = 0, reward: float | None = 0.0) -> Experience:
    return Experience(round, observation, 1, 1, "acted", reward, terminated=False, truncated=False)
