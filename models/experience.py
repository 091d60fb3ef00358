"""One step as one agent lived it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Experience(NamedTuple):
    """What an agent saw, meant, did and got in one round.

    A named tuple rather than a frozen dataclass: one is made for each agent in each
    round, and this is a third of the price.
    """

    round: int
    observation: Any
    intended: Any
    """The action that the agent answered with; None if no answer counted."""
    executed: Any
    """The action that the environment was given."""
    status: str
    """How the agent's part of the round ended: "acted", "timed_out" and so on."""
    reward: float | None
    """None where no environment paid one."""
    terminated: bool
    truncated: bool

    @property
    def last(self) -> bool:
        """Whether the episode ended with this step."""
        return self.terminated or self.truncated
