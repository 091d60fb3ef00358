"""How much agents remember, and how their memories are put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..errors import SettingsError
from ..settings import choice, flag, number, optional, setting, whole
from .alerts import Thresholds
from .cleanup import Age, Cleanup, find_cleanup
from .limits import MemoryLimits

_LAG = 10
_LOW = 0.75
"""Where a memory is content again, as a share of where it is consolidated."""


def named_or_called(value: Any) -> Any:
    """Accept a name, or what can be called."""
    if callable(value) or (isinstance(value, str) and value):
        return value
    raise ValueError(f"must be a name or a callable, got {value!r:.40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySettings:
    """What each agent remembers; nothing, unless ``memory_size`` says how much."""

    section: ClassVar[str] = "memory"

    memory_size: int = setting(
        0,
        whole(least=0),
        "experiences that each agent remembers; 0 for none",
        aliases={"max_episodic_memory_size": whole(least=0)},
    )
    memory_bytes: int = setting(
        8 << 20, whole(least=1), "bytes that these may take, for each agent"
    )
    memory_cleanup: Any = setting(
        "fifo",
        named_or_called,
        "which of them go when there are too many: fifo, age, relevance, or a plug-in",
        aliases={"memory_cleanup_strategy": named_or_called},
    )
    memory_age: int | None = setting(
        None,
        optional(whole(least=1)),
        "rounds after which an experience goes, with memory_cleanup='age'; 1,000 if none",
    )
    memory_warning: float = setting(
        0.8,
        number(above=0),
        "share of the memory from which on it is said to approach its limit",
        aliases={"memory_warning_threshold": number(above=0)},
    )
    consolidate: bool = setting(
        True,
        flag,
        "have old experiences replaced by what they have in common",
        aliases={"auto_consolidate_on_threshold": flag},
    )
    consolidation_threshold: int | None = setting(
        None,
        optional(whole(least=2)),
        "experiences from which on that is done; half the memory if none",
        aliases={"auto_consolidation_threshold": optional(whole(least=2))},
    )
    consolidation_window: int | None = setting(
        None,
        optional(whole(least=1)),
        "how many of the oldest are replaced at a time; half the threshold if none",
    )
    consolidation_lag: int | None = setting(
        None,
        optional(whole(least=0)),
        "rounds from taking a window to the effect of what was made of it; if none, 10 or as "
        "many as a small memory can bear",
    )
    consolidation: Any = setting(
        "merge",
        named_or_called,
        "what makes items of a window: merge, prototypes, learn, which also teaches agents with "
        "learns_when='asleep', or a plug-in",
    )
    consolidation_in: str = setting(
        "slices",
        choice("slices", "process"),
        "where: in slices between rounds, or in a process of its own",
    )
    semantic_size: int | None = setting(
        None,
        optional(whole(least=1)),
        "items that each agent keeps, the most important; an eighth of the memory if none",
    )

    def __post_init__(self) -> None:
        """Hold the values against each other.

        Raises:
            SettingsError: naming what does not fit.
        """
        if not self.memory_size:
            return
        if self.threshold > self.memory_size:
            rule = f"must be <= memory_size, which is {self.memory_size}"
            raise SettingsError("consolidation_threshold", f"{rule}, got {self.threshold}")
        if self.window > self.threshold:
            rule = f"must be <= consolidation_threshold, which is {self.threshold}"
            raise SettingsError("consolidation_window", f"{rule}, got {self.window}")
        if self.memory_age is not None and self.memory_cleanup != "age":
            raise SettingsError("memory_age", "is used with memory_cleanup='age' alone")
        if self.memory_warning > 1:
            raise SettingsError("memory_warning", f"must be <= 1, got {self.memory_warning:g}")

    @property
    def threshold(self) -> int:
        """From how many experiences on a memory is consolidated."""
        half = max(2, self.memory_size // 2)
        return self.consolidation_threshold or min(half, self.memory_size)

    @property
    def window(self) -> int:
        """How many experiences are handed over at a time."""
        return self.consolidation_window or max(1, self.threshold // 2)

    @property
    def lag(self) -> int:
        """How many rounds after a window was taken what was made of it takes effect."""
        given = self.consolidation_lag
        return min(_LAG, self.longest_lag) if given is None else given

    @property
    def longest_lag(self) -> int:
        """With which lag consolidation keeps up with an agent that lives through every round.

        One window of it is under way at a time, so that no more is lived meanwhile than a window
        takes away, nor than there is room for above the threshold.
        """
        return min(self.window, self.memory_size - self.threshold)

    @property
    def thresholds(self) -> Thresholds:
        """From where on a memory's monitor rings."""
        warning = self.memory_warning
        critical = max(0.95, (1 + warning) / 2) if warning < 1 else 1.01
        return Thresholds(warning=warning, critical=critical, margin=min(0.1, warning / 2))

    @property
    def most_items(self) -> int:
        """How many items each agent keeps."""
        return self.semantic_size or max(8, self.memory_size // 8)

    @property
    def cleanup(self) -> Cleanup:
        """What chooses who goes.

        Raises:
            UnknownNameError, PluginError: there is none of this name.
        """
        if self.memory_age is not None:
            return Age(self.memory_age)
        return find_cleanup(self.memory_cleanup)

    @property
    def limits(self) -> MemoryLimits:
        """The bounds of each agent's memory."""
        high = self.threshold / self.memory_size
        return MemoryLimits(
            size=self.memory_size,
            max_bytes=self.memory_bytes,
            warning=self.memory_warning,
            high=high,
            low=high * _LOW,
        )
