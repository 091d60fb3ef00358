"""Push gossip: whoever knows the news tells one other at random, until all know.

Of n agents all know after log2 n + ln n + O(1) rounds (Demers and others 1987, Pittel 1987):
first the number of those who know doubles, then the last ones wait to be hit by chance.
"""

from __future__ import annotations

import math
from typing import Any

import antiphon as ap


class Gossip(ap.Agent):
    """Tells what it knows to one other in each round; its action says whether it knows."""

    def __init__(self, *, others: list[str], knows: bool) -> None:
        self.others = others
        self.knows = knows

    def act(self, observation: Any, context: ap.Context) -> bool:
        if self.knows:
            context.tell(self.others[context.rng.integers(len(self.others))], "the news")
        return self.knows

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:
        self.knows = True


def rounds_to_spread(n: int, *, seed: int, **settings: Any) -> int:
    """Give the number of rounds in which somebody told, until all of n knew."""
    ids = [f"gossip-{number}" for number in range(n)]
    with ap.Society(seed=seed, **settings) as society:
        for agent_id in ids:
            others = [other for other in ids if other != agent_id]
            society.add(Gossip, ids=[agent_id], others=others, knows=agent_id == ids[0])
        rounds = 0
        while not all(society.step(dict.fromkeys(ids)).actions.values()):
            rounds += 1
    return rounds


def main() -> None:
    """Spread news among more and more agents."""
    print("agents  rounds until all know, in ten runs          mean   log2 n + ln n")
    for n in (4, 16, 64, 128):
        rounds = [rounds_to_spread(n, seed=seed, dispatcher="pooled") for seed in range(10)]
        each, mean = " ".join(f"{r:>3}" for r in rounds), sum(rounds) / 10
        print(f"{n:>6}  {each} {mean:>11.1f} {math.log2(n) + math.log(n):>13.1f}")


if __name__ == "__main__":
    main()
