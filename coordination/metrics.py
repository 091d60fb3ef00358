"""What a run amounts to: counts, rewards and times, in memory that does not grow with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..actors.actor import describe
from .histogram import Histogram
from .outcome import Status
from .rollout import Step

_WITHOUT_ANSWER = (Status.TIMED_OUT, Status.BUSY)


@dataclass(slots=True)
class AgentTally:
    """One agent's part of a run."""

    reward: float = 0.0
    seconds: float = 0.0
    """Inside ``act``; a round without an answer counts with its whole length."""
    rounds: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    """Rounds in which it did not act, by status."""
    last_error: str = ""


class Metrics:
    """Takes in steps, one by one."""

    def __init__(self, *, timing: bool) -> None:
        """Start at zero.

        Args:
            timing: whether to keep times; without, only counts and rewards.
        """
        self.timing = timing
        self.rounds = 0
        self.outcomes: Counter[str] = Counter()
        self.late = 0
        self.act_seconds = 0.0
        self.round_seconds = 0.0
        self.round_times = Histogram()
        self.agents: dict[str, AgentTally] = {}

    def add(self, step: Step) -> None:
        """Take in one step."""
        outcome = step.outcome
        self.rounds += 1
        self.outcomes.update(outcome.counts)
        self.late += outcome.late
        for agent_id, lived in step.experiences.items():
            tally = self.agents.get(agent_id) or self.agents.setdefault(agent_id, AgentTally())
            tally.rounds += 1
            tally.reward += lived.reward or 0.0
            if lived.status != Status.ACTED:
                tally.missed[lived.status] += 1
        for agent_id, error in outcome.errors.items():
            self.agents[agent_id].last_error = describe(error)
        if self.timing:
            self._add_times(step)

    def _add_times(self, step: Step) -> None:
        outcome = step.outcome
        self.round_seconds += outcome.elapsed
        self.round_times.add(outcome.elapsed)
        self.act_seconds += sum(outcome.act_seconds.values())
        for agent_id, seconds in outcome.act_seconds.items():
            self.agents[agent_id].seconds += seconds
        if len(outcome.act_seconds) < len(outcome.status):
            for agent_id, status in outcome.status.items():
                if status in _WITHOUT_ANSWER and agent_id not in outcome.act_seconds:
                    self.agents[agent_id].seconds += outcome.elapsed

    @property
    def concurrency(self) -> float | None:
        """How many agents were inside ``act`` at once, on average; None without times."""
        return self.act_seconds / self.round_seconds if self.round_seconds else None

    @property
    def reward_mean(self) -> float:
        """The mean over agents of what each earned, added in id order."""
        total = sum(self.agents[i].reward for i in sorted(self.agents))
        return total / len(self.agents) if self.agents else 0.0

    def slowest(self) -> tuple[str, float] | None:
        """Give the agent with the longest mean time, in seconds per round."""
        if not self.timing or not self.agents:
            return None
        agent_id = max(
            sorted(self.agents), key=lambda i: self.agents[i].seconds / self.agents[i].rounds
        )
        tally = self.agents[agent_id]
        return agent_id, tally.seconds / tally.rounds

    def failing(self) -> dict[str, AgentTally]:
        """Give the agents that missed rounds, worst first."""
        missed = {i: t for i, t in self.agents.items() if t.missed}
        return dict(sorted(missed.items(), key=lambda item: (-item[1].missed.total(), item[0])))
