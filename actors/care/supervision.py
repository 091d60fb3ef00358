"""Who is restarted, when, and who has had enough: the supervisor of a society.

It decides once a round, when the round has closed, and counts in rounds; so equal failures in
equal rounds lead to equal decisions, however the agents are run.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from ...errors import DownError
from ...logs import get_logger
from ..failures import describe, is_ctrl_c
from .backoff import Backoff
from .budget import Budget
from .decision import Decision
from .directive import HISTORY, Directive, Failure, Strategy
from .groups import Groups

log = get_logger(__name__)

# Of several that fail together in a group, the one that fares worst decides.
_HARSHNESS = {directive: rank for rank, directive in enumerate(Directive)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionRules:
    """How often an agent, or a group, is restarted, and how long it sits out before."""

    max_restarts: int = 3
    """In any ``restart_window`` rounds; one failure more is quarantine."""
    restart_window: int = 100
    backoff: int = 1
    """Rounds that the first restart of late sits out; each next one, up to twice as many."""
    backoff_limit: int = 32
    """In rounds."""

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if (value := getattr(self, name)) < least:
                raise ValueError(f"{name} must be >= {least}, got {value}")


_FOR_EVER = sys.maxsize
"""A round that never comes."""
_LEAST = {"max_restarts": 0, "restart_window": 1, "backoff": 0, "backoff_limit": 0}


@dataclass(frozen=True, slots=True)
class SupervisionStatistics:
    """What supervision has had to do until now."""

    failures: int
    restarts: Mapping[str, int]
    """How often each has come back, by id; who never had to is absent."""
    waiting: Mapping[str, int]
    """Who sits out, by id, and the round in which it comes back."""
    quarantined: tuple[str, ...]
    stopped: tuple[str, ...]


class _Verdict(NamedTuple):
    """What the strategy says of one failure."""

    agent_id: str
    directive: Directive
    error: BaseException


@dataclass(slots=True)
class _Account:
    """What an agent, or a group, has had of restarts."""

    budget: Budget
    restarts: int = 0


class Supervisor:
    """Decides for a whole society; one owner uses it, on one thread."""

    def __init__(
        self,
        strategy: Strategy,
        rules: SupervisionRules,
        *,
        seed: int,
        groups: Groups | None = None,
    ) -> None:
        """Start with everybody up.

        Args:
            seed: the society's; pauses are drawn from it.
            groups: who goes together; by default everybody is alone.
        """
        self._strategy = strategy
        self._rules = rules
        self._backoff = Backoff(seed, rules.backoff, rules.backoff_limit)
        self._groups = groups or Groups()
        self._accounts: dict[str, _Account] = {}
        self._history: dict[str, deque[int]] = {}
        self._waiting: dict[str, int] = {}
        self._suspended: dict[str, int] = {}
        self._gone: dict[str, Directive] = {}
        self._down: dict[str, DownError] = {}
        self._out: dict[str, Decision] = {}
        self._failures = 0
        self._restarts: Counter[str] = Counter()

    @property
    def down(self) -> Mapping[str, DownError]:
        """Who is not to be called, and why; a live view, changed by ``decide`` and ``due``."""
        return MappingProxyType(self._down)

    def refusal(self, agent_id: str) -> DownError | None:
        """Say why an agent is out, if it is; fresh each time, for it is raised.

        Any thread may ask.
        """
        decision = self._out.get(agent_id)
        if decision is None:
            return None
        return DownError(agent_id, decision.restart_at, decision.reason)

    def decide(self, round: int, failures: Mapping[str, BaseException]) -> tuple[Decision, ...]:
        """Say what becomes of those that failed in a round which has closed.

        Args:
            failures: what each raised, by agent id, in any order.

        Returns:
            Sorted by agent id. For one that is down already nothing is decided: the state
            that it spoilt is not the one it comes back with.
        """
        self._failures += len(failures)
        verdicts: dict[tuple[str, ...], list[_Verdict]] = {}
        for agent_id in sorted(failures):
            if agent_id not in self._down:
                verdict = self._judge(agent_id, round, failures[agent_id])
                verdicts.setdefault(self._groups.mates(agent_id), []).append(verdict)
        decisions = [d for mates in verdicts for d in self._settle(mates, verdicts[mates], round)]
        for decision in decisions:
            self._take_down(decision)
        return tuple(sorted(decisions, key=lambda decision: decision.agent_id))

    def counts(self, agent_id: str, called: int) -> bool:
        """Whether a failure in a call of this round is one of the agent as it is now.

        One that was suspended while it was still at work may fail long after; that state is
        given up already.
        """
        return called > self._suspended.get(agent_id, 0)

    def due(self, round: int) -> tuple[str, ...]:
        """Give those that come back with the round which opens, each once, sorted by id."""
        if not self._waiting:
            return ()
        back = sorted(agent_id for agent_id, at in self._waiting.items() if at <= round)
        for agent_id in back:
            del self._waiting[agent_id], self._down[agent_id], self._out[agent_id]
        self._restarts.update(back)
        return tuple(back)

    def dismiss(self, agent_id: str) -> None:
        """Decide nothing more about an agent, which is nobody's to look after any more."""
        self._groups.leave(agent_id)
        self._suspended[agent_id] = _FOR_EVER
        for of_agents in (self._waiting, self._gone, self._down, self._out, self._restarts):
            of_agents.pop(agent_id, None)

    def statistics(self) -> SupervisionStatistics:
        """Give what there was to do until now."""
        return SupervisionStatistics(
            failures=self._failures,
            restarts=dict(sorted(self._restarts.items())),
            waiting=dict(sorted(self._waiting.items())),
            quarantined=self._gone_by(Directive.RESTART),
            stopped=self._gone_by(Directive.STOP),
        )

    def _gone_by(self, directive: Directive) -> tuple[str, ...]:
        return tuple(sorted(i for i, why in self._gone.items() if why is directive))

    def _judge(self, agent_id: str, round: int, error: BaseException) -> _Verdict:
        history = self._history.setdefault(agent_id, deque(maxlen=HISTORY))
        failure = Failure(agent_id, round, error, tuple(history))
        history.append(round)
        try:
            directive = Directive(self._strategy(failure))
        except BaseException as trouble:
            if is_ctrl_c(trouble):
                raise
            # What is to be done now, only whoever gave us this strategy can say.
            trouble.__context__ = error
            return _Verdict(agent_id, Directive.ESCALATE, trouble)
        return _Verdict(agent_id, directive, error)

    def _settle(
        self, mates: Sequence[str], verdicts: Sequence[_Verdict], round: int
    ) -> list[Decision]:
        """Decide for a group in which some have failed."""
        worst = max(verdicts, key=lambda verdict: _HARSHNESS[verdict.directive])
        directive = worst.directive
        if directive in (Directive.RESUME, Directive.ESCALATE):
            # What becomes of those that did not fail is not at stake.
            return [
                Decision(v.agent_id, round, directive, describe(v.error), error=v.error)
                for v in verdicts
                if v.directive is directive
            ]
        restart_at, spent = None, ""
        if directive is Directive.RESTART:
            restart_at, spent = self._restart(mates[0], round)
        errors = {verdict.agent_id: verdict.error for verdict in verdicts}
        decisions = []
        for mate in mates:
            error = errors.get(mate)
            why = f"goes with {worst.agent_id}" if error is None else describe(error)
            decisions.append(Decision(mate, round, directive, spent + why, restart_at, error))
        return decisions

    def _restart(self, name: str, round: int) -> tuple[int | None, str]:
        """Give the round of the next restart; None, and a word on it, if there is none."""
        rules = self._rules
        account = self._accounts.get(name)
        if account is None:
            account = _Account(Budget(rules.max_restarts, rules.restart_window))
            self._accounts[name] = account
        soonest = round + 1
        if not account.budget.has_room(soonest):
            times = f"{rules.max_restarts} restarts in {rules.restart_window} rounds"
            return None, f"no more than {times}; "
        account.restarts += 1
        attempt = account.budget.spent(soonest) + 1
        restart_at = soonest + self._backoff.rounds(name, attempt, account.restarts)
        account.budget.charge(restart_at)
        return restart_at, ""

    def _take_down(self, decision: Decision) -> None:
        agent_id, until = decision.agent_id, decision.restart_at
        if until is not None:
            self._waiting[agent_id] = until
            self._suspended[agent_id] = decision.round
            log.info("agent.suspended", agent=agent_id, until=until, reason=decision.reason)
        elif decision.final:
            self._gone[agent_id] = decision.directive
            event = "agent.quarantined" if decision.quarantined else "agent.stopped"
            log.warning(event, agent=agent_id, round=decision.round, reason=decision.reason)
        else:
            return
        self._out[agent_id] = decision
        self._down[agent_id] = DownError(agent_id, until, decision.reason)
