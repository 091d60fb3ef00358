"""What lies between an agent's failure and its next call, as its host sees it."""

from __future__ import annotations

from collections import deque
from typing import Any

from ...errors import DownError
from .snapshots import Snapshots

HELD_LIMIT = 10_000
"""How many messages wait for an agent that is down, or may be soon."""


class Recovery:
    """Keeps what an agent needs to come back; its host alone uses it, on its own thread.

    That a message raised, nobody hears before the next call, which fails in its place; so it
    counts in that round, whatever else happens meanwhile. What comes behind it, or while the
    agent is down, is held until it is decided what becomes of the agent, and heard by the one
    that is called then.
    """

    __slots__ = ("_agent_id", "_down", "_failure", "_spoilt", "held", "snapshots")

    def __init__(self, agent_id: str, interval: int) -> None:
        """Start with an agent that is up.

        Args:
            interval: how many rounds lie between two snapshots.
        """
        self._agent_id = agent_id
        self._down: tuple[int, str] | None = None
        self._failure: BaseException | None = None
        self._spoilt = False
        self.snapshots = Snapshots(agent_id, interval)
        self.held: deque[Any] = deque()
        """What the agent is to hear when it is called again, oldest first."""

    @property
    def is_down(self) -> bool:
        """Whether the agent is out until it has been built anew."""
        return self._down is not None

    @property
    def holds(self) -> bool:
        """Whether messages are to be held: the agent is down, or may be soon."""
        return self._spoilt or self._down is not None

    def stumbled(self, error: BaseException) -> None:
        """Note that a message raised; of several the first counts."""
        self.spoil()
        if self._failure is None and self._down is None:
            self._failure = error

    def spoil(self) -> None:
        """Note that the agent's state may be spoilt; a call that fails says so, or will."""
        self._spoilt = True

    def take_failure(self) -> BaseException | None:
        """Give what the next call is to fail with, once."""
        failure, self._failure = self._failure, None
        return failure

    def go_on(self) -> None:
        """Note that the agent is called with the state it has, so that is what was decided."""
        self._spoilt = False

    def suspend(self, until: int, why: str) -> None:
        """Take the agent out; what has gone wrong before goes with its state."""
        self._down = (until, why)
        self._failure = None

    def hold(self, message: Any) -> bool:
        """Keep a message for the agent that is to come; whether there was room for it."""
        if len(self.held) >= HELD_LIMIT:
            return False
        self.held.append(message)
        return True

    def refusal(self) -> DownError:
        """Say why nobody answers; fresh each time, for it is raised.

        Raises:
            RuntimeError: the agent is up.
        """
        if self._down is None:
            raise RuntimeError(f"agent {self._agent_id} is up")
        return DownError(self._agent_id, *self._down)

    def come_up(self) -> None:
        """Note that the agent has been built anew and has heard what waited."""
        self._down = None
        self._spoilt = False
