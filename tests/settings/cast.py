"""Who plays in the tests of settings, and what a probe is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import antiphon as ap

FUSE = 5.0
"""Seconds; for what is to happen."""
MOMENT = 0.3
"""Seconds; for what is not to happen."""

Probes = dict[str, tuple[Callable[[Any], Any], Any, Any]]
"""What shows a setting at work, by its key, with two values that must not show the same."""


class Probe(ap.Agent):
    """Notes what it is shown, and does what the test says."""

    def __init__(self, do: Callable[[Any, ap.Context], Any] = lambda _, __: 1) -> None:
        self.do = do

    def act(self, observation: Any, context: ap.Context) -> Any:
        return self.do(observation, context)


def thinking(*, tuner: bool, target_ms: float) -> Any:
    """Give how far an agent plans in the end that takes a millisecond for each step of it."""
    clock = ap.ManualClock()

    class Thinks(ap.Agent):
        settings_type = ap.InferenceSettings

        def __init__(self, settings: ap.InferenceSettings) -> None:
            self.retune(settings.resolved_profile())

        def act(self, observation: Any, context: ap.Context) -> int:
            clock.advance(0.001 * self.length)
            return self.length

        def retune(self, profile: ap.Profile) -> None:
            self.length = profile.policy_length

    with ap.Society(tuner=tuner, dispatcher="inline", clock=clock) as society:
        (agent_id,) = society.add(Thinks, profile="accurate", target_ms=target_ms)
        return [society.step({agent_id: None}).actions[agent_id] for _ in range(90)][-1]
