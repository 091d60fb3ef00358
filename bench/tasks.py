"""asyncio: a task with a queue for each agent or role, all in one loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..models.agent import Agent, Context
from .programs import FUSE, Begin, Play, Program, Role


@contextmanager
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Open a loop of its own."""
    loop = asyncio.new_event_loop()
    try:
        yield loop
    finally:
        loop.close()


@contextmanager
def crowd(agents: Sequence[Agent]) -> Iterator[Play]:
    """Run a task for each agent; a round puts to all and gathers a future from each."""
    inboxes = _inboxes(agents)

    async def play(rounds: int) -> list[list[Any]]:
        create_future = asyncio.get_running_loop().create_future
        played = []
        for number in range(rounds):
            replies = [create_future() for _ in inboxes]
            for inbox, reply in zip(inboxes, replies, strict=True):
                inbox.put_nowait((number, reply))
            played.append(await asyncio.gather(*replies))
        return played

    answering = [_answer(agent, inbox) for agent, inbox in zip(agents, inboxes, strict=True)]
    with event_loop() as loop, _running(loop, answering):
        yield lambda rounds: loop.run_until_complete(play(rounds))


async def _answer(agent: Agent, inbox: asyncio.Queue[tuple[Any, asyncio.Future[Any]]]) -> None:
    context = Context()
    while True:
        observation, reply = await inbox.get()
        reply.set_result(agent.act(observation, context))


class _Slots:
    """A round's answers, and one future for all of them."""

    __slots__ = ("answers", "filled", "left")

    def __init__(self, n: int, filled: asyncio.Future[None]) -> None:
        self.answers: list[Any] = [None] * n
        self.left = n
        self.filled = filled

    def accept(self, index: int, answer: Any) -> None:
        self.answers[index] = answer
        self.left -= 1
        if not self.left:
            self.filled.set_result(None)


@contextmanager
def slotted_crowd(agents: Sequence[Agent]) -> Iterator[Play]:
    """Run a task for each agent; a round has slots, as ours has, and wakes its caller once.

    It is not how tasks are usually gathered, but it is faster.
    """
    inboxes = _inboxes(agents)

    async def play(rounds: int) -> list[list[Any]]:
        played = []
        for number in range(rounds):
            slots = _Slots(len(inboxes), asyncio.get_running_loop().create_future())
            for inbox in inboxes:
                inbox.put_nowait((number, slots))
            await slots.filled
            played.append(slots.answers)
        return played

    answering = [
        _fill(index, agent, inbox)
        for index, (agent, inbox) in enumerate(zip(agents, inboxes, strict=True))
    ]
    with event_loop() as loop, _running(loop, answering):
        yield lambda rounds: loop.run_until_complete(play(rounds))


async def _fill(index: int, agent: Agent, inbox: asyncio.Queue[tuple[Any, _Slots]]) -> None:
    context = Context()
    while True:
        observation, slots = await inbox.get()
        slots.accept(index, agent.act(observation, context))


@contextmanager
def stage(loop: asyncio.AbstractEventLoop, program: Program) -> Iterator[Play]:
    """Run a program with a task for each role."""
    inboxes = _inboxes(program.roles)
    tells = [inbox.put_nowait for inbox in inboxes]

    async def play(units: int) -> Any:
        result = asyncio.get_running_loop().create_future()
        program.link(tells, result.set_result)
        tells[0](Begin(units))
        return await asyncio.wait_for(result, FUSE)

    playing = [_play(role, inbox) for role, inbox in zip(program.roles, inboxes, strict=True)]
    with _running(loop, playing):
        yield lambda units: loop.run_until_complete(play(units))


async def _play(role: Role, inbox: asyncio.Queue[Any]) -> None:
    receive = role.receive
    while True:
        receive(await inbox.get())


def _inboxes(parts: Sequence[Any]) -> list[asyncio.Queue[Any]]:
    return [asyncio.Queue() for _ in parts]


@contextmanager
def _running(
    loop: asyncio.AbstractEventLoop, coroutines: Sequence[Coroutine[Any, Any, None]]
) -> Iterator[None]:
    tasks = [loop.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
