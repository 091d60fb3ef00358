"""DeGroot consensus: everyone believes a weighted mean of what those it trusts believe.

If some power of the trust matrix has a column without zeros, all end with one belief: the mean
of the first ones, weighted with the matrix's left eigenvector for the eigenvalue 1 (DeGroot 1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import antiphon as ap
import numpy as np

TOLERANCE = 1e-12
"""A belief that changes by less in a round has settled."""


class Believer(ap.Agent):
    """Publishes its belief, hears those whom it trusts, and takes the weighted mean.

    It ends by itself: how much its belief has changed is on the board, and its action is
    whether it saw there that nobody's changes any more.
    """

    def __init__(self, belief: float, trust: dict[str, float]) -> None:
        self.belief = belief
        self.trust = trust
        self.heard: dict[str, float] = {}

    def act(self, observation: Any, context: ap.Context) -> bool:
        if context.round == 1:
            for trusted in self.trust:
                context.subscribe(f"belief/{trusted}")
        # Who subscribes in the first round hears what is published in the second.
        if context.round > 2:
            self.update(context)
        context.publish(f"belief/{context.agent_id}", self.belief)
        changes = context.shared
        return len(changes) > 0 and max(changes.values()) < TOLERANCE

    def update(self, context: ap.Context) -> None:
        # Nobody hears itself.
        self.heard[context.agent_id] = self.belief
        belief = sum(weight * self.heard[trusted] for trusted, weight in self.trust.items())
        context.put(f"change/{context.agent_id}", abs(belief - self.belief))
        self.belief = belief

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:
        self.heard[sender] = message

    def answer(self, question: Any, sender: str, context: ap.Context) -> float:
        return self.belief


def agree(
    trust: Sequence[Sequence[float]], beliefs: Sequence[float], **settings: Any
) -> tuple[list[float], int]:
    """Let agents talk until nobody's belief changes any more; give beliefs and rounds.

    Args:
        trust: row i says how much agent i trusts each; rows sum to 1.
    """
    ids = [f"believer-{number}" for number in range(len(beliefs))]
    with ap.Society(**settings) as society:
        for agent_id, belief, row in zip(ids, beliefs, trust, strict=True):
            weights = {trusted: w for trusted, w in zip(ids, row, strict=True) if w}
            society.add(Believer, ids=[agent_id], belief=belief, trust=weights)
        rounds = 1
        while not all(society.step(dict.fromkeys(ids)).actions.values()):
            rounds += 1
        return [society.ask(agent_id, "what do you believe?") for agent_id in ids], rounds


def main() -> None:
    """Let eight agents agree, and say who had how much influence."""
    rng = np.random.default_rng(1)
    trust = rng.dirichlet(np.full(8, 0.3), size=8)
    beliefs = rng.normal(20.0, 5.0, size=8)
    agreed, rounds = agree(trust.tolist(), beliefs.tolist(), dispatcher="pooled")
    influence = np.linalg.matrix_power(trust, 4096)[0]
    print("believed at first  ", " ".join(f"{belief:6.2f}" for belief in beliefs))
    print("influence          ", " ".join(f"{share:6.3f}" for share in influence))
    print(f"all believe now     {agreed[0]:6.2f}, after {rounds} rounds")
    print(f"weighted mean       {influence @ beliefs:6.2f}")


if __name__ == "__main__":
    main()
