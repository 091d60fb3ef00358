"""How many rounds an agent sits out before it is restarted."""

from __future__ import annotations

from dataclasses import dataclass

from ...models import chance

# Past it, every limit that anybody waits for has long been reached.
_MOST_DOUBLINGS = 60


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles the pause with each attempt, up to a limit, and draws its second half.

    The draw keeps agents that failed together from coming back together. It depends on who
    draws and on how often it has drawn, on nothing else.
    """

    seed: int
    first: int
    """In rounds; 0 for no pause ever."""
    limit: int
    """In rounds."""

    def longest(self, attempt: int) -> int:
        """Give the most rounds that this attempt, counted from 1, may sit out."""
        return min(self.limit, self.first << min(attempt - 1, _MOST_DOUBLINGS))

    def rounds(self, name: str, attempt: int, number: int) -> int:
        """Draw how many rounds to sit out.

        Args:
            attempt: the how manieth restart of late this is, counted from 1.
            number: the how manieth of all; it picks the draw.
        """
        most = self.longest(attempt)
        least = (most + 1) // 2
        share = chance.uniform(chance.key(self.seed, name, "backoff"), number)
        return least + int(share * (most - least + 1))
