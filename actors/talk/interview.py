"""Answers to what agents ask one another while they act, from their states at the opening."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from ...errors import AskDeadlockError, AskError, AskTimeoutError, DownError
from ...models import chance
from ...models.agent import Context, Moment, OneMoment
from ...models.board import Board
from ...models.outbox import Outbox, Phase
from ...models.payload import seal
from ...models.standing import Standing, Talk
from ..agent_actor import AgentActor
from ..failures import describe, is_ctrl_c
from .fresh_stack import on_a_fresh_stack

DEEPEST = 1_000
"""How many may be asked for the sake of one question."""
STACKED = 32
"""How many of these answer on one thread's stack, with room for what they call."""


Refusal = Callable[[str], DownError | None]
"""Says why an agent is out, if it is; an error for each who asks."""


class Interviews:
    """The talk of a society with ordered delivery.

    What is said waits in outboxes. Who is asked is not disturbed: another agent like it is
    made, given its state at the round's opening, and answers on the asker's time. So nobody
    waits for anybody, and the answer is the same whoever was called first.
    """

    def __init__(
        self, hosts: Mapping[str, AgentActor], refusal: Refusal = lambda agent_id: None
    ) -> None:
        """Open for questions.

        Args:
            refusal: says why an agent is out, if it is.
        """
        self._hosts = hosts
        self._refusal = refusal
        self.board = Board()

    def outbox(self, agent_id: str, moment: Moment) -> Outbox:
        outbox = Outbox(
            agent_id,
            round=moment.round,
            phase=Phase.ACT if moment.phase is None else moment.phase,
            first=moment.first,
            cause=moment.cause,
        )
        if moment.phase is None:
            outbox.take()  # an answer says nothing but itself
        return outbox

    def ask(self, agent_id: str, moment: Moment, to: str, question: Any, timeout: float) -> Any:
        """Ask; nobody can interrupt the answer, so one that took too long is refused then."""
        path = (*moment.path, agent_id)
        if to in path:
            raise AskDeadlockError([agent_id, *path[path.index(to) :]])
        if len(path) > DEEPEST:
            raise AskError(f"{agent_id} asks {to}, and {DEEPEST:,} ask one another already")
        host = self._hosts.get(to)
        if host is None:
            raise AskError(f"{agent_id} asks {to!r}, and nobody has this id")
        if not timeout > 0:
            raise AskTimeoutError(f"{agent_id} has no time left to ask {to}")
        if (refusal := self._refusal(to)) is not None:
            raise refusal
        if host.actor_stopped.is_set():
            raise AskError(f"{to} has stopped")
        now = host.seat.clock.now
        until = now() + timeout
        moment = OneMoment(moment.round, until, phase=None, path=path)
        answer = partial(_Interview(host, self, moment).answer, seal(question), agent_id)
        given = answer() if len(path) % STACKED else on_a_fresh_stack(answer)
        if now() > until:
            raise AskTimeoutError(f"{to} did not answer within {timeout:g} s")
        return given


class _Interview:
    """One question to a stand-in."""

    def __init__(self, host: AgentActor, talk: Talk, moment: Moment) -> None:
        self._host = host
        self._moment = moment
        seat = host.seat
        # One stream for each question: how many there were before leaves no mark.
        stream = cache(partial(chance.generator, seat.seed, host.name, "answer", moment.round))
        self._standing = Standing(seat.agent_id, stream, seat.clock, talk, seat.memory)

    def answer(self, question: Any, sender: str) -> Any:
        """Have it answered.

        Raises:
            AskError: by whatever the stand-in raises, or an answer that cannot be said.
        """
        context = Context.at(self._moment, self._standing)
        try:
            return seal(self._host.stand_in(self._moment.round).answer(question, sender, context))
        except AskError:
            raise
        except BaseException as error:
            if is_ctrl_c(error):
                raise
            raise AskError(f"{self._host.name} raised {describe(error)}") from error
