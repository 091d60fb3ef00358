"""A coordination protocol of your own: a round ends at so many votes, not so many agents.

Replicas with votes keep one number. Where a quorum has more than half of all votes, any two
have a replica in common, so whoever reads always finds what was written last (Gifford 1979).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import antiphon as ap
import numpy as np

VOTES = {"oslo": 3, "rome": 1, "lima": 1, "kyiv": 1, "doha": 1}


class Votes:
    """Enough when those who came have so many votes; who is not listed has one."""

    def __init__(self, held: Mapping[str, int], needed: int) -> None:
        self.held = held
        self.needed = needed

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        return sum(self.held.get(agent_id, 1) for agent_id in came) >= self.needed


class Replica(ap.Agent):
    """Keeps the newest version that it has seen; its action says which that is."""

    def __init__(self) -> None:
        self.version = 0

    def act(self, observation: int, context: ap.Context) -> int:
        self.version = max(self.version, observation)
        return self.version


def stale_reads(needed: int, *, writes: int = 50, seed: int = 7, **settings: Any) -> int:
    """Write one version after another, and count the reads that bring an older one."""
    protocol = Votes(VOTES, needed)
    rng = np.random.default_rng(seed)
    with ap.Society(protocol=protocol, **settings) as society:
        society.add(Replica, ids=list(VOTES))
        stale = 0
        for version in range(1, writes + 1):
            ask(society, protocol, version, rng)
            stale += max(ask(society, protocol, 0, rng).values()) < version
        return stale


def ask(
    society: ap.Society, protocol: Votes, version: int, rng: np.random.Generator
) -> dict[str, int]:
    """Give what a quorum has, once it has seen this version."""
    while True:
        # Whoever is called first may well answer first: so it is somebody else each time.
        outcome = society.step({str(name): version for name in rng.permutation(list(society))})
        came = {i: outcome.intended[i] for i, how in outcome.status.items() if how == "acted"}
        # Fewer, if too many were still at work on the round before and were not called.
        if protocol.enough(list(outcome.status), list(came)):
            return came


def main() -> None:
    """Compare quorums of more than half of the seven votes with smaller ones."""
    ap.testing.check_protocol(Votes(VOTES, needed=4))
    for needed in range(1, 8):
        stale = stale_reads(needed, dispatcher="inline")
        print(f"{needed} of 7 votes: {stale:>2} of 50 reads were stale")


if __name__ == "__main__":
    main()
