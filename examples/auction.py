"""Bertsekas' auction: persons bid for things until everyone has one, and nobody wants another's.

With whole benefits and an increment of less than 1/n the assignment is the best there is
(Bertsekas 1979). All is counted in units of 1/(n + 1), the increment, so it is exact.
"""

from __future__ import annotations

from typing import Any

import antiphon as ap
import numpy as np


class Person(ap.Agent):
    """Bids, while it has nothing, for what is worth most beyond its price."""

    def __init__(self, worth: dict[str, int]) -> None:
        self.worth = worth
        self.waits = False  # for word of its bid; or it has what it wants

    def act(self, observation: Any, context: ap.Context) -> bool:
        if not self.waits:
            self.bid(context)
        # The board has what is sold, and what is sold once stays so.
        return len(context.shared) == len(self.worth)

    def bid(self, context: ap.Context) -> None:
        unsold = {"price": 0}
        gains = {t: w - context.shared.get(t, unsold)["price"] for t, w in self.worth.items()}
        best = max(gains, key=gains.__getitem__)
        second = max((gain for thing, gain in gains.items() if thing != best), default=gains[best])
        context.tell(best, self.worth[best] - second + 1)
        self.waits = True

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:
        self.waits = message == "yours"


class Thing(ap.Agent):
    """Goes to the highest bidder; who that is, and the price, stand on the board."""

    def __init__(self) -> None:
        self.price = 0
        self.owner = ""
        self.bids: dict[str, int] = {}

    def act(self, observation: Any, context: ap.Context) -> bool:
        before = self.owner
        # A bid may have been made before the last price was known.
        if self.bids and max(self.bids.values()) > self.price:
            self.owner = max(self.bids, key=self.bids.__getitem__)
            self.price = self.bids[self.owner]
            context.tell(self.owner, "yours")
            context.put(context.agent_id, {"owner": self.owner, "price": self.price})
        if losers := {before, *self.bids} - {self.owner, ""}:
            context.tell_many(sorted(losers), "not yours")
        self.bids = {}
        return True

    def receive(self, message: Any, sender: str, context: ap.Context) -> None:
        self.bids[sender] = message


def auction(benefits: list[list[int]], **settings: Any) -> tuple[list[int], list[float], int]:
    """Assign n things to n persons; give what each person has, the prices, and the rounds.

    Args:
        benefits: row i says what each thing is worth to person i.
    """
    n = len(benefits)
    things = [f"thing-{number}" for number in range(n)]
    with ap.Society(**settings) as society:
        society.add(Thing, ids=things)
        for person, row in enumerate(benefits):
            worth = {t: (n + 1) * benefit for t, benefit in zip(things, row, strict=True)}
            society.add(Person, ids=[f"person-{person}"], worth=worth)
        rounds = 1
        while not all(society.step(dict.fromkeys(society)).actions.values()):
            rounds += 1
        sold = [society.shared[thing] for thing in things]
    owners = [sale["owner"] for sale in sold]
    owned = [owners.index(f"person-{person}") for person in range(n)]
    return owned, [sale["price"] / (n + 1) for sale in sold], rounds


def main() -> None:
    """Sell five things to five persons."""
    benefits = np.random.default_rng(3).integers(0, 10, size=(5, 5)).tolist()
    owned, prices, rounds = auction(benefits, dispatcher="pooled")
    print("what each thing is worth to each person, and in brackets what it gets")
    for row, own in zip(benefits, owned, strict=True):
        print("   ".join(f"[{worth}]" if n == own else f" {worth} " for n, worth in enumerate(row)))
    worth = sum(row[own] for row, own in zip(benefits, owned, strict=True))
    print(f"worth {worth} in all, the most there is, for {sum(prices):.2f}, after {rounds} rounds")


if __name__ == "__main__":
    main()
