"""What agents live in the benches of memory: the same every time."""

from __future__ import annotations

import numpy as np

from ..models import chance
from ..models.experience import Experience
from ..models.grid_world import GridWorld

_WORDS = ["market", "house", "garden", "tea", "music", "work", "travel", "food", "plan", "news"]
_SAID = 40
"""Things that are heard again and again."""


def conversed(count: int) -> list[Experience]:
    """Give a life of talk, like the guide's: much of what is heard was heard before."""
    rng = chance.generator(0, "bench", "talk")
    often = [_sentence(rng) for _ in range(_SAID)]
    return [
        Experience(
            round,
            often[int(rng.integers(_SAID))] if rng.random() < 0.7 else _sentence(rng),
            act := ("talk", "think", "done")[int(rng.integers(3))],
            act,
            "acted",
            None,
            False,
            False,
        )
        for round in range(1, count + 1)
    ]


def _sentence(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(_WORDS, size=int(rng.integers(10, 40))))


def wandered(count: int) -> list[Experience]:
    """Give a life in the grid world: small arrays, nearly all of them different."""
    rng = chance.generator(0, "bench", "wander")
    world = GridWorld(size=10, agents=1)
    (agent_id,) = world.possible_agents
    seen = world.reset(seed=1)[0][agent_id]
    life = []
    for round in range(1, count + 1):
        did = int(rng.integers(5))
        after, reward, ended, cut, _ = world.step({agent_id: did})
        one = Experience(
            round, seen, did, did, "acted", reward[agent_id], ended[agent_id], cut[agent_id]
        )
        life.append(one)
        seen = world.reset(seed=round)[0][agent_id] if one.last else after[agent_id]
    return life
