"""Answers to what agents ask one another while they act, from their states at the opening."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import AskDeadlockError, AskError
from ..models import chance
from ..models.agent import Context, Moment, OneMoment, Standing, Talk
from ..models.board import Board
from ..models.outbox import Outbox, Phase
from ..models.payload import seal
from .actor import describe
from .agent_actor import AgentActor

DEEPEST = 32
"""How many may be asked for the sake of one question; more would not fit on a stack."""


class Interviews:
    """The talk of a society with ordered delivery.

    What is said waits in outboxes. Who is asked is not disturbed: another agent like it is
    made, given its state at the round's opening, and answers on the asker's thread. So nobody
    waits for anybody, and the answer is the same whoever was called first.
    """

    def __init__(self, hosts: Mapping[str, AgentActor]) -> None:
        self._hosts = hosts
        self.board = Board()

    def outbox(self, agent_id: str, moment: Moment) -> Outbox:
        outbox = Outbox(
            agent_id,
            round=moment.round,
            phase=moment.phase or Phase.ACT,
            first=moment.first,
            cause=moment.cause,
        )
        if moment.phase is None:
            outbox.take()  # an answer says nothing but itself
        return outbox

    def ask(self, agent_id: str, moment: Moment, to: str, question: Any, timeout: float) -> Any:
        """Ask; the time is the asker's own, so a timeout has nothing to bound but its round."""
        path = (*moment.path, agent_id)
        if to in path:
            raise AskDeadlockError([*path, to])
        if len(path) >= DEEPEST:
            raise AskError(f"{agent_id} asks {to}, and {DEEPEST} ask one another already")
        host = self._hosts.get(to)
        if host is None:
            raise AskError(f"{agent_id} asks {to!r}, and nobody has this id")
        return _Interview(host, self, path, moment).answer(seal(question), agent_id)


class _Interview:
    """One question to a stand-in."""

    def __init__(self, host: AgentActor, talk: Talk, path: tuple[str, ...], moment: Moment) -> None:
        self._host = host
        self._moment = OneMoment(moment.round, moment.deadline, phase=None, path=path)
        seat = host.seat
        self._standing = Standing(
            seat.agent_id,
            lambda: chance.generator(seat.seed, seat.agent_id, "answer", moment.round),
            seat.clock,
            talk,
        )

    def answer(self, question: Any, sender: str) -> Any:
        context = Context.at(self._moment, self._standing)
        try:
            return seal(self._host.stand_in(self._moment.round).answer(question, sender, context))
        except AskError:
            raise
        except Exception as error:
            raise AskError(f"{self._host.name} raised {describe(error)}") from error
