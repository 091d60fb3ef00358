"""What supervision has decided for one agent."""

from __future__ import annotations

from dataclasses import dataclass, field

from .directive import Directive


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one agent after a round."""

    agent_id: str
    round: int
    directive: Directive
    reason: str
    restart_at: int | None = None
    """The first round in which it is called again, built anew."""
    error: BaseException | None = field(default=None, compare=False)
    """What it raised; None for one that only goes with another."""

    @property
    def quarantined(self) -> bool:
        """Whether it was to be restarted, and has been too often."""
        return self.directive is Directive.RESTART and self.restart_at is None

    @property
    def final(self) -> bool:
        """Whether it never comes back."""
        return self.quarantined or self.directive is Directive.STOP

    def row(self) -> tuple[str, int, str, int | None]:
        """Give what stands for it in a digest: kind, round, agent, and when it comes back.

        What the error says does not count, for it may name an address in memory.
        """
        kind = "quarantined" if self.quarantined else _DONE[self.directive]
        return kind, self.round, self.agent_id, self.restart_at


_DONE = {
    Directive.RESUME: "resumed",
    Directive.RESTART: "suspended",
    Directive.STOP: "stopped",
    Directive.ESCALATE: "escalated",
}
