"""Agents that the tests of sweeps run by name, in other processes."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

from antiphon.models.agent import Agent, Context

NAME = "antiphon.tests.sweeps.cast:Scripted"


class Scripted(Agent):
    """Does what a parameter says, and leaves a line in a file for each cell that it is in."""

    def __init__(self, how: str = "act", log: str = "") -> None:
        if log:
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(f"{how} {os.getpid()}\n")
        if how == "raise":
            raise ValueError("so it is")
        self._how = how
        self._log = log

    def act(self, observation: Any, context: Context) -> int:
        if self._how == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._how == "hang" and not Path(f"{self._log}.calm").exists():
            os.write(2, b"now\n")
            threading.Event().wait()
        return context.round % 5
