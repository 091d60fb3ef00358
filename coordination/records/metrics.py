"""What a run amounts to: counts, rewards and times, in memory that does not grow with it."""

from __future__ import annotations

from collections import Counter

from ..outcome import FAILED, Status
from ..rollout import Step
from ..vitals.tally import AgentTally, Tally
from .histogram import Histogram


class Metrics:
    """Takes in steps, one by one."""

    def __init__(self, *, timing: bool) -> None:
        """Start at zero.

        Args:
            timing: whether to keep times; without, only counts and rewards.
        """
        self.timing = timing
        self.rounds = 0
        self.measured = 0
        """Rounds that were not played before; all that is said of times is of these."""
        self.acted = 0
        """How many agent-rounds of these ended in an action."""
        self.outcomes: Counter[str] = Counter()
        self.late = 0
        self.act_seconds = 0.0
        self.round_seconds = 0.0
        self.round_times = Histogram()
        self._tally = Tally()
        self._before = Tally()

    def add(self, step: Step, *, measured: bool = True) -> None:
        """Take in one step.

        Args:
            measured: whether its times are; those played before come first.
        """
        outcome = step.outcome
        counts = outcome.counts
        self.rounds += 1
        self.outcomes.update(counts)
        self.late += outcome.late
        self._tally.add(outcome)
        rewards = [reward or 0.0 for reward in step.columns.reward]
        self._tally.add_rewards(outcome, rewards)
        if not measured:
            self._before.add(outcome)
            return
        self.measured += 1
        self.acted += counts.get(Status.ACTED, 0)
        if self.timing:
            self.round_seconds += outcome.elapsed
            self.round_times.add(outcome.elapsed)
            self.act_seconds += self._tally.add_times(outcome)

    @property
    def concurrency(self) -> float | None:
        """How many agents were inside ``act`` at once, on average; None without times."""
        return self.act_seconds / self.round_seconds if self.round_seconds else None

    @property
    def reward_mean(self) -> float:
        """The mean over agents of what each earned, added in id order."""
        earned = dict(zip(self._tally.ids, self._tally.rewards.tolist(), strict=True))
        return sum(earned[i] for i in sorted(earned)) / len(earned) if earned else 0.0

    def slowest(self) -> tuple[str, float] | None:
        """Give the agent with the longest mean time, in seconds per round."""
        if not self.timing:
            return None
        rounds = self._tally.rounds
        # Both have met the same agents in the same order.
        rounds[: len(self._before)] -= self._before.rounds
        timed = zip(self._tally.ids, self._tally.seconds.tolist(), rounds.tolist(), strict=True)
        means = [(-seconds / count, agent_id) for agent_id, seconds, count in timed if count]
        if not means:
            return None
        mean, agent_id = min(means)
        return agent_id, -mean

    def failing(self) -> dict[str, AgentTally]:
        """Give the agents that missed rounds though they were needed, worst first."""
        missed = zip(self._tally.ids, self._tally.missed(FAILED).tolist(), strict=True)
        worst = sorted((-count, agent_id) for agent_id, count in missed if count)
        return {agent_id: self._tally.of(agent_id) for _, agent_id in worst}
