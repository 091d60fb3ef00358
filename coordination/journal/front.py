"""Something that is called in place of an agent for a while, and may call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...actors.agent_actor import AgentActor
from ...models.agent import Context

Act = Callable[[Any, Context], Any]


class Front:
    """Puts something in front of one agent; whoever plays the society does so between rounds.

    An agent that is answered for by its crowd acts for itself meanwhile, which is the same to
    the bit. One that is built anew has nothing in front of it any more.
    """

    __slots__ = ("_act", "_host", "_instead", "_together")

    def __init__(self, host: AgentActor, instead: Callable[[Act], Act]) -> None:
        """Go there.

        Args:
            instead: gives what is called, by way of what was called until now.
        """
        self._host = host
        self._act, self._together = host.act, host.together
        self._instead = host.act = instead(host.act)
        host.together = False

    @property
    def is_there(self) -> bool:
        return self._host.act is self._instead

    def leave(self) -> None:
        """Let the agent be called again."""
        if self.is_there:
            self._host.act, self._host.together = self._act, self._together
