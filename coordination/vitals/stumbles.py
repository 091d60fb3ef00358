"""What agents raised between their calls: while they heard, answered, or were told of an end."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ...actors.statistics import KernelStatistics

_NAMED = 5
"""How many names a line for a person holds."""


@dataclass(frozen=True, slots=True)
class Stumbles:
    """How often each agent did so, and what the last time was; false if nobody did."""

    counts: Mapping[str, int]
    last: Mapping[str, str]

    @classmethod
    def of(cls, kernel: KernelStatistics) -> Self:
        """Read them from the kernel's figures."""
        return cls(kernel.failures, kernel.last_failures)

    def since(self, before: Stumbles) -> Stumbles:
        """Leave out those of before."""
        more = {i: count - before.counts.get(i, 0) for i, count in self.counts.items()}
        counts = {agent_id: count for agent_id, count in more.items() if count > 0}
        return Stumbles(counts, {agent_id: self.last.get(agent_id, "") for agent_id in counts})

    def __bool__(self) -> bool:
        return bool(self.counts)

    def worst(self, count: int) -> dict[str, int]:
        """Give those who did so most often, and how often; of equals, the first added."""
        return dict(heapq.nlargest(count, self.counts.items(), key=lambda item: item[1]))

    def to_dict(self) -> dict[str, Any]:
        """Give all of them as JSON values."""
        return {
            agent_id: {"count": count, "last_error": self.last.get(agent_id, "")}
            for agent_id, count in self.counts.items()
        }

    def __str__(self) -> str:
        many, total = len(self.counts), sum(self.counts.values())
        worst = list(self.worst(_NAMED))
        names = ", ".join(worst) + (f" and {many - _NAMED:,} more" if many > _NAMED else "")
        agents = f"{many:,} agent" + "s" * (many != 1)
        times = f"{total:,} time" + "s" * (total != 1)
        return (
            f"{agents} failed {times} outside act: {names}; the last error of {worst[0]}: "
            f"{self.last.get(worst[0], '')}"
        )
