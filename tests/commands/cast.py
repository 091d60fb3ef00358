"""Agents that the tests of the command line run by name."""

from __future__ import annotations

import signal
import threading
from typing import Any

from antiphon.models.agent import Agent, Context
from antiphon.tests.society.cast import FUSE


class Listens(Agent):
    """Wants to know how its episodes ended."""

    def act(self, observation: Any, context: Context) -> int:
        return 0

    def episode_ended(self, context: Context) -> None:
        pass


class Swallows(Agent):
    """Goes on as if nothing had happened, once, when it is interrupted in round 3."""

    def act(self, observation: Any, context: Context) -> int:
        if context.round == 3:
            try:
                signal.raise_signal(signal.SIGTERM)
            except KeyboardInterrupt:
                threading.Event().wait(FUSE)
        return 0
