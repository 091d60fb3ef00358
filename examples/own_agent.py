"""An agent type of your own: a plain object with an ``act`` method."""

from __future__ import annotations

from typing import Any

import antiphon as ap


class Homebody(ap.Agent):
    """Walks in a random direction, and stays for a while where it was paid."""

    def __init__(self, patience: int = 5) -> None:
        self.patience = patience

    def reset(self, seed: int | None = None) -> None:
        self.staying = 0

    def act(self, observation: Any, context: ap.Context) -> int:
        if context.previous is not None and context.previous.reward:
            self.staying = self.patience
        self.staying -= 1
        return 4 if self.staying > 0 else int(context.rng.integers(5))

    def answer(self, question: Any, sender: str, context: ap.Context) -> int:
        return max(0, self.staying)


def main() -> None:
    """Run ten of them, and ask one."""
    with ap.Society(ap.GridWorld(size=10), seed=1) as society:
        society.add(Homebody, n=10, patience=3)
        run = society.run(steps=100)
        print(run.summary())
        print("homebody-1 stays for", society["homebody-1"].ask("how long?"), "more rounds")


if __name__ == "__main__":
    main()
