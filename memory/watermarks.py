"""A mark that is passed once, however often the level moves up and down beside it."""

from __future__ import annotations


class Watermarks:
    """Is raised when a level reaches the high mark, until it falls below the low one."""

    __slots__ = ("_high", "_low", "crossings", "raised")

    def __init__(self, high: float, low: float) -> None:
        if not low < high:
            raise ValueError(f"low must be below high, got {low!r} and {high!r}")
        self._high = high
        self._low = low
        self.raised = False
        self.crossings = 0
        """How often the high mark was reached from below the low one."""

    def update(self, level: float) -> bool:
        """Take in the level as it is now; say whether this has just reached the high mark."""
        was_raised, self.raised = self.raised, level >= (self._low if self.raised else self._high)
        reached = self.raised and not was_raised
        self.crossings += reached
        return reached
