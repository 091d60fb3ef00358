"""What each setting of failures, and of those who come back, changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import antiphon as ap
from antiphon.tests.settings.cast import Probe, Probes


class Counts(Probe):
    """Counts its acts, and can be put back."""

    acts = 0

    def act(self, observation: Any, context: ap.Context) -> Any:
        self.acts += 1
        self.do(observation, context)
        return self.acts

    def get_state(self) -> Any:
        return self.acts

    def set_state(self, state: Any) -> None:
        self.acts = state


def fate(bad_rounds: Iterable[int] = (3,), **settings: Any) -> Any:
    """Have an agent fail in these rounds; give what came of each of nine."""

    def do(observation: Any, context: ap.Context) -> None:
        if context.round in bad_rounds:
            raise RuntimeError

    with ap.Society(**{"on_crash": "restart", "backoff": 0, **settings}) as society:
        (agent_id,) = society.add(Counts, do=do)
        outcomes = [society.step({agent_id: None}) for _ in range(9)]
    return [outcome.actions.get(agent_id, outcome.status[agent_id]) for outcome in outcomes]


def on_crash(value: str) -> Any:
    return fate(on_crash=value)


def max_restarts(value: int) -> Any:
    return fate(max_restarts=value)


def restart_window(value: int) -> Any:
    return fate([3, 6], max_restarts=1, restart_window=value)


def backoff(value: int) -> Any:
    return fate(backoff=value)


def backoff_limit(value: int) -> Any:
    return fate(backoff=4, backoff_limit=value)


def snapshot_interval(value: int) -> Any:
    return fate(snapshot_interval=value)


PROBES: Probes = {
    "on_crash": (on_crash, "resume", "stop"),
    "max_restarts": (max_restarts, 0, 1),
    "restart_window": (restart_window, 3, 4),
    "backoff": (backoff, 0, 4),
    "backoff_limit": (backoff_limit, 1, 4),
    "snapshot_interval": (snapshot_interval, 1, 10),
}
