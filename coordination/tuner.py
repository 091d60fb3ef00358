"""Holding the time of an act to a target, by letting agents of one type think less or more.

The target is for an act and not for a round: what an agent's profile allows changes its own
acts alone, and a round is as long as all the others make it, and what runs them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

from ..logs import get_logger
from ..models.profile import Profile
from ..settings import number, read_all, setting, whole
from .levels import Level, levels_of

log = get_logger(__name__)

RETUNED = "retuned"
"""What rows of events about decisions are called."""
MIN_GAIN = 0.05
"""A step down that does not make acts shorter by this share is taken back."""
FIRST_WAIT = 8
LONGEST_WAIT = 512
"""Windows until a level that was no good is tried again; doubled each time it is no good."""


def _below_one(value: Any) -> float:
    share: float = number(above=0)(value)
    if share >= 1:
        raise ValueError(f"must be < 1, or nothing is ever right, got {value!r}")
    return share


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerSettings:
    """How a tuner decides.

    Raises:
        ValueError: a value breaks its rule.
    """

    section: ClassVar[str] = "tuner"

    tolerance: float = setting(
        0.1, number(least=0), "share by which acts may be longer than the target"
    )
    slack: float = setting(
        0.5, _below_one, "agents may think more when acts take less than this share of it"
    )
    cycles: int = setting(10, whole(least=1), "cycles of belief updates in a window")
    patience: int = setting(3, whole(least=1), "windows in a row that call for the same step")
    max_update_interval: int = setting(
        5, whole(least=1), "the most by which selective_update_interval may be raised to"
    )

    def __post_init__(self) -> None:
        read_all(self)


@dataclass(frozen=True, slots=True)
class TunerDecision:
    """One setting of one group of agents, changed by a tuner."""

    round: int
    """After which it holds."""
    group: str
    key: str
    before: int
    after: int
    latency_ms: float
    """What led to it."""
    target_ms: float
    why: str

    @property
    def facts(self) -> tuple[Any, ...]:
        """What goes into the events beside kind and round: what changed, not the times."""
        return self.group, self.key, self.before, self.after


class _Attempt(NamedTuple):
    """A step that has still to prove itself."""

    came_from: int
    latency: float
    """There, in seconds."""
    doubts: int = 0
    """Windows in which it was no good."""


class Tuner:
    """Decides for one group of agents with one profile; a plain object, told of each round.

    It acts on the median over a window of the mean act in each cycle of belief updates, for
    within a cycle acts differ. A step is taken when several windows in a row are outside the
    band between ``slack`` and ``tolerance``, and taken back when it was no good; the level is
    then left alone for a while that doubles each time. So noise moves nothing, and a target
    between two levels does not make agents swing between them.
    """

    def __init__(
        self,
        group: str,
        profile: Profile,
        target_ms: float,
        settings: TunerSettings | None = None,
    ) -> None:
        """Begin where the profile stands.

        Args:
            group: what decisions call these agents.

        Raises:
            ValueError: the target is no finite number > 0.
        """
        if not 0 < target_ms < float("inf"):
            raise ValueError(f"target_ms must be a finite number > 0, got {target_ms!r}")
        self.group = group
        self.profile = profile
        self.target_ms = target_ms
        self._settings = settings or TunerSettings()
        self._levels = levels_of(profile, self._settings.max_update_interval)
        self._level = self._levels.index(Level.of(profile))
        self._cycle: list[float] = []
        self._window: list[float] = []
        self._windows = 0
        self._leaning = 0
        """Windows in a row that were too slow, or, below zero, too quick."""
        self._attempt: _Attempt | None = None
        self._settling = True
        self._shut_until: dict[int, int] = {}
        self._waits: dict[int, int] = {}
        self._missed = False

    def add(self, round: int, seconds: float) -> tuple[TunerDecision, ...]:
        """Take in a round.

        Args:
            seconds: the mean time in ``act`` of the group's members in this round.

        Returns:
            What is to change now, ``profile`` being the new one; usually nothing.
        """
        self._cycle.append(seconds)
        if len(self._cycle) < self._levels[self._level].selective_update_interval:
            return ()
        sample = statistics.fmean(self._cycle)
        self._cycle.clear()
        if self._settling:  # the first cycle pays for what the change itself costs
            self._settling = False
            return ()
        self._window.append(sample)
        if len(self._window) < self._settings.cycles:
            return ()
        latency = statistics.median(self._window)
        self._window.clear()
        self._windows += 1
        return self._judge(round, latency)

    def follow(self, round: int, changes: Mapping[str, int]) -> tuple[TunerDecision, ...]:
        """Take a step that was taken once, whatever acts take now; measuring begins anew there.

        Args:
            changes: what the settings are after it, by name.

        Raises:
            ValueError: this tuner takes no such step.
        """
        level = self._levels[self._level]._replace(**changes)
        if level not in self._levels:
            raise ValueError(f"{self.group} does not think by {dict(changes)}")
        self._cycle.clear()
        self._window.clear()
        return self._go(round, self._levels.index(level), math.nan, "as it was")

    def _judge(self, round: int, latency: float) -> tuple[TunerDecision, ...]:
        if self._attempt is not None and not self._is_proven(self._attempt, latency):
            return self._doubt(round, self._attempt, latency)
        if self._attempt is not None:
            self._attempt = None
            self._waits.pop(self._level, None)
        lean = self._lean(latency)
        self._leaning = self._leaning + lean if lean * self._leaning > 0 else lean
        if lean == 0:
            self._missed = False
        if abs(self._leaning) < self._settings.patience:
            return ()
        if not self._is_open(self._level + lean):
            self._note_missed(round, latency, lean)
            return ()
        self._attempt = _Attempt(self._level, latency)
        why = "too slow" if lean > 0 else "time to spare"
        return self._go(round, self._level + lean, latency, why)

    def _lean(self, latency: float) -> int:
        """Say which way to go: 1 for less thought, -1 for more, 0 to stay."""
        target = self.target_ms / 1000
        if latency > target * (1 + self._settings.tolerance):
            return 1
        return -1 if latency < target * self._settings.slack else 0

    def _is_proven(self, attempt: _Attempt, latency: float) -> bool:
        """Whether the last step was good for something."""
        if self._level < attempt.came_from:
            return self._lean(latency) <= 0
        return latency <= attempt.latency * (1 - MIN_GAIN)

    def _doubt(self, round: int, attempt: _Attempt, latency: float) -> tuple[TunerDecision, ...]:
        """Take the last step back: at once if acts are too long now, else with patience."""
        more = self._level < attempt.came_from
        doubts = attempt.doubts + 1
        if not more and doubts < self._settings.patience:
            self._attempt = attempt._replace(doubts=doubts)
            return ()
        self._attempt = None
        self._shut(self._level)
        why = "too slow with more thought" if more else "less thought saved no time"
        return self._go(round, attempt.came_from, latency, why)

    def _shut(self, level: int) -> None:
        wait = self._waits.get(level, FIRST_WAIT)
        self._shut_until[level] = self._windows + wait
        self._waits[level] = min(2 * wait, LONGEST_WAIT)

    def _is_open(self, level: int) -> bool:
        return 0 <= level < len(self._levels) and self._windows >= self._shut_until.get(level, 0)

    def _note_missed(self, round: int, latency: float, lean: int) -> None:
        if lean > 0 and not self._missed:
            self._missed = True
            log.warning(
                "tuner.target_missed",
                group=self.group,
                round=round,
                latency_ms=latency * 1000,
                target_ms=self.target_ms,
            )

    def _go(self, round: int, level: int, latency: float, why: str) -> tuple[TunerDecision, ...]:
        before, after = self._levels[self._level], self._levels[level]
        self._level = level
        self._leaning = 0
        self._settling = True
        self.profile = replace(self.profile, **after._asdict())
        decisions = tuple(
            TunerDecision(round, self.group, key, old, new, latency * 1000, self.target_ms, why)
            for key, old, new in zip(Level._fields, before, after, strict=True)
            if old != new
        )
        for decision in decisions:
            _log(decision)
        return decisions


def _log(decision: TunerDecision) -> None:
    log.info(
        "tuner.decided",
        group=decision.group,
        round=decision.round,
        key=decision.key,
        before=decision.before,
        after=decision.after,
        latency_ms=decision.latency_ms,
        target_ms=decision.target_ms,
        why=decision.why,
    )
