"""Who plays in the tests of a society: a world, agents and a witness."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from antiphon.coordination.records.run import Run
from antiphon.coordination.records.trace import encode
from antiphon.coordination.rollout import Step
from antiphon.models.agent import Agent, Context, Place
from antiphon.models.experience import Experience
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from gymnasium.spaces import Box, Discrete
from pettingzoo import ParallelEnv

FUSE = 10.0
"""Seconds; a wait that lasts as long has failed."""
DISPATCHERS = ["threaded", "pooled", "inline"]

Row = tuple[int, bytes, str, bytes, float | None]


class Witness:
    """A progress display that keeps every step, and acts on it if told to."""

    def __init__(self, then: Callable[[Step], None] = lambda step: None) -> None:
        self.steps: list[Step] = []
        self.summary = ""
        self._then = then

    def begin(self, total: int | None, unit: str) -> None:
        pass

    def advance(self, done: int, step: Step) -> None:
        self.steps.append(step)
        self._then(step)

    def end(self) -> None:
        pass

    def rows(self, agent_id: str) -> list[Row]:
        """Give an agent's trajectory in a form that compares bit for bit."""
        lived = [step.experiences[agent_id] for step in self.steps]
        return [
            (e.round, encode(e.observation), e.status, encode(e.executed), e.reward) for e in lived
        ]

    def everybody(self) -> dict[str, list[Row]]:
        return {agent_id: self.rows(agent_id) for agent_id in self.steps[0].experiences}


class Ring(ParallelEnv[str, Any, int]):
    """A world with fixed agents; each sees what all of them did, so that nothing stays hidden."""

    metadata = {"name": "ring"}  # noqa: RUF012  PettingZoo reads a plain dict

    def __init__(self, names: Sequence[str] = ("a", "b", "c"), length: int = 10**6) -> None:
        self.possible_agents = list(names)
        self.agents: list[str] = []
        self.length = length
        self.played: list[dict[str, Any]] = []
        self.closed = 0

    def observation_space(self, agent: str) -> Box:
        return Box(-1, 100, (len(self.possible_agents),), np.int64)

    def action_space(self, agent: str) -> Discrete:
        return Discrete(4)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = list(self.possible_agents)
        self.at = 0
        nothing = np.zeros(len(self.agents), np.int64)
        return dict.fromkeys(self.agents, nothing), {}

    def step(self, actions: Mapping[str, int]) -> Any:
        self.played.append(dict(actions))
        self.at += 1
        done = [actions.get(name, -1) for name in self.possible_agents]
        names, over = self.agents, self.at >= self.length
        if over:
            self.agents = []
        return (
            {name: np.array(done) for name in names},
            {name: float(actions.get(name, -1)) for name in names},
            dict.fromkeys(names, over),
            dict.fromkeys(names, False),
            {},
        )

    def close(self) -> None:
        self.closed += 1


class PartialRing(Ring):
    partial_actions = True


class Does(Agent):
    """Does what it was made for: ``act`` is a function of observation and context."""

    def __init__(self, act: Callable[..., Any] = lambda seen, context: 1) -> None:
        self._act = act
        self.heard: list[Any] = []
        self.lived: list[Experience] = []

    def act(self, observation: Any, context: Context) -> Any:
        self.lived += [*context.missed, *([context.previous] if context.previous else [])]
        return self._act(observation, context)

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append((message, sender, context.round))

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        if isinstance(question, BaseException):
            raise question
        return list(self.heard) if question == "heard" else list(self.lived)


class Dice(Agent):
    """Acts at random, by its seed and by what it sees: any disturbance shows for ever."""

    def __init__(self, space: Any) -> None:
        self._n = int(space.n)

    @classmethod
    def create(cls, place: Place, **options: Any) -> Self:
        return cls(place.action_space)

    def act(self, observation: Any, context: Context) -> Any:
        seen = zlib.crc32(encode(observation))
        reward = 0 if context.previous is None else int(4 * (context.previous.reward or 0))
        return int(context.rng.integers(self._n) + seen + reward) % self._n


class Unspeakable(Exception):  # noqa: N818  its name is its fault
    def __str__(self) -> str:
        raise RuntimeError("no text")


def world_of_six() -> GridWorld:
    return GridWorld(size=7, goals=4, max_steps=9)


def play(
    world: Any, *, steps: int = 12, dice: int = 5, then: Any = None, **settings: Any
) -> tuple[Witness, Run]:
    witness = Witness(then or (lambda step: None))
    with Society(world, tables=False, **settings) as society:
        society.add(Dice, dice)
        return witness, society.run(steps, progress=witness)
