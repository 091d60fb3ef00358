"""How the memories of all agents fare: sizes, trends and alerts, in bounded room."""

from __future__ import annotations

import collections
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..actors.failures import describe
from ..errors import UnknownNameError
from ..logs import get_logger
from .alerts import Alarm, Alert, Severity, Thresholds
from .history import History, Snapshot
from .trend import Direction, Trend, trend_of_life

log = get_logger(__name__)

_ALERTS = 1000
"""Alerts that are kept; all of them are counted."""

Listener = Callable[[Alert], object]


class Fill(Protocol):
    """What is told of a memory; the statistics of an episodic memory are one."""

    @property
    def current_size(self) -> int: ...

    @property
    def bytes(self) -> int: ...

    @property
    def usage_ratio(self) -> float: ...


@dataclass(frozen=True, slots=True)
class AgentMemory:
    """How one agent's memory fares."""

    agent_id: str
    round: int
    """When it was looked at last."""
    size: int
    bytes: int
    usage_ratio: float
    peak: int
    """The most that it ever held."""
    trend: Trend
    """Of the later half of its life: every memory grows at first."""
    state: Severity | None
    """The threshold that it is past; None if it has room."""
    alerts: int
    """How often it rang."""

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON values."""
        return {
            "agent": self.agent_id,
            "round": self.round,
            "size": self.size,
            "bytes": self.bytes,
            "usage_ratio": self.usage_ratio,
            "peak": self.peak,
            "trend": self.trend.to_dict(),
            "state": None if self.state is None else str(self.state),
            "alerts": self.alerts,
        }


class _Tracked:
    """One agent's share of the monitor."""

    __slots__ = ("alarm", "alerts", "history", "peak", "usage")

    def __init__(self, snapshots: int, thresholds: Thresholds) -> None:
        self.history = History(snapshots)
        self.alarm = Alarm(thresholds)
        self.alerts = self.peak = 0
        self.usage = 0.0


class MemoryMonitor:
    """Follows the memories of agents by what it is told of them.

    Any thread may tell and ask. What is kept of an agent does not grow with the rounds, and
    an agent that has left is forgotten by ``forget``.

    ::

        monitor = MemoryMonitor()
        monitor.on_alert(lambda alert: print(alert))
        monitor.record(agent_id, memory.statistics(), round=7)
        print(monitor.of(agent_id).trend.direction)
    """

    def __init__(self, *, thresholds: Thresholds | None = None, snapshots: int = 128) -> None:
        """Make one that follows nobody yet.

        Args:
            snapshots: how many of each agent are kept; even, at least 4.

        Raises:
            ValueError: so many snapshots cannot be kept.
        """
        self._thresholds = thresholds or Thresholds()
        self._snapshots = snapshots
        History(snapshots)
        self._tracked: dict[str, _Tracked] = {}
        self._listeners: tuple[Listener, ...] = ()
        self._alerts: collections.deque[Alert] = collections.deque(maxlen=_ALERTS)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def record(self, agent_id: str, memory: Fill, *, round: int) -> Alert | None:
        """Take in how full an agent's memory is in a round.

        Returns:
            The alert that this brought, after everybody who listens was told of it.
        """
        with self._lock:
            alert = self._record(agent_id, memory, round)
            listeners = self._listeners
        if alert is not None:
            log.info("memory.filled", agent=agent_id, severity=str(alert.severity), round=round)
            for listener in listeners:
                _tell(listener, alert)
        return alert

    def _record(self, agent_id: str, memory: Fill, round: int) -> Alert | None:
        tracked = self._tracked.get(agent_id)
        if tracked is None:
            tracked = self._tracked[agent_id] = _Tracked(self._snapshots, self._thresholds)
        size, tracked.usage = memory.current_size, memory.usage_ratio
        tracked.history.add(round, size, memory.bytes)
        tracked.peak = max(tracked.peak, size)
        severity = tracked.alarm.look(tracked.usage)
        if severity is None:
            return None
        tracked.alerts += 1
        threshold = self._thresholds.of(severity)
        alert = Alert(agent_id, severity, round, tracked.usage, threshold, size)
        self._alerts.append(alert)
        self._counts[str(severity)] += 1
        return alert

    def on_alert(self, listener: Listener) -> Callable[[], None]:
        """Have every alert told, by the thread that records; what a listener raises is logged.

        Returns:
            What ends it.
        """
        with self._lock:
            self._listeners += (listener,)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return end

    def forget(self, agent_id: str) -> None:
        """Follow an agent no longer; one that is unknown is forgotten already."""
        with self._lock:
            self._tracked.pop(agent_id, None)

    def agents(self) -> tuple[str, ...]:
        """Give who is followed, in the order in which they came."""
        with self._lock:
            return tuple(self._tracked)

    def of(self, agent_id: str) -> AgentMemory:
        """Give one agent's figures.

        Raises:
            UnknownNameError: nothing was recorded of this agent.
        """
        with self._lock:
            tracked = self._find(agent_id)
            kept = tracked.history.snapshots()
            usage, peak, state = tracked.usage, tracked.peak, tracked.alarm.state
            alerts = tracked.alerts
        return AgentMemory(
            agent_id=agent_id,
            round=kept[-1].round,
            size=kept[-1].size,
            bytes=kept[-1].bytes,
            usage_ratio=usage,
            peak=peak,
            trend=_trend(kept),
            state=state,
            alerts=alerts,
        )

    def snapshots(self, agent_id: str) -> tuple[Snapshot, ...]:
        """Give what is kept of one agent's life, oldest first.

        Raises:
            UnknownNameError: nothing was recorded of this agent.
        """
        with self._lock:
            return self._find(agent_id).history.snapshots()

    def alerts(self, agent_id: str | None = None) -> tuple[Alert, ...]:
        """Give the last alerts, oldest first: of one agent, or of all."""
        with self._lock:
            kept = tuple(self._alerts)
        return kept if agent_id is None else tuple(a for a in kept if a.agent_id == agent_id)

    def growing(self) -> tuple[AgentMemory, ...]:
        """Give the agents whose memory grows, the fastest first."""
        found = [self.of(agent_id) for agent_id in self.agents()]
        growing = [one for one in found if one.trend.direction is Direction.GROWING]
        return tuple(sorted(growing, key=lambda one: (-one.trend.per_round, one.agent_id)))

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON values, the alerts of long ago as a count alone."""
        with self._lock:
            counts = {str(severity): self._counts[str(severity)] for severity in Severity}
        return {
            "agents": {name: self.of(name).to_dict() for name in self.agents()},
            "alerts": counts,
            "last_alerts": [alert.to_dict() for alert in self.alerts()],
        }

    def _find(self, agent_id: str) -> _Tracked:
        tracked = self._tracked.get(agent_id)
        if tracked is None:
            raise UnknownNameError("followed agent", agent_id, known=list(self._tracked))
        return tracked


def _trend(kept: tuple[Snapshot, ...]) -> Trend:
    return trend_of_life([one.round for one in kept], [one.mean for one in kept])


def _tell(listener: Listener, alert: Alert) -> None:
    try:
        listener(alert)
    except Exception as error:  # noqa: BLE001  a listener is a stranger's, and a step goes on
        log.error("listener.failed", agent=alert.agent_id, error=describe(error))  # noqa: TRY400  in one line
