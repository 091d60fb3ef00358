"""How long a run is to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Length:
    """So many steps or so many episodes; with both, whatever comes first.

    Raises:
        ValueError: neither is given, or one is no whole number above zero.
    """

    steps: int | None = None
    episodes: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("steps", self.steps), ("episodes", self.episodes)):
            if value is not None and (isinstance(value, bool) or value != int(value) or value < 1):
                raise ValueError(f"{name} must be a whole number >= 1, got {value!r}")
        if self.steps is None and self.episodes is None:
            raise ValueError("say how long: run(steps=...) or run(episodes=...)")

    @property
    def total(self) -> int:
        """What a progress display counts up to."""
        return self.steps or self.episodes or 0

    @property
    def unit(self) -> str:
        return "episode" if self.steps is None else "step"

    def count(self, steps: int, episodes: int) -> int:
        """Give how much is done, in the unit."""
        return episodes if self.steps is None else steps

    def is_reached(self, steps: int, episodes: int) -> bool:
        return steps == self.steps or episodes == self.episodes
