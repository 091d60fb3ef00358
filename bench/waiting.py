"""Agents that wait for something outside, as for a language model, and show that they did."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from ..clock import SystemClock
from ..models.agent import Context
from .agents import Adder


class Waiter(Adder):
    """Waits for what never comes; answers with None if it did not wait so long."""

    blocking: ClassVar[bool] = True

    def __init__(self, number: int, seconds: float) -> None:
        super().__init__(number)
        self._seconds = seconds

    def act(self, observation: Any, context: Context) -> Any:
        started = SystemClock.now()
        threading.Event().wait(self._seconds)
        # Less a little, for the difference is rounded.
        waited = SystemClock.now() - started >= 0.999 * self._seconds
        return observation + self._number if waited else None
