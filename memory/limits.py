"""How much one agent's memory holds, and at which marks it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_LEAST = {"size": 1, "max_bytes": 1}
_SHARES = ("warning", "high", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLimits:
    """The bounds of an episodic memory; shares are of whichever bound is the nearer."""

    size: int = 1_000
    """How many experiences it holds."""
    max_bytes: int = 8 << 20
    """How many bytes they may take together."""
    warning: float = 0.8
    """From which share on it is said to approach its limit."""
    high: float = 0.8
    """At which share it wants to be consolidated."""
    low: float = 0.6
    """Below which share it is content again."""

    def __post_init__(self) -> None:
        """Refuse what bounds nothing.

        Raises:
            ValueError: naming the bound and its rule.
        """
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")
        for name in _SHARES:
            share = getattr(self, name)
            if not _is_share(share):
                raise ValueError(f"{name} must be in (0, 1], got {share!r}")
        if self.low >= self.high:
            raise ValueError(f"low must be below high, got {self.low!r} and {self.high!r}")

    def usage(self, size: int, size_bytes: int) -> float:
        """Give the share in use: by items or by bytes, whichever is more."""
        return max(size / self.size, size_bytes / self.max_bytes)


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= 1
