"""The actors and their world together: one step of it is one round and one transition."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..actors.failures import log_traceback
from ..actors.once import OncePerRound
from ..memory.failures import MemoryFailures
from ..models.experience import Experience
from ..models.frozen import frozen_values
from .ensemble import Ensemble
from .joint_action import Rules
from .outcome import Outcome
from .rollout import Lived, Rollout, Step
from .tuner import TunerDecision
from .tuning import Tuning
from .vitals.health import Health
from .vitals.machine import memory_limit, resident_bytes
from .vitals.performance import Performance

if TYPE_CHECKING:
    from ..memory.memories import Memories


class Stage:
    """Numbers the rounds, and hands each one's results on to the next."""

    def __init__(
        self,
        ensemble: Ensemble,
        rollout: Rollout | None,
        tuning: Tuning | None = None,
        memories: Memories | None = None,
    ) -> None:
        """Set up.

        Args:
            memories: what agents remember; None where they remember nothing.
            rollout: where the society stands in its environment; None where it has none.
            tuning: what holds the time of an act to a target; None where nothing does.
        """
        self.ensemble = ensemble
        self._performance = Performance()
        self._tracebacks = OncePerRound()
        self.decisions: list[TunerDecision] = []
        self._tuning = tuning
        self.memories = memories
        self._rollout = rollout
        self._round = 0
        # What agents lived in rounds without the environment, until they are told.
        self._untold: Mapping[str, Experience] = {}

    def advance(self, rules: Rules) -> Step:
        """Play one round on what the environment shows, and execute what came of it.

        Raises:
            ValueError: there is no environment.
        """
        rollout = self._rollout
        if rollout is None:
            raise ValueError("run needs an environment; without one, call step with observations")
        rollout.enter_episode()
        self._open_round(rules)
        # Told once, also if the round is cut short and called for again.
        previous, rollout.previous = rollout.previous, {}
        outcome = self.ensemble.play(
            self._round,
            rollout.episode,
            rollout.observations,
            previous,
            rules,
            meanwhile=self._performance.take_in,
        )
        retuned = self._take_in(outcome, timed=rules.metrics)
        step, ended = rollout.advance(outcome)
        if ended:
            self.ensemble.end_episode(self._round, ended)
        self._remember(outcome, step.experiences)
        return replace(step, retuned=retuned) if retuned else step

    def play(
        self, observations: Mapping[str, Any], rules: Rules, *, asked: float | None = None
    ) -> Outcome:
        """Play one round on given observations; no environment takes part.

        Args:
            asked: when its time began to run, in the clock's seconds; by default now.
        """
        self._open_round(rules)
        seen = frozen_values(observations)
        told, untold = _split(self._untold, seen)
        outcome = self.ensemble.play(
            self._round, 0, seen, told, rules, asked=asked, meanwhile=self._performance.take_in
        )
        self._take_in(outcome, timed=rules.metrics)
        lived = Lived(outcome, seen)
        self._untold = {**untold, **lived} if untold else lived
        self._remember(outcome, lived)
        return outcome

    def remove(self, agent_ids: Sequence[str], grace: float) -> list[str]:
        """Go on without these agents; give those that did not end within so many seconds."""
        if self._rollout is not None:
            self._rollout.leave_out(agent_ids)
        self._performance.dismiss(agent_ids)
        return self.ensemble.remove(agent_ids, grace)

    @property
    def round(self) -> int:
        """The number of the last round that was called; 0 before the first."""
        return self._round

    @property
    def rollout(self) -> Rollout | None:
        """Where it stands in its environment; None without one. For who plays it."""
        return self._rollout

    def repeat(self, changes: Iterable[tuple[str, str, int]]) -> None:
        """Have tuners decide after the next round what they decided once; see ``Tuning``."""
        if self._tuning is not None:
            self._tuning.repeat(self._round + 1, changes)

    def vitals(self, *, running: bool) -> Health:
        """Say how everybody is, to any thread and at once; nobody is busy who does not run."""
        return Health(
            members=len(self.ensemble),
            agents=self._performance.statistics(),
            kernel=self.ensemble.statistics(),
            busy=self.ensemble.seen_busy() if running else (),
            rss_bytes=resident_bytes(),
            memory_bytes=memory_limit(),
            memory_failures=(MemoryFailures() if self.memories is None else self.memories.failures),
        )

    def _open_round(self, rules: Rules) -> None:
        if rules.gc_interval and self._round % rules.gc_interval == 0:
            gc.collect()  # here it holds up nobody's answer
        self._round += 1
        if self.memories is not None:
            self.memories.open(self._round)

    def _remember(self, outcome: Outcome, lived: Mapping[str, Experience]) -> None:
        if self.memories is not None:
            self.memories.record(outcome.round, lived)
            self.memories.work(outcome.elapsed)

    def _take_in(self, outcome: Outcome, *, timed: bool) -> Sequence[TunerDecision]:
        self._performance.add(outcome, timed=timed)
        for agent_id, error in outcome.errors.items():
            log_traceback(agent_id, error, self._tracebacks)
        if self._tuning is None:
            return ()
        made: list[TunerDecision] = []
        for retuning in self._tuning.add(outcome):
            self.ensemble.retune(retuning.agent_ids, retuning.profile)
            made += retuning.decisions
        self.decisions += made
        return made


def _split(
    lived: Mapping[str, Experience], ids: Mapping[str, Any]
) -> tuple[Mapping[str, Experience], Mapping[str, Experience]]:
    """Give the experiences of these agents, and those of the others."""
    # Most rounds call the same as the last one, and comparing lists is quicker than sets.
    if list(lived) == list(ids) or lived.keys() <= ids.keys():
        return lived, {}
    return (
        {i: experience for i, experience in lived.items() if i in ids},
        {i: experience for i, experience in lived.items() if i not in ids},
    )
