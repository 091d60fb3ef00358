"""What an episodic memory tells about itself: frozen figures of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .tombstones import Tombstone


@dataclass(frozen=True, slots=True)
class MemoryStatistics:
    """One agent's memory; all figures are of the same moment."""

    agent_id: str
    current_size: int
    """Experiences that it holds, frozen ones included."""
    max_size: int
    bytes: int
    """What these take."""
    max_bytes: int
    usage_ratio: float
    """The share in use, by items or by bytes, whichever is more."""
    approaching_limit: bool
    """Whether that has come to the warning threshold."""
    over_high_water: bool
    """Whether it wants to be consolidated: from the high mark on until below the low one."""
    crossings: int
    """How often the high mark was reached."""
    written: int
    """Experiences that it was ever given."""
    frozen: int
    """Of those it holds, how many are handed over to be consolidated."""
    consolidated: int
    """Experiences for which items stand now."""
    items: int
    """How many items that were."""
    consolidations: int
    """How many ranges were replaced."""
    evicted: int
    evicted_by: Mapping[str, int]
    """The same by reason, for reasons that occurred."""
    tombstones: tuple[Tombstone, ...]
    """Which ones they were."""
    foreign: int
    """Experiences of which some value was of a type that no memory keeps."""
