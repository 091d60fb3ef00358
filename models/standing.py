"""What stands behind an agent's context: who the agent is, and how it reaches the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..clock import Clock
from ..errors import AskError
from . import chance
from .board import Board
from .memory import NO_MEMORY, Recall
from .moment import Moment
from .outbox import Outbox, Phase


class Talk(Protocol):
    """How an agent reaches the others."""

    @property
    def board(self) -> Board:
        """The shared state as everyone may read it now."""
        ...

    def outbox(self, agent_id: str, moment: Moment) -> Outbox:
        """Open what an agent says its things to."""
        ...

    def ask(self, agent_id: str, moment: Moment, to: str, question: Any, timeout: float) -> Any: ...


class Silence:
    """The talk of an agent that is called by hand: what it says stays in the outbox."""

    board = Board()

    def outbox(self, agent_id: str, moment: Moment) -> Outbox:
        phase = Phase.ACT if moment.phase is None else moment.phase
        return Outbox(agent_id, round=moment.round, phase=phase)

    def ask(self, agent_id: str, moment: Moment, to: str, question: Any, timeout: float) -> Any:
        raise AskError(f"{agent_id} is called by hand, and there is no {to} to ask")


_SILENCE = Silence()


class Who(Protocol):
    """What all contexts of one agent share; a host is one for its agent."""

    @property
    def agent_id(self) -> str: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def talk(self) -> Talk: ...

    @property
    def memory(self) -> Recall: ...

    def rng(self) -> np.random.Generator: ...


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Who an agent is, where no host says it."""

    agent_id: str
    rng: Callable[[], np.random.Generator]
    clock: Clock
    talk: Talk = _SILENCE
    memory: Recall = NO_MEMORY


class OwnStream:
    """The random stream of an agent that is called by hand; made with the first draw."""

    __slots__ = ("_agent_id", "_stream")

    def __init__(self, agent_id: str) -> None:
        self._agent_id = agent_id
        self._stream: np.random.Generator | None = None

    def __call__(self) -> np.random.Generator:
        if self._stream is None:
            self._stream = chance.generator(0, self._agent_id, "act")
        return self._stream
