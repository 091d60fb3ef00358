"""How well the agents of a society do of late, kept round by round at a price nobody feels."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..outcome import Outcome, Status
from ..spans import seconds_of
from .latencies import Latencies
from .tally import Floats, Tally

FADE_AFTER = 256
"""Rounds after which all counts are halved."""
TIMED_AT_FIRST = 16
TIMED_ONE_IN = 17
"""Times are read in the first rounds, then in one of so many: reading them all would cost a
tenth of a round. A prime, for agents have rhythms: one that skips every second belief update
would else be met in the same half of its steps always."""

_ERRORS = (Status.CRASHED, Status.REJECTED, Status.DOWN)
_WITHOUT_ANSWER = (Status.TIMED_OUT, Status.BUSY)
_FAILED = (*_ERRORS, *_WITHOUT_ANSWER)


@dataclass(frozen=True, slots=True)
class AgentStatistics:
    """How one agent does of late."""

    agent_id: str
    rounds: float
    """Calls, those of long ago counted for less."""
    success_rate: float
    """The share of these in which it did not fail."""
    latency_p50: float | None
    latency_p99: float | None
    """Seconds from call to answer, to 16 %; a round without an answer counts whole."""
    missed: Mapping[Status, float] = field(default_factory=dict)
    last_error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON values, times in milliseconds."""
        return {
            "agent": self.agent_id,
            "rounds": self.rounds,
            "success_rate": self.success_rate,
            "latency_ms": {"p50": _ms(self.latency_p50), "p99": _ms(self.latency_p99)},
            "missed": {str(status): count for status, count in self.missed.items()},
            "last_error": self.last_error,
        }


@dataclass(frozen=True, slots=True)
class AgentsStatistics:
    """How all agents of a society do of late; shares are of the calls counted."""

    rounds: int = 0
    """Since the society started, every one of them."""
    agents: int = 0
    """How many were ever called."""
    success_rate: float | None = None
    """None before the first round."""
    error_rate: float = 0.0
    """Crashed, rejected, or down."""
    timeout_rate: float = 0.0
    """Timed out, or not called because still busy."""
    concurrency: float | None = None
    """How many agents were inside ``act`` at once, on average; None without times."""
    latency_p50: float | None = None
    latency_p99: float | None = None
    """Seconds from call to answer, over all agents, to 1 %."""
    failing: tuple[AgentStatistics, ...] = ()
    """The least successful, worst first; those that always act are left out."""
    slowest: tuple[AgentStatistics, ...] = ()
    """Those with the highest p99, slowest first."""

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON values, times in milliseconds."""
        return {
            "rounds": self.rounds,
            "agents": self.agents,
            "success_rate": self.success_rate,
            "error_rate": self.error_rate,
            "timeout_rate": self.timeout_rate,
            "concurrency": self.concurrency,
            "latency_ms": {"p50": _ms(self.latency_p50), "p99": _ms(self.latency_p99)},
            "failing": [agent.to_dict() for agent in self.failing],
            "slowest": [agent.to_dict() for agent in self.slowest],
        }


class Performance:
    """Takes in every round of a society; any thread may ask for statistics meanwhile."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._latencies = Latencies()
        self._left: set[str] = set()
        self._newest: Outcome | None = None
        self._timed = True
        self._rounds = 0
        self._act_seconds = 0.0
        self._timed_seconds = 0.0
        # One thread adds and any may ask, in the middle of a round too.
        self._lock = threading.Lock()

    def add(self, outcome: Outcome, *, timed: bool = True) -> None:
        """Keep a closed round until there is time to take it in, or the next one comes.

        Whoever waits for a round is not to wait for its statistics.

        Args:
            timed: whether its times are anybody's; not where they were not kept, or were before.
        """
        self.take_in()
        # In this order: somebody who asks may take the round in as soon as it is there.
        self._timed = timed
        self._newest = outcome

    def take_in(self) -> None:
        """Take in the round that waits for it."""
        with self._lock:
            self._take_in()

    def _take_in(self) -> None:
        outcome, self._newest = self._newest, None
        if outcome is not None:
            self._tally.add(outcome)
            self._rounds += 1
            is_one_in = self._rounds <= TIMED_AT_FIRST or self._rounds % TIMED_ONE_IN == 0
            if self._timed and is_one_in:
                self._add_times(outcome)
            if self._rounds % FADE_AFTER == 0:
                self._fade()

    def _add_times(self, outcome: Outcome) -> None:
        rows = self._tally.rows(outcome)
        seconds = seconds_of(outcome.latencies, outcome.status)
        unanswered = np.isnan(seconds)
        if unanswered.any():
            # Who is down gives no answer, and nobody waits for one either.
            waited = [status in _WITHOUT_ANSWER for status in outcome.status.values()]
            seconds[unanswered & waited] = outcome.elapsed
            counted = ~np.isnan(seconds)
            rows, seconds = rows[counted], seconds[counted]
        self._latencies.add(rows, seconds)
        self._act_seconds += float(np.nansum(seconds_of(outcome.act_seconds, outcome.status)))
        self._timed_seconds += outcome.elapsed

    def _fade(self) -> None:
        self._tally.fade()
        self._latencies.fade()
        self._act_seconds /= 2
        self._timed_seconds /= 2

    def dismiss(self, agent_ids: Iterable[str]) -> None:
        """Name these no more among the worst; their calls of before still count."""
        with self._lock:
            self._left.update(agent_ids)

    def statistics(self, count: int = 5) -> AgentsStatistics:
        """Give the figures of now.

        Args:
            count: how many of the worst to name.
        """
        with self._lock:
            self._take_in()
            return self._statistics(count)

    def of(self, agent_id: str) -> AgentStatistics:
        """Give one agent's figures; no rounds and full success for one never called."""
        with self._lock:
            self._take_in()
            return self._of(agent_id)

    def _statistics(self, count: int) -> AgentsStatistics:
        tally = self._tally
        calls, failed = tally.rounds, tally.missed(_FAILED)
        total = float(calls.sum())
        if not total:
            return AgentsStatistics(self._rounds)
        timed = self._timed_seconds
        p99 = self._latencies.quantiles(len(tally), 0.99)
        return AgentsStatistics(
            rounds=self._rounds,
            agents=len(tally),
            success_rate=1.0 - float(failed.sum()) / total,
            error_rate=float(tally.missed(_ERRORS).sum()) / total,
            timeout_rate=float(tally.missed(_WITHOUT_ANSWER).sum()) / total,
            concurrency=self._act_seconds / timed if timed else None,
            latency_p50=self._latencies.quantile(0.50),
            latency_p99=self._latencies.quantile(0.99),
            failing=self._worst(failed / np.maximum(calls, 1e-9), count),
            slowest=self._worst(np.nan_to_num(p99), count),
        )

    def _worst(self, badness: Floats, count: int) -> tuple[AgentStatistics, ...]:
        """Give the agents with the highest badness above zero; of equals, the first called."""
        rows = (self._tally.row_of(agent_id) for agent_id in self._left)
        badness[[row for row in rows if row is not None]] = 0.0
        place = max(0, len(badness) - count)
        least = np.partition(badness, place)[place]
        # Times fall into few buckets, so that very many may be equal to the last one named.
        above = np.flatnonzero(badness > least)
        equal = np.flatnonzero((badness == least) & (badness > 0))[:count]
        worst = sorted((*above.tolist(), *equal.tolist()), key=lambda row: -badness[row])
        ids = self._tally.ids
        return tuple(self._of(ids[row]) for row in worst[:count])

    def _of(self, agent_id: str) -> AgentStatistics:
        tally = self._tally.of(agent_id)
        failed = sum(count for status, count in tally.missed.items() if status in _FAILED)
        row = self._tally.row_of(agent_id)
        p50, p99 = (
            None if row is None else self._latencies.quantile_of(row, share)
            for share in (0.50, 0.99)
        )
        return AgentStatistics(
            agent_id=agent_id,
            rounds=tally.rounds,
            success_rate=1.0 - failed / tally.rounds if tally.rounds else 1.0,
            latency_p50=p50,
            latency_p99=p99,
            missed=tally.missed,
            last_error=tally.last_error,
        )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
