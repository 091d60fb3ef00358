"""Mesa: agents of one model, whose steps are called one after another."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..models.agent import Agent, Context
from .programs import Play


@contextmanager
def crowd(agents: Sequence[Agent]) -> Iterator[Play]:
    """Put each agent into one of Mesa's; a round calls the step of all, and reads all answers."""
    # By name, since it is a part of no extra, and type checkers do not find it.
    mesa: Any = importlib.import_module("mesa")
    model = mesa.Model(rng=0)

    class Player(mesa.Agent):  # type: ignore[misc]  # its base is not known
        def __init__(self, model: Any, agent: Agent) -> None:
            super().__init__(model)
            self.agent, self.context, self.answer = agent, Context(), None

        def step(self) -> None:
            self.answer = self.agent.act(self.model.observation, self.context)

    Player.create_agents(model, len(agents), list(agents))

    def play(rounds: int) -> list[list[Any]]:
        played = []
        for number in range(rounds):
            model.observation = number
            model.agents.do("step")
            played.append(model.agents.get("answer"))
        return played

    yield play
