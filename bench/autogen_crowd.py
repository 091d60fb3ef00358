"""autogen-core: agents that are sent messages by their address, in one asyncio loop."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..models.agent import Agent, Context
from .programs import Play
from .tasks import event_loop


@dataclass
class Call:
    """An observation for one agent."""

    observation: int


@dataclass
class Answer:
    """What it does."""

    action: int


@contextmanager
def crowd(agents: Sequence[Agent]) -> Iterator[Play]:
    """Register an agent for each; a round sends to all and gathers all answers."""
    # By name, since it is a part of no extra, and type checkers do not find it.
    core: Any = importlib.import_module("autogen_core")
    runtime = core.SingleThreadedAgentRuntime()
    addresses = [core.AgentId("player", str(index)) for index in range(len(agents))]

    class Player(core.BaseAgent):  # type: ignore[misc]  # its base is not known
        def __init__(self) -> None:
            super().__init__("plays")
            self.agent, self.context = agents[int(self.id.key)], Context()

        async def on_message_impl(self, message: Call, ctx: Any) -> Answer:
            return Answer(self.agent.act(message.observation, self.context))

    async def start() -> None:
        await Player.register(runtime, "player", Player)
        runtime.start()

    async def play(rounds: int) -> list[list[Any]]:
        played = []
        for number in range(rounds):
            call = Call(number)
            sent = (runtime.send_message(call, address) for address in addresses)
            played.append([answer.action for answer in await asyncio.gather(*sent)])
        return played

    with event_loop() as loop:
        loop.run_until_complete(start())
        yield lambda rounds: loop.run_until_complete(play(rounds))
        loop.run_until_complete(runtime.stop())
        loop.run_until_complete(runtime.close())
