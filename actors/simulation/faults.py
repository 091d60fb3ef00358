"""What goes wrong in a simulated run, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The probability of each kind of fault; by default nothing goes wrong."""

    slow: float = 0.0
    """Of each act: that it takes up to ``longest`` seconds of virtual time."""
    hang: float = 0.0
    """Of each act: that it never ends."""
    crash: float = 0.0
    """Of each act: that it raises, at once or after up to ``longest`` seconds."""
    repeat: float = 0.0
    """Of each answer: that it comes a second time, some steps later."""
    stall: float = 0.0
    """Of each step: that time passes, up to the next timer, though somebody could go on."""
    kill: float = 0.0
    """Of each step: that an agent's actor is ended from outside, whatever it is doing."""
    longest: float = 1.0
    """Seconds."""

    def __post_init__(self) -> None:
        for risk in (f.name for f in fields(self) if f.name != "longest"):
            if not 0 <= (value := getattr(self, risk)) <= 1:
                raise ValueError(f"{risk} must be in [0, 1], got {value!r}")
        if not 0 < self.longest < math.inf:
            raise ValueError(f"longest must be a finite number > 0, got {self.longest!r}")
        for risks in (self.of_act, self.of_step):
            if sum(risks) > 1:
                raise ValueError(f"risks of one moment must sum up to <= 1, got {risks}")

    @property
    def of_act(self) -> tuple[float, float, float]:
        """What an act risks: to be slow, to hang, to crash."""
        return self.slow, self.hang, self.crash

    @property
    def of_step(self) -> tuple[float, float]:
        """What each step risks: a stall, a kill."""
        return self.stall, self.kill
