"""A world of rooms whose doors nobody knows at first, and strategies that teach less than ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.strategies.merge import merge
from antiphon.memory.window import Window
from antiphon.models import chance
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context, Place
from antiphon.models.learning.replay import Taught
from antiphon.models.profile import InferenceSettings
from antiphon.society import Society
from gymnasium.spaces import Discrete
from pettingzoo import ParallelEnv

N = 5
GOAL = 0
UNKNOWN = {
    "A": 0.96 * np.eye(N) + 0.04 / N,
    "B": np.full((N, N, 3), 1 / N),
    "C": 4.0 * (np.arange(N) == GOAL),
}
"""What is seen in a room is known, and what is liked; of the doors, nothing."""


class Rooms(ParallelEnv[str, Any, int]):
    """Each agent has rooms of its own, in a ring: on, back, or wait; one of them pays.

    Now and then, the same times whatever it does, an agent wakes up in another room.
    """

    metadata = {"name": "rooms"}  # noqa: RUF012  PettingZoo reads a plain dict

    def __init__(self, agents: int = 1) -> None:
        self.possible_agents = [f"agent-{n}" for n in range(agents)]
        self.agents: list[str] = []

    def observation_space(self, agent: str) -> Discrete:
        return Discrete(N)

    def action_space(self, agent: str) -> Discrete:
        return Discrete(3)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = list(self.possible_agents)
        self._chance = {i: chance.generator(seed or 0, i, "rooms") for i in self.agents}
        self._at = dict.fromkeys(self.agents, 2)
        return dict(self._at), {}

    def step(self, actions: Mapping[str, int]) -> Any:
        rewards = {}
        for name in self.agents:
            wakes, room = self._chance[name].random() < 0.2, int(self._chance[name].integers(N))
            moved = (self._at[name] + (1, -1, 0)[actions.get(name, 2)]) % N
            self._at[name] = room if wakes else moved
            rewards[name] = float(self._at[name] == GOAL)
        nobody = dict.fromkeys(self.agents, False)
        return dict(self._at), rewards, nobody, nobody, {}


class Forgetful:
    """Merges, and teaches nothing."""

    teaches = True

    def __call__(self, window: Sequence[Remembered]) -> Iterator[Draft | Taught | None]:
        return merge(window)


class Confused:
    """Merges, and teaches as much as ours does, of the same in another order."""

    teaches = True

    def __call__(self, window: Sequence[Remembered]) -> Iterator[Draft | Taught | None]:
        own = Window.of(window)
        yield from merge(own)
        assert own.pupil is not None
        night, order = own.pupil.night(), chance.generator(own[0].sequence, "a")
        for one, place in zip(own, order.permutation(len(own)).tolist(), strict=True):
            seen = own[place].experience.observation
            night.live(one.experience._replace(observation=seen))
        yield night.taught


def thinking(learns: str = "B", when: str | None = "asleep", **changes: Any) -> InferenceSettings:
    usual: dict[str, Any] = {"gamma": 4.0, "policy_length": 2, "selective_update_interval": 1,
                             "prior_strength": 0.5, "backend": "numpy"}  # fmt: skip
    return InferenceSettings(**{**usual, "learns": learns, "learns_when": when, **changes})


class Sleeper(ActiveInference):
    """Learns asleep, and raises in the rounds in which a test wants it to."""

    together: ClassVar[bool] = True
    fails_in: ClassVar[frozenset[tuple[str, int]]] = frozenset()
    """By agent and round."""

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(UNKNOWN, thinking(), agent_id=place.agent_id)

    def act(self, observation: Any, context: Context) -> Any:
        if (context.agent_id, context.round) in self.fails_in:
            raise ValueError("so it is")
        return super().act(observation, context)


class LoneSleeper(Sleeper):
    """The same, called by itself."""

    together: ClassVar[bool] = False


def sleepers(
    agents: int = 1,
    thinks: InferenceSettings | None = None,
    *,
    kind: type[ActiveInference] = ActiveInference,
    host: Any = "agent-actor",
    **settings: Any,
) -> Society:
    """Found a society whose agents learn asleep what doors do."""
    own: dict[str, Any] = {}
    if kind is ActiveInference:
        own = {"model": UNKNOWN, "settings": thinks or thinking()}
    usual = {"memory_size": 60, "consolidation_threshold": 20, "consolidation_window": 20,
             "consolidation_lag": 3, "consolidation": "learn", "seed": 5}  # fmt: skip
    society = Society(Rooms(agents), tables=False, **{**usual, **settings})
    society.add(kind, host=host, **own)
    return society
