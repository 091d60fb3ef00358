"""When a memory fills up: said once when it does, and again only after it was emptied."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Alert:
    """A memory passed a threshold on its way up."""

    agent_id: str
    severity: Severity
    round: int
    usage_ratio: float
    threshold: float
    size: int

    @property
    def message(self) -> str:
        """What happened, for a person."""
        return (
            f"the memory of {self.agent_id} is {self.usage_ratio:.0%} full in round "
            f"{self.round:,}, with {self.size:,} experiences ({self.severity} from "
            f"{self.threshold:.0%} on)"
        )

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "agent": self.agent_id,
            "severity": str(self.severity),
            "round": self.round,
            "usage_ratio": self.usage_ratio,
            "threshold": self.threshold,
            "size": self.size,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which usage on, as a share of what a memory may hold, an alert is due.

    Raises:
        ValueError: they do not rise, are not above 0, or no usage lies below the margin.
    """

    warning: float = 0.8
    critical: float = 0.95
    margin: float = 0.1
    """How far usage has to fall below a threshold before that one counts again."""

    def __post_init__(self) -> None:
        if not 0 < self.warning < self.critical < math.inf:
            given = f"warning {self.warning!r} and critical {self.critical!r}"
            raise ValueError(f"0 < warning < critical must hold, got {given}")
        if not 0 <= self.margin < self.warning:
            raise ValueError(f"margin must be in [0, warning), got {self.margin!r}")

    def of(self, severity: Severity) -> float:
        """Give the threshold of a severity."""
        return self.warning if severity is Severity.WARNING else self.critical


class Alarm:
    """Watches one memory: rings on the way up, once for each threshold, and not on the way down."""

    __slots__ = ("_thresholds", "state")

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self.state: Severity | None = None
        """The highest threshold that was passed and not left yet."""

    def look(self, usage: float) -> Severity | None:
        """Take in the usage of now; give the severity that has to be told, if any."""
        before, self.state = self.state, self._next(usage)
        risen = _rank(self.state) > _rank(before)
        return self.state if risen else None

    def _next(self, usage: float) -> Severity | None:
        held = None
        for severity in Severity:
            threshold = self._thresholds.of(severity)
            if _rank(self.state) >= _rank(severity):
                threshold -= self._thresholds.margin
            if usage >= threshold:
                held = severity
        return held


def _rank(severity: Severity | None) -> int:
    return 0 if severity is None else 1 + list(Severity).index(severity)
