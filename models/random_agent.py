"""An agent that acts at random: the baseline of every comparison."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

from .agent import Agent, Context, Place


class RandomAgent(Agent):
    """Draws each action from its action space, uniformly, and reads nothing but a mask."""

    def __init__(self, action_space: Any) -> None:
        # Its own copy: a space keeps the state of its draws.
        self._space = copy.deepcopy(action_space)

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        if place.action_space is None:
            raise ValueError("a random agent needs an action space, so an environment")
        return cls(place.action_space, **options)

    def reset(self, seed: int | None = None) -> None:
        self._space.seed(seed)

    def act(self, observation: Any, context: Context) -> Any:
        if isinstance(observation, Mapping) and "action_mask" in observation:
            return self._space.sample(mask=observation["action_mask"])
        return self._space.sample()
