"""Measures whether explorers earn more than agents that act at random, over paired seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from antiphon.models import chance
from antiphon.models.agent import Agent, Context, Place
from antiphon.models.experience import Experience
from antiphon.models.grid_world import GridWorld

Make = Callable[[Place], Agent]

# Two-sided 95 % quantiles of Student's t, by how many pairs there are.
STUDENT = {3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 8: 2.365, 10: 2.262, 20: 2.093}


@dataclass(frozen=True)
class Comparison:
    """Rewards of two kinds of agents on the same maps with the same seeds."""

    ratio: float
    """Of the mean rewards."""
    low: float
    high: float
    """The 95 % interval of the mean difference."""

    @classmethod
    def of(cls, ours: Iterable[float], theirs: Iterable[float]) -> Comparison:
        one, other = np.array(list(ours)), np.array(list(theirs))
        difference = one - other
        half = STUDENT[len(difference)] * difference.std(ddof=1) / math.sqrt(len(difference))
        return cls(
            float(one.mean() / other.mean()),
            float(difference.mean() - half),
            float(difference.mean() + half),
        )

    @property
    def shows_skill(self) -> bool:
        """At least twice the reward, and the interval of the difference above zero."""
        return self.ratio >= 2 and self.low > 0


class RandomAgent(Agent):
    """Any action, each as likely as the others."""

    def __init__(self, place: Place) -> None:
        self._id = place.agent_id

    def reset(self, seed: int | None = None) -> None:
        self._rng = chance.generator(seed or 0, self._id)

    def act(self, observation: Any, context: Context) -> int:
        return int(self._rng.integers(5))


def forage(make: Make, *, n: int, seed: int, steps: int = 100) -> float:
    """Run one episode on a bare loop; give the reward of all agents together."""
    world = GridWorld(agents=n, layout=seed)
    agents = {name: make(Place(name, world)) for name in world.possible_agents}
    for name, agent in agents.items():
        agent.reset(chance.seed_for(seed, name))
    previous: dict[str, Experience | None] = dict.fromkeys(agents)
    observations, _ = world.reset(seed)
    total = 0.0
    for step in range(steps):
        actions = {
            name: agent.act(observations[name], Context(name, round=step, previous=previous[name]))
            for name, agent in agents.items()
        }
        seen = observations
        observations, rewards, *_ = world.step(actions)
        total += sum(rewards.values())
        previous = {
            name: Experience(step, seen[name], action, action, "acted", rewards[name], False, False)
            for name, action in actions.items()
        }
    return total


def compare(make: Make, *, n: int, seeds: Iterable[int]) -> Comparison:
    """Compare with random agents; each pair has one map and one seed."""
    pairs = [(forage(make, n=n, seed=s), forage(RandomAgent, n=n, seed=s)) for s in seeds]
    return Comparison.of(*zip(*pairs, strict=True))
